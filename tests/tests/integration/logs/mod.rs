//! The log of a process on each host, with Lodger's logger, with others and without one.
#![cfg(unix)]

mod formats;
mod loggers;
mod single_lines;

use http_body_util::{BodyExt as _, Full};
use lodger_gateway::{Front, RuntimeApi, Vercel, VercelMessage};
use lodger_tests::{
    client::{ClientRequest, send},
    program::{Exit, Program},
};

const FRAMEWORKS: [&str; 2] = ["axum", "actix-web"];

/// Starts the app with these environment variables and no others.
fn start(vars: &[(&str, &str)]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_logs"), vars)
}

/// Returns standard output and standard error of a function that responds to a request for each of `targets`.
async fn on_lambda(vars: &[(&str, &str)], targets: &[&str]) -> (String, String) {
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    let process = start(&[&[("AWS_LAMBDA_RUNTIME_API", &*address)], vars].concat());
    for target in targets {
        api.send(&Front::function_url(), &ClientRequest::get(*target).request()).await;
    }
    process.signal("KILL");
    let Exit { stdout: output, stderr: errors, .. } = process.wait();
    (output, errors)
}

/// Returns standard output and standard error of a server that responds to a request for each of `targets`.
///
/// Works for loggers that write the address of the server to standard error.
async fn on_server(vars: &[(&str, &str)], targets: &[&str]) -> (String, String) {
    let mut process = start(&[&[("LODGER_ADDR", "127.0.0.1:0")], vars].concat());
    let begin = process.stderr_until("listening on http://");
    let addr = begin.rsplit("http://").next().unwrap().trim().parse().unwrap();
    for target in targets {
        send(addr, &ClientRequest::get(*target)).await;
    }
    process.signal("KILL");
    let Exit { stdout: output, stderr: errors, .. } = process.wait();
    (output, begin + &errors)
}

/// Returns the log messages of one request to a function on Vercel, and the function's standard error.
async fn on_vercel(vars: &[(&str, &str)], target: &str) -> (Vec<String>, String) {
    let platform = Vercel::start().unwrap();
    let process = start(&[&[("VERCEL_IPC_PATH", &*platform.ipc_path())], vars].concat());
    let id = complete_request(&platform, target).await;
    let messages = log_of_request(&platform, id);
    process.signal("KILL");
    assert_eq!(platform.protocol_errors(), [""; 0]);
    (messages, process.wait().stderr)
}

/// Sends a request to a function on Vercel, and waits until the function reports its end. Returns its id.
async fn complete_request(platform: &Vercel, target: &str) -> u64 {
    let mut request = ClientRequest::get(target).request().map(Full::new);
    let id = platform.add_headers(request.headers_mut());
    let _ = platform.send(request).await.unwrap().into_body().collect().await;
    platform.wait_for_end(id).await;
    id
}

/// The log messages of a request on Vercel, each with its level. Messages outside of requests have the id 0.
fn log_of_request(platform: &Vercel, id: u64) -> Vec<String> {
    let messages = platform.messages().into_iter();
    let lines = messages.filter_map(|message| match message {
        VercelMessage::Log { request_id, level, message, .. } if request_id == id => {
            Some(format!("{level}: {message}"))
        }
        _ => None,
    });
    lines.collect()
}

/// Lodger's lines on standard error, which Lodger writes if there is no logger for them.
fn lodger_lines(errors: &str) -> Vec<&str> {
    errors.lines().filter(|line| line.starts_with("lodger: ")).collect()
}
