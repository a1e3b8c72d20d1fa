//! What reaches a log whatever the app's own logger is: Lodger's own lines, one line for each event, and no spans without a
//! subscriber of `tracing`.
#![cfg(unix)]

use http_body_util::{BodyExt as _, Full};
use lodger_gateway::{Front, RuntimeApi, Vercel, VercelMessage};
use lodger_tests::{
    ask::{Sent, ask},
    logging::Logging,
};
use serde_json::Value;

const FRAMEWORKS: [&str; 2] = ["axum", "actix-web"];

/// The value of the app that contains newlines, as it is logged where newlines are escaped.
const ESCAPED: &str = r#"two\nINFO request{request_id="of another"}: logs: forged\r\u{1b}[2K"#;

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
    let id = platform.add_headers(request.headers_mut());
    let _ = platform.send(request).await.unwrap().into_body().collect().await;
    platform.wait_for_end(id).await;
    let messages = platform.messages().into_iter();
    let lines = messages.filter_map(|message| match message {
        VercelMessage::Log { request_id, level, message, .. } if request_id == id => {
            Some(format!("{level}: {message}"))
        }
        _ => None,
    });
    let lines = lines.collect();
    process.signal("KILL");
    assert_eq!(platform.protocol_errors(), [""; 0]);
    (lines, process.end().2)
}

fn of_lodger(errors: &str) -> Vec<&str> {
    errors.lines().filter(|line| line.starts_with("lodger: ")).collect()
}

#[tokio::test]
async fn lines_that_a_filter_drops_are_on_standard_error() {
    for logger in ["filter", "filters", "filtered layer"] {
        for framework in FRAMEWORKS {
            let vars = [("LOGGER", logger), ("LOGS", framework), ("LODGER_ADR", "misspelled")];
            let (output, errors) = on_lambda(&vars, &["/work", "/panic"]).await;
            let lines = of_lodger(&errors);
            assert_eq!(lines.len(), 2, "{logger}: {errors}");
            assert!(lines[0].starts_with("lodger: warning: unknown variable LODGER_ADR; "), "{errors}");
            assert!(lines[1].starts_with("lodger: error: request "), "{errors}");
            assert!(lines[1].ends_with("the app panicked: asked to panic"), "{errors}");
            assert!(output.contains("at work") && !output.contains("panicked"), "{output}");

            let (_, errors) = on_server(&vars, &["/work"]).await;
            let lines = of_lodger(&errors);
            assert!(lines.len() == 2 && lines[1].starts_with("lodger: listening on http://127.0.0.1:"), "{errors}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_lines_that_a_filter_drops_are_in_the_log_of_their_request() {
    let (lines, _) = on_vercel(&[("LOGGER", "filter"), ("LOGS", "axum")], "/panic").await;
    assert!(lines.len() == 1 && lines[0].starts_with("error: request "), "{lines:?}");
    assert!(lines[0].ends_with("the app panicked: asked to panic"), "{lines:?}");
}

#[tokio::test]
async fn lines_that_were_not_asked_for_by_the_levels_of_logs_stay_away() {
    let vars = [("LOGS", "axum"), ("LODGER_ADR", "misspelled")];
    for level in [("RUST_LOG", "lodger=off"), ("RUST_LOG", "off"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")] {
        let (output, errors) = on_lambda(&[&vars[..], &[level]].concat(), &["/panic"]).await;
        let is_asked_for = level.1 == "ERROR";
        assert_eq!(of_lodger(&errors), [""; 0], "{level:?}");
        assert_eq!(output.contains("responding with 500: the app panicked"), is_asked_for, "{level:?}: {output}");
        assert!(!output.contains("LODGER_ADR"), "{output}");
        // A panic is never lost: the standard library reports one that is not logged.
        assert_eq!(errors.contains("asked to panic"), !is_asked_for, "{level:?}: {errors}");
    }
}

#[tokio::test]
async fn on_lambda_an_event_is_one_line_of_text_of_its_request() {
    for framework in FRAMEWORKS {
        let (output, _) = on_lambda(&[("LOGS", framework), ("RUST_LOG", "logs=info")], &["/forged"]).await;
        let lines: Vec<_> = output.split_terminator('\n').collect();
        assert_eq!(lines.len(), 2, "{output}");
        for line in &lines {
            assert!(line.trim_start().starts_with("INFO request{request_id=\"8476a536"), "{line:?}");
        }
        // As AWS's own runtimes write newlines.
        assert_eq!(lines[0].matches("two\rINFO request{").count(), 4, "{}", lines[0]);
        assert!(lines[0].contains("backtrace=") && lines[0].contains("\r  "), "{}", lines[0]);
        assert!(lines[1].contains("by the other crate: two\rINFO request{"), "{}", lines[1]);
    }
}

#[tokio::test]
async fn on_lambda_an_event_is_one_object_of_json_of_its_request() {
    let vars = [("LOGS", "axum"), ("RUST_LOG", "logs=info"), ("AWS_LAMBDA_LOG_FORMAT", "JSON")];
    let (output, _) = on_lambda(&vars, &["/forged"]).await;
    let lines: Vec<Value> = output.split_terminator('\n').map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines.len(), 2, "{output}");
    let forged = "two\nINFO request{request_id=\"of another\"}: logs: forged\r\u{1b}[2K";
    assert_eq!(lines[0]["message"], format!("message: {forged}"));
    for name in ["text", "debug", "display", "error"] {
        assert_eq!(lines[0]["fields"][name], forged, "{name}");
    }
    for name in ["in_span", "late"] {
        assert_eq!(lines[0]["spans"][1]["fields"][name], forged, "{name}");
    }
    assert!(lines[0]["fields"]["backtrace"].as_str().unwrap().contains('\n'));
    assert_eq!(lines[1]["message"], format!("by the other crate: {forged}"));
}

#[tokio::test]
async fn on_a_server_an_event_is_one_line_where_no_terminal_shows_it() {
    let mut process =
        start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LOGS", "axum"), ("RUST_LOG", "logs=info,lodger=debug")]);
    let begin = process.output_until("listening on http://");
    let addr = begin.rsplit("http://").next().unwrap().trim().parse().unwrap();
    ask(addr, &Sent::get("/forged")).await;
    process.signal("KILL");
    let (_, output, _) = process.end();
    let lines: Vec<_> = output.split_terminator('\n').filter(|line| line.contains("logs:")).collect();
    assert_eq!(lines.len(), 2, "{output}");
    assert!(lines.iter().all(|line| line.contains("INFO request{request_id=1 ") && !line.contains('\r')), "{output:?}");
    assert!(
        lines[0].contains(r#"message: two\nINFO request{request_id="of another"}: logs: forged\r"#),
        "{}",
        lines[0]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_an_event_is_one_message_and_one_line_where_it_cannot_be_sent() {
    let (lines, _) = on_vercel(&[("LOGS", "axum"), ("RUST_LOG", "logs=info")], "/forged").await;
    assert_eq!(lines.len(), 2, "{lines:?}");
    let forged = "two\nINFO request{request_id=\"of another\"}: logs: forged\r\u{1b}[2K";
    assert!(lines[0].starts_with(&format!("info: message: {forged} text=")), "{lines:?}");

    let (_, _, errors) = start(&[("VERCEL_IPC_PATH", "/nowhere"), ("EARLY", "1")]).end();
    assert_eq!(errors.lines().collect::<Vec<_>>(), ["early", ESCAPED]);
}

#[tokio::test]
async fn on_lambda_a_panic_is_one_event_of_its_request() {
    for framework in FRAMEWORKS {
        for backtrace in ["0", "1"] {
            let vars = [("LOGS", framework), ("RUST_LOG", "logs=info"), ("RUST_BACKTRACE", backtrace)];
            let (output, errors) = on_lambda(&vars, &["/panic/lines"]).await;
            assert_eq!(errors, "", "{framework}");
            let lines: Vec<_> = output.split_terminator('\n').collect();
            assert_eq!(lines.len(), 2, "{output}");
            for line in &lines {
                assert!(line.trim_start().starts_with("ERROR request{request_id=\"8476a536"), "{line:?}");
                assert!(line.contains("asked to panic: two\rINFO request{"), "{line:?}");
            }
            assert!(lines[0].contains("panicked at tests/src/bin/logs.rs:"), "{output}");
            assert_eq!(lines[0].contains("stack backtrace:\r"), backtrace == "1", "{output}");
            assert!(lines[1].contains("responding with 500: the app panicked: "), "{output}");
        }
    }
}

#[tokio::test]
async fn a_panic_hook_of_the_app_stays() {
    let (output, errors) = on_lambda(&[("LOGS", "axum"), ("LOGGER", "own hook")], &["/panic"]).await;
    assert_eq!(errors, "the app's own hook\n");
    assert_eq!(output.matches("asked to panic").count(), 1, "{output}");
}

#[tokio::test]
async fn without_a_logger_the_message_of_a_panic_forges_no_line() {
    let vars = [("LOGS", "axum"), ("LOGGER", "none")];
    let (_, errors) = on_lambda(&vars, &["/panic/lines"]).await;
    let lines = of_lodger(&errors);
    assert!(
        lines.len() == 1 && lines[0].ends_with(&format!("the app panicked: asked to panic: {ESCAPED}")),
        "{errors}"
    );
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
