//! The app as a process: signals, environment variables, standard error, and reports to Vercel.
#![cfg(unix)]

mod frozen;
#[cfg(target_os = "linux")]
mod open_files;
mod settings;
mod signals;
mod threads;
mod vercel;
mod warnings;

use lodger_tests::{client::ClientRequest, program::Program};
use serde_json::{Value, json};

/// Starts the probe with these environment variables and no others.
fn start(vars: &[(&str, &str)]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_probe"), vars)
}

/// A request to `target` for a response with this status and these headers.
fn request_for_response(target: &str, status: u16, headers: impl Into<Value>) -> ClientRequest {
    let response = json!({"status": status, "headers": headers.into(), "body": ""});
    ClientRequest::get(target).method("POST").header("content-type", "application/json").body(response.to_string())
}

/// A request for a redirect to `/items`.
fn request_for_redirect(target: &str) -> ClientRequest {
    request_for_response(target, 302, json!([["location", "/items"]]))
}
