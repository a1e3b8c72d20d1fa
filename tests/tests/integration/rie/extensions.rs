//! External extensions in `/opt/extensions`, and internal ones in the process of the function.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use lodger_gateway::Front;
use lodger_tests::client::ClientRequest;
use serde_json::Value;

use super::{
    Emulator, Root, header_values,
    install::{EXAMPLE_EXTENSION, EXTENSION, PROBE},
};

/// The file of the example of an extension, inside of the root folder.
const LINES: &str = "/tmp/lines";

/// The reason of a shutdown after SIGTERM. Lambda sends `SPINDOWN`, like the emulator of Managed Instances.
const END_REASON: &str = "SandboxTerminated";

/// A line of an emulator that kills the extension.
const KILL: &str = "Sending SIGKILL to extension-test-extension";

/// The ids of the invocations, in the lines of the output that contain `text`.
fn ids(output: &str, text: &str) -> Vec<String> {
    let after = output.lines().filter_map(|line| Some(line.split_once(text)?.1));
    after.map(|rest| rest.split_whitespace().next().unwrap().to_owned()).collect()
}

/// Starts an emulator with the probe and the extension that prints its events.
async fn start(vars: &[(&str, &str)]) -> Option<(Emulator, Root)> {
    let root = Root::new(PROBE, &[("test-extension", EXTENSION)])?;
    Some((root.emulator(vars).await?, root))
}

/// Sends a request, which starts the function and the extensions.
async fn fetch(emulator: &mut Emulator, target: &str) {
    let response = emulator.fetch(&Front::function_url(), &ClientRequest::get(target)).await;
    assert_eq!(response.status(), 200, "{response:?}");
}

#[tokio::test]
async fn an_external_extension_receives_each_invocation_and_the_shutdown() {
    let vars = [("EXTENSION_INVOKE", "300"), ("LODGER_SIGTERM", "on")];
    let Some((mut emulator, _root)) = start(&vars).await else {
        return;
    };
    for target in ["/a", "/b", "/c"] {
        let start = Instant::now();
        fetch(&mut emulator, target).await;
        // The invocation ends when the function and the extension have handled it.
        assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    }
    let output = emulator.shut_down().await;
    assert_eq!(ids(&output, "extension: registered for "), ["test"], "{output}");
    assert!(output.contains("registered, subscribed to [INVOKE SHUTDOWN]"), "{output}");
    let invocations = ids(&output, "START RequestId: ");
    assert_eq!((ids(&output, "extension: INVOKE "), invocations.len()), (invocations, 3));
    assert_eq!(ids(&output, "extension: SHUTDOWN "), [END_REASON]);
    // The function ends before the extension.
    let ends = |text: &str| output.find(text).unwrap_or_else(|| panic!("no {text:?} in {output}"));
    assert!(ends("probe: ended") < ends("extension: SHUTDOWN"), "{output}");
    assert!(ends("extension: SHUTDOWN") < ends("extension: ended"), "{output}");
}

/// Shuts down an emulator with an extension whose handler of SHUTDOWN does not return. Returns the output.
async fn shut_down_without_end(handler: &str) -> Option<String> {
    let (mut emulator, _root) = start(&[("EXTENSION_SHUTDOWN", handler)]).await?;
    fetch(&mut emulator, "/").await;
    Some(emulator.shut_down().await)
}

#[tokio::test]
async fn a_handler_of_the_shutdown_is_cancelled_before_the_emulator_kills_the_extension() {
    // A busy machine can delay the extension until the emulator kills it.
    for attempts_left in (0..3).rev() {
        let Some(output) = shut_down_without_end("waits").await else {
            return;
        };
        let error = "the handler on_shutdown failed: the deadline of the event came before the end of the handler";
        let ends = output.contains(error) && output.contains("extension: ended");
        if ends && !output.contains(KILL) {
            return;
        }
        assert_ne!(attempts_left, 0, "{output}");
    }
}

#[tokio::test]
async fn the_emulator_kills_an_extension_that_does_not_end_within_two_seconds() {
    let start = Instant::now();
    let Some(output) = shut_down_without_end("blocks").await else {
        return;
    };
    assert!(start.elapsed() >= Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(output.contains(KILL) && !output.contains("extension: ended"), "{output}");
}

/// Stops the process of the function. A slow app would not time out, because Lodger cancels it before the deadline.
fn freeze_function(emulator: &Emulator) {
    let name = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    let pid = emulator.function_pids().into_iter().find(|pid| name(pid) == "bootstrap\n").unwrap();
    assert!(Command::new("kill").args(["-STOP", &pid.to_string()]).status().unwrap().success());
}

#[tokio::test]
async fn a_timeout_is_the_reason_of_a_shutdown() {
    let vars = [("AWS_LAMBDA_FUNCTION_TIMEOUT", "2"), ("EXTENSION_INVOKE", "0")];
    let Some((mut emulator, _root)) = start(&vars).await else {
        return;
    };
    fetch(&mut emulator, "/").await;
    freeze_function(&emulator);
    assert_eq!(*emulator.invoke("{}").await.body(), "Task timed out after 2.00 seconds");
    emulator.wait_for_output("extension: SHUTDOWN TIMEOUT").await;
    // The next invocation starts both processes again.
    fetch(&mut emulator, "/").await;
    let output = emulator.shut_down().await;
    assert_eq!(ids(&output, "extension: registered for ").len(), 2, "{output}");
    assert_eq!(ids(&output, "extension: SHUTDOWN "), ["TIMEOUT", END_REASON]);
}

#[tokio::test]
async fn an_internal_extension_receives_each_invocation() {
    let vars = [("PROBE_EXTENSION", "probe-events"), ("LODGER_SIGTERM", "off")];
    let Some(mut emulator) = Emulator::probe(&vars).await else {
        return;
    };
    for target in ["/a", "/b"] {
        fetch(&mut emulator, target).await;
    }
    let output = emulator.shut_down().await;
    assert!(output.contains("registered, subscribed to [INVOKE]"), "{output}");
    let invocations = ids(&output, "START RequestId: ");
    assert_eq!((ids(&output, "internal extension: INVOKE "), invocations.len()), (invocations, 2), "{output}");
}

#[tokio::test]
async fn an_extension_that_cannot_start_fails_the_invocation() {
    let Some(root) = Root::new(PROBE, &[("example-extension", EXAMPLE_EXTENSION)]) else {
        return;
    };
    let Some(mut emulator) = root.emulator(&[]).await else {
        return;
    };
    assert_eq!(emulator.invoke("{}").await.status(), 502);
    let output = emulator.kill().await;
    let report = output.lines().find(|line| line.contains("POST /2020-01-01/extension/init/error"));
    let error_type = "Lambda-Extension-Function-Error-Type:[Extension.InvalidSetting]";
    assert!(report.is_some_and(|report| report.contains(error_type)), "{output}");
    assert!(output.contains("set either LOG_SHIPPER_FILE or LOG_SHIPPER_URL"), "{output}");
}

#[tokio::test]
async fn the_emulator_of_lambda_accepts_the_subscription_of_the_example_and_sends_no_telemetry() {
    let Some(root) = Root::new(PROBE, &[("example-extension", EXAMPLE_EXTENSION)]) else {
        return;
    };
    let Some(mut emulator) = root.emulator(&[("LOG_SHIPPER_FILE", LINES)]).await else {
        return;
    };
    fetch(&mut emulator, "/").await;
    let output = emulator.shut_down().await;
    assert!(output.contains("External agent example-extension"), "{output}");
    assert!(output.contains("registered, subscribed to [SHUTDOWN]"), "{output}");
    assert!(output.contains("the platform accepts the subscription with 202; it may send no records"), "{output}");
    assert_eq!(fs::read_to_string(root.path(LINES)).unwrap(), "");
}

#[tokio::test]
async fn managed_instances_send_telemetry_and_the_shutdown_to_two_extensions() {
    let extensions = [("example-extension", EXAMPLE_EXTENSION), ("test-extension", EXTENSION)];
    let Some(root) = Root::managed_instances(PROBE, &extensions) else {
        return;
    };
    let vars = [("AWS_LAMBDA_MAX_CONCURRENCY", "2"), ("LOG_SHIPPER_FILE", LINES)];
    let Some(emulator) = root.emulator(&vars).await else {
        return;
    };
    let event = Front::function_url().event(&ClientRequest::get("/panic").request()).unwrap();
    for _ in 0..2 {
        let response = emulator.invoke_concurrently(event.clone()).await;
        assert_eq!(header_values(&response, "error-type"), [""; 0], "{response:?}");
    }
    let output = emulator.shut_down().await;
    let lines = fs::read_to_string(root.path(LINES)).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let records = |kind: &str| -> Vec<&Value> {
        lines.iter().filter(|line| line["type"] == kind).map(|line| &line["record"]).collect()
    };
    let report = |record: &Value| (record["requestId"].clone(), record["status"].clone());
    let reports: Vec<_> = records("platform.report").into_iter().map(report).collect();
    let invocations = ids(&output, "START RequestId: ");
    let expected: Vec<_> = invocations.iter().map(|id| (id.as_str().into(), "success".into())).collect();
    assert_eq!((reports, invocations.len()), (expected, 2), "{lines:?}");
    // The message of each panic is a log line of the function.
    let panics = records("function").into_iter().filter(|line| *line == "asked to panic");
    assert_eq!(panics.count(), 2, "{lines:?}");
    assert_eq!(ids(&output, "extension: SHUTDOWN "), ["SPINDOWN"], "{output}");
}

#[tokio::test]
async fn managed_instances_reject_extensions_that_register_for_invocations() {
    let Some(root) = Root::managed_instances(PROBE, &[("test-extension", EXTENSION)]) else {
        return;
    };
    let vars = [("AWS_LAMBDA_MAX_CONCURRENCY", "2"), ("EXTENSION_INVOKE", "0")];
    let Some(emulator) = root.emulator(&vars).await else {
        return;
    };
    emulator.wait_for_output("Lambda rejected it with status 403: ").await;
    let output = emulator.kill().await;
    assert!(output.contains("ErrorInvalidEventType") && !output.contains("extension: registered"), "{output}");
}
