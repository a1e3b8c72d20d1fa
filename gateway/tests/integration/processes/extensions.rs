//! External extensions.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use lodger_gateway::{Function, Invocation, RuntimeApi};

use super::{Folder, counting};
use crate::support::{Listener, RawExtension, run_function, soon, subscribe_to};

/// Waits until the extensions have written a text.
async fn wait_for_output(function: &Function, text: &str) {
    let written = async {
        while !function.extension_output().contains(text) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    soon(written).await;
}

#[tokio::test]
async fn an_extension_lives_from_the_start_to_the_shutdown() {
    let folder = Folder::new(&[("first", "normal"), ("second", "normal")]);
    let api = RuntimeApi::start().await.unwrap();
    let mut command = counting();
    command.env("AWS_LAMBDA_FUNCTION_NAME", "shop");
    let mut function = soon(Function::builder(command).extensions(&folder.0).spawn(&api)).await.unwrap();
    assert_eq!(api.extensions().len(), 2);
    tokio::spawn(run_function(api.address(), |event| event));
    soon(api.invoke("{}")).await.unwrap().unwrap();
    let status = soon(function.shut_down()).await.unwrap();
    // The script has no handler for SIGTERM.
    assert_eq!(status.signal(), Some(15));
    let output = function.extension_output();
    assert_eq!(output.matches(r#""eventType":"INVOKE""#).count(), 2, "{output}");
    assert_eq!(output.matches(r#""shutdownReason":"spindown""#).count(), 2, "{output}");
    assert_eq!(output.matches("good bye").count(), 2, "{output}");
    // The variables of the function, except those of the runtime.
    assert_eq!(output.matches(r#"handler None name Some("shop")"#).count(), 2, "{output}");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn kills_extensions_after_two_seconds() {
    let folder = Folder::new(&[("endless", "endless"), ("silent", "without-shutdown")]);
    let api = RuntimeApi::start().await.unwrap();
    let mut function = soon(Function::builder(counting()).extensions(&folder.0).spawn(&api)).await.unwrap();
    tokio::spawn(run_function(api.address(), |event| event));
    soon(api.invoke("{}")).await.unwrap().unwrap();
    let start = Instant::now();
    soon(function.shut_down()).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    let output = function.extension_output();
    assert_eq!(output.matches("SHUTDOWN").count(), 1, "{output}");
}

#[tokio::test]
async fn an_extension_learns_the_reason_of_the_shutdown() {
    let folder = Folder::new(&[("agent", "normal")]);
    // A timeout of the last invocation.
    let api = RuntimeApi::start().await.unwrap();
    let mut function = soon(Function::builder(counting()).extensions(&folder.0).spawn(&api)).await.unwrap();
    tokio::spawn(run_function(api.address(), |event| {
        std::thread::sleep(Duration::from_millis(100));
        event
    }));
    api.invoke(Invocation::new("{}").timeout(Duration::from_millis(10))).await.unwrap_err();
    soon(function.shut_down()).await.unwrap();
    assert!(function.extension_output().contains(r#""shutdownReason":"timeout""#), "{}", function.extension_output());

    // The end of the function.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exit 5"]);
    let api = RuntimeApi::start().await.unwrap();
    let mut function = soon(Function::builder(command).extensions(&folder.0).spawn(&api)).await.unwrap();
    assert_eq!(soon(function.wait()).await.unwrap().code(), Some(5));
    assert_eq!(soon(function.shut_down()).await.unwrap().code(), Some(5));
    assert!(function.extension_output().contains(r#""shutdownReason":"failure""#), "{}", function.extension_output());
}

#[tokio::test]
async fn an_extension_that_ends_fails_the_invocations() {
    let folder = Folder::new(&[("crash", "crash")]);
    let api = RuntimeApi::start().await.unwrap();
    let _function = soon(Function::builder(counting()).extensions(&folder.0).spawn(&api)).await.unwrap();
    // The function never replies.
    let error = soon(async {
        let mut function = crate::support::RawFunction::connect(&api).await;
        tokio::join!(api.invoke("{}"), function.poll()).0
    });
    let text = "the extension crash failed: Extension.Crash: exit status: 4";
    assert_eq!(error.await.unwrap_err().to_string(), text);
    assert_eq!(soon(api.extension_error()).await.to_string(), text);
}

#[tokio::test]
async fn names_an_extension_that_does_not_start() {
    let api = RuntimeApi::start().await.unwrap();
    let folder = Folder::new(&[("broken", "exit")]);
    let error = soon(Function::builder(counting()).extensions(&folder.0).spawn(&api)).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot start the extension broken: its process ended with exit status: 3");

    let folder = Folder::new(&[]);
    std::fs::write(folder.0.join("text"), "no program").unwrap();
    let error = soon(Function::builder(counting()).extensions(&folder.0).spawn(&api)).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("cannot start the extension text: ") && text.ends_with("; make the file an executable"),
        "{text}"
    );

    let error = Function::builder(counting()).extensions("/no/such/folder").spawn(&api).await.unwrap_err();
    assert!(error.to_string().starts_with("cannot read the extensions in /no/such/folder: "), "{error}");
}

#[tokio::test]
async fn a_second_function_gets_a_new_environment() {
    let folder = Folder::new(&[("agent", "normal")]);
    let api = RuntimeApi::start().await.unwrap();
    for _ in 0..2 {
        let mut function = soon(Function::builder(counting()).extensions(&folder.0).spawn(&api)).await.unwrap();
        let polling = tokio::spawn(run_function(api.address(), |event| event));
        soon(api.invoke("{}")).await.unwrap().unwrap();
        soon(function.shut_down()).await.unwrap();
        polling.abort();
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_output_of_processes_is_telemetry() {
    let folder = Folder::new(&[("agent", "normal")]);
    let api = RuntimeApi::start().await.unwrap();
    let lines = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let shared = std::sync::Arc::clone(&lines);
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo from stdout; echo from stderr >&2; exec sleep 60"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let watching = RawExtension::register(&api, "watching", "[]").await;
    let listener = Listener::start().await;
    subscribe_to(&api, &watching, &listener, &["function", "extension", "platform"]).await;
    let builder = Function::builder(command).extensions(&folder.0).on_line(move |line| *shared.lock().unwrap() += line);
    let function = soon(builder.spawn(&api)).await.unwrap();
    for text in ["from stdout", "from stderr"] {
        listener.record_where(|record| record["type"] == "function" && record["record"] == text).await;
    }
    wait_for_output(&function, "handler").await;
    let is_handler =
        |record: &serde_json::Value| record["record"].as_str().is_some_and(|line| line.starts_with("handler"));
    listener.record_where(|record| record["type"] == "extension" && is_handler(record)).await;
    let lines = lines.lock().unwrap().clone();
    assert!(lines.contains("from stdout\n") && lines.contains("handler "), "{lines}");
}
