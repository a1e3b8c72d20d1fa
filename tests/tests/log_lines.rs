//! What reaches a log whatever the app's own logger is: Lodger's own lines, one line for each event, and no spans without a
//! subscriber of `tracing`.
#![cfg(unix)]

use http_body_util::{BodyExt as _, Full};
use lodger_gateway::{Front, RuntimeApi, Vercel, VercelMessage};
use lodger_tests::{
    ask::{Sent, ask},
    logging::Logging,
};

fn start(vars: &[(&str, &str)]) -> Logging {
    Logging::start(env!("CARGO_BIN_EXE_logs"), vars)
}

/// Standard output and standard error of a function that answers a request for each of `targets`.
async fn on_lambda(vars: &[(&str, &str)], targets: &[&str]) -> (String, String) {
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    let process = start(&[&[("AWS_LAMBDA_RUNTIME_API", &*address)], vars].concat());
    for target in targets {
        api.send(&Front::function_url(), &Sent::get(*target).request()).await;
    }
    process.signal("KILL");
    let (_, output, errors) = process.end();
    (output, errors)
}

/// Standard output and standard error of a server that answers a request for each of `targets`. It has to log its address
/// on standard error.
async fn on_server(vars: &[(&str, &str)], targets: &[&str]) -> (String, String) {
    let mut process = start(&[&[("LODGER_ADDR", "127.0.0.1:0")], vars].concat());
    let begin = process.errors_until("listening on http://");
    let addr = begin.rsplit("http://").next().unwrap().trim().parse().unwrap();
    for target in targets {
        ask(addr, &Sent::get(*target)).await;
    }
    process.signal("KILL");
    let (_, output, errors) = process.end();
    (output, begin + &errors)
}

/// The messages that a function on Vercel sends to the platform's log for one request, and its standard error.
async fn on_vercel(vars: &[(&str, &str)], target: &str) -> (Vec<String>, String) {
    let platform = Vercel::start().unwrap();
    let process = start(&[&[("VERCEL_IPC_PATH", &*platform.ipc_path())], vars].concat());
    let mut request = Sent::get(target).request().map(Full::new);
    let id = platform.mark(request.headers_mut());
    let _ = platform.send(request).await.unwrap().into_body().collect().await;
    platform.end(id).await;
    let messages = platform.messages().into_iter();
    let lines = messages.filter_map(|message| match message {
        VercelMessage::Log { request_id, level, message, .. } if request_id == id => {
            Some(format!("{level}: {message}"))
        }
        _ => None,
    });
    let lines = lines.collect();
    process.signal("KILL");
    assert_eq!(platform.complaints(), [""; 0]);
    (lines, process.end().2)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_subscriber_no_span_is_logged() {
    // With its feature `log`, which actix-web, warp and tower switch on, `tracing` logs spans by the crate `log`.
    let levels = "info,lodger=trace,tracing::span=trace";
    for framework in ["axum", "actix-web", "warp"] {
        let vars = [("LOGS", framework), ("LOGGER", "env_logger"), ("RUST_LOG", levels)];
        for (host, errors) in [
            ("lambda", on_lambda(&vars, &["/work", "/work"]).await.1),
            ("server", on_server(&vars, &["/work", "/work"]).await.1),
            ("vercel", on_vercel(&vars, "/work").await.1),
        ] {
            assert!(errors.contains("by the other crate"), "{framework} on {host}: {errors}");
            assert!(!errors.contains("request"), "{framework} on {host}: {errors}");
        }
    }
}
