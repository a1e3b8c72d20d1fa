//! Functions that cannot start, and SIGTERM.

use lodger_gateway::Front;
use lodger_tests::client::ClientRequest;

use super::{Emulator, json};

/// Starts the probe twice. Fails unless both invocations report the error.
async fn fails_to_start(var: (&str, &str), error_type: &str, message: &str) {
    let Some(mut emulator) = Emulator::probe(&[var]).await else {
        return;
    };
    for _ in 0..2 {
        let reply = emulator.invoke("{}").await;
        assert_eq!(reply.status(), 502);
        let error = json(&reply);
        assert_eq!(error["errorType"], error_type);
        let reported = error["errorMessage"].as_str().unwrap();
        assert!(reported.contains(message), "{reported}");
    }
    let output = emulator.kill().await;
    assert_eq!(output.lines().filter(|line| line.ends_with("Start runtime")).count(), 2);
    let reports = output.lines().filter(|line| line.contains("POST /2018-06-01/runtime/init/error"));
    assert_eq!(reports.count(), 2);
}

#[tokio::test]
async fn reports_an_app_that_cannot_be_built() {
    fails_to_start(("PROBE_FAILS", "error"), "Runtime.InitFailed", "the database is out of reach").await;
}

#[tokio::test]
async fn reports_an_app_that_panics_while_it_is_built() {
    fails_to_start(("PROBE_FAILS", "panic"), "Runtime.InitFailed", "the database is out of reach").await;
}

#[tokio::test]
async fn reports_an_invalid_setting() {
    fails_to_start(("LODGER_GRACE", "soon"), "Runtime.InvalidSetting", r#"invalid LODGER_GRACE "soon""#).await;
}

#[tokio::test]
async fn sigterm_ends_run_only_if_it_is_enabled() {
    for (sigterm, is_enabled) in [("on", true), ("off", false)] {
        let Some(mut emulator) = Emulator::probe(&[("LODGER_SIGTERM", sigterm)]).await else {
            return;
        };
        emulator.fetch_json(&Front::function_url(), &ClientRequest::get("/")).await;
        let output = emulator.shut_down().await;
        let shutdown = "lodger: shutting down: waiting up to 400ms for invocations in flight (LODGER_GRACE)";
        assert_eq!(output.contains(shutdown), is_enabled, "{output}");
        assert_eq!(output.contains("probe: ended"), is_enabled, "{output}");
    }
}
