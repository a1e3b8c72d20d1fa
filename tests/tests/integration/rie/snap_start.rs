//! The hooks around a snapshot of SnapStart, and their failures.

use serde_json::json;

use super::Emulator;

const RESTORE: &str = "GET /2018-06-01/runtime/restore/next";
const INIT_ERROR: &str = "POST /2018-06-01/runtime/init/error";
const RESTORE_ERROR: &str = "POST /2018-06-01/runtime/restore/error";
const POLL: &str = "GET /2018-06-01/runtime/invocation/next";
const BEFORE: &str = "probe: before the snapshot";
const AFTER: &str = "probe: after the restore";

/// The texts of `texts` that the lines of the output contain, in the order of the lines.
fn in_order<'a>(output: &str, texts: &[&'a str]) -> Vec<&'a str> {
    output.lines().filter_map(|line| texts.iter().find(|text| line.contains(**text)).copied()).collect()
}

/// The requests of the probe to the Runtime API, and the hooks that have run.
fn requests_and_hooks(output: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    assert!(output.contains("INIT START(type: snap-start, phase: init)"), "{output}");
    (in_order(output, &[RESTORE, INIT_ERROR, RESTORE_ERROR, POLL]), in_order(output, &[BEFORE, AFTER]))
}

#[tokio::test]
async fn a_failed_hook_before_the_snapshot_is_an_init_error() {
    let Some(mut emulator) = Emulator::snap_start(&[("PROBE_HOOK_FAILS", "before the snapshot")]).await else {
        return;
    };
    let reply = emulator.invoke("{}").await;
    let error = json!({
        "errorMessage": "a hook before the snapshot failed: the database is out of reach",
        "errorType": "Runtime.BeforeSnapshotError",
        "stackTrace": [],
    });
    assert_eq!((reply.status().as_u16(), super::json(&reply)), (502, error));
    assert_eq!(requests_and_hooks(&emulator.kill().await), (vec![INIT_ERROR], vec![BEFORE]));
}

#[tokio::test]
async fn a_failed_hook_after_the_restore_is_a_restore_error() {
    for sigterm in ["off", "on"] {
        let vars = [("PROBE_HOOK_FAILS", "after the restore"), ("LODGER_SIGTERM", sigterm)];
        let Some(mut emulator) = Emulator::snap_start(&vars).await else {
            return;
        };
        let reply = emulator.invoke("{}").await;
        let error_type = &super::json(&reply)["errorType"];
        assert_eq!((reply.status().as_u16(), error_type), (502, &json!("Runtime.ExitError")));
        let output = emulator.kill().await;
        assert_eq!(requests_and_hooks(&output), (vec![RESTORE, RESTORE_ERROR], vec![BEFORE, AFTER]));
        let report = output.lines().find(|line| line.contains(RESTORE_ERROR)).unwrap();
        assert!(report.contains("Lambda-Runtime-Function-Error-Type:[Runtime.AfterRestoreError]"), "{report}");
    }
}

#[tokio::test]
async fn a_restored_function_polls_and_its_extension_polls_again() {
    // The emulator waits for the response to the event of the restore, until the timeout. The probe polls within that time.
    let vars = [("AWS_LAMBDA_FUNCTION_TIMEOUT", "10"), ("LODGER_SIGTERM", "on")];
    let Some(mut emulator) = Emulator::snap_start(&vars).await else {
        return;
    };
    let reply = emulator.invoke("{}").await;
    assert_eq!(*reply.body(), "Task timed out after 10.00 seconds");
    // The emulator rejects the second poll of the extension, which stays registered and so gets SIGTERM.
    for line in [
        "State transition is not allowed, state is Ready",
        "lodger: shutting down: waiting up to 400ms for invocations in flight (LODGER_GRACE)",
    ] {
        emulator.wait_for_output(line).await;
    }
    let output = emulator.kill().await;
    assert_eq!(requests_and_hooks(&output), (vec![RESTORE, POLL], vec![BEFORE, AFTER]));
    assert_eq!(in_order(&output, &["GET /2020-01-01/extension/event/next"]).len(), 2, "{output}");
}
