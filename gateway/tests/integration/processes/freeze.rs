//! The freeze between invocations.

use std::{os::unix::process::ExitStatusExt as _, process::Command, time::Duration};

use lodger_gateway::{Function, RuntimeApi};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use super::{Folder, counting};
use crate::support::{Listener, RawExtension, RawFunction, invoke_until, run_function, soon, subscribe};

/// Time in which a process that runs writes several lines.
const WAIT: Duration = Duration::from_millis(300);

/// Waits until a process has written more lines.
async fn wait_for_progress(count: impl Fn() -> usize) {
    let before = count();
    let progress = async {
        while count() <= before {
            sleep(Duration::from_millis(5)).await;
        }
    };
    soon(progress).await;
}

/// Checks that a process writes nothing.
async fn assert_frozen(count: impl Fn() -> usize) {
    // Lines from before the freeze may still be in the pipe.
    sleep(WAIT / 3).await;
    let before = count();
    sleep(WAIT).await;
    assert_eq!(count(), before, "the process runs");
}

#[tokio::test]
async fn a_function_runs_only_during_invocations() {
    let api = RuntimeApi::start().await.unwrap();
    let mut function = soon(Function::builder(counting()).freeze().spawn(&api)).await.unwrap();
    let ticks = || function.output().lines().count();
    // The initialization.
    wait_for_progress(ticks).await;
    let mut runtime = RawFunction::connect(&api).await;
    {
        let mut poll = std::pin::pin!(runtime.poll());
        assert!(timeout(WAIT, poll.as_mut()).await.is_err(), "no invocation");
        soon(function.wait_for_freeze()).await;
        assert_frozen(ticks).await;

        let invocation = async { invoke_until(&api, "{}", poll).await };
        let id = soon(invocation).await;
        wait_for_progress(ticks).await;
        assert!(timeout(WAIT, function.wait_for_freeze()).await.is_err(), "the invocation {id} lasts");
    }
    drop(runtime);
    let status = soon(function.shut_down()).await.unwrap();
    assert_eq!(status.signal(), Some(9));
}

#[tokio::test]
async fn the_freeze_follows_each_invocation() {
    let api = RuntimeApi::start().await.unwrap();
    let function = soon(Function::builder(counting()).freeze().spawn(&api)).await.unwrap();
    let ticks = || function.output().lines().count();
    tokio::spawn(run_function(api.address(), |event| event));
    for number in 0..20 {
        let result = soon(api.invoke(number.to_string())).await;
        assert_eq!(result.unwrap(), Ok(number.to_string().into()));
    }
    soon(function.wait_for_freeze()).await;
    assert_frozen(ticks).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_freeze_waits_for_the_work_of_extensions() {
    let folder = Folder::new(&[("agent", "counting")]);
    let api = RuntimeApi::start().await.unwrap();
    let mut function = soon(Function::builder(counting()).extensions(&folder.0).freeze().spawn(&api)).await.unwrap();
    tokio::spawn(run_function(api.address(), |event| event));
    soon(function.wait_for_freeze()).await;
    for number in 1..=2 {
        soon(api.invoke("{}")).await.unwrap().unwrap();
        soon(function.wait_for_freeze()).await;
        let output = function.extension_output();
        assert_eq!(output.matches("worked").count(), number, "{output}");
        assert_frozen(|| function.extension_output().lines().count()).await;
        assert_frozen(|| function.output().lines().count()).await;
    }
    // The shutdown thaws all processes.
    soon(function.shut_down()).await.unwrap();
    assert!(function.extension_output().contains("SHUTDOWN"));
}

#[tokio::test]
async fn telemetry_waits_for_the_end_of_the_freeze() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start().await;
    let body = serde_json::json!({
        "schemaVersion": "2022-07-01",
        "types": ["platform"],
        "destination": listener.destination(),
        "buffering": {"timeoutMs": 300},
    });
    subscribe(&api, &extension, "/2022-07-01/telemetry", &body).await;
    let mut extension = extension;
    tokio::spawn(async move { extension.next().await });
    let function = soon(Function::builder(counting()).freeze().spawn(&api)).await.unwrap();
    tokio::spawn(run_function(api.address(), |event| event));
    soon(api.invoke("{}")).await.unwrap().unwrap();
    soon(function.wait_for_freeze()).await;
    // The batch is due, and the extension of a real environment is frozen.
    sleep(2 * WAIT).await;
    let has_report = |records: Vec<Value>| records.iter().any(|record| record["type"] == "platform.report");
    assert!(!has_report(listener.records()), "{:?}", listener.records());
    let invocations = async {
        while !has_report(listener.records()) {
            api.invoke("{}").await.unwrap().unwrap();
            sleep(Duration::from_millis(10)).await;
        }
    };
    soon(invocations).await;
    assert!(listener.records().iter().all(|record| record["type"] != "platform.logsDropped"));
}

#[tokio::test]
async fn a_frozen_function_still_gets_sigterm() {
    let mut command = Command::new("/bin/sh");
    let script = "trap 'echo terminated; exit 7' TERM; echo ready; while :; do sleep 0.02; done";
    command.args(["-c", script]).stdout(std::process::Stdio::piped());
    let api = RuntimeApi::start().await.unwrap();
    let mut function = soon(Function::builder(command).freeze().spawn(&api)).await.unwrap();
    function.wait_for_line("ready").await.unwrap();
    let mut internal = RawExtension::register(&api, "internal", "[]").await;
    tokio::spawn(async move { internal.next().await });
    tokio::spawn(run_function(api.address(), |event| event));
    soon(function.wait_for_freeze()).await;
    assert_eq!(soon(function.shut_down()).await.unwrap().code(), Some(7));
    assert_eq!(function.output(), "ready\nterminated\n");
}
