//! Errors that extensions report.

use std::time::Duration;

use lodger_gateway::RuntimeApi;
use tokio::time::timeout;

use crate::support::{RawExtension, RawFunction, extension_request, run_function, soon};

/// Time in which something would happen that must not.
const WAIT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn an_init_error_fails_all_invocations() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    let agent = RawExtension::register(&api, "agent", r#"["INVOKE"]"#).await;
    let (head, body) = agent.report_error(&api, "init/error", "Fatal.NoSink", "no sink").await;
    assert!(head.starts_with("http/1.1 202 "), "{head}{body}");
    let error = soon(api.extension_error()).await;
    assert_eq!((error.name.as_str(), error.error.error_type.as_str()), ("agent", "Fatal.NoSink"));
    let error = soon(api.invoke("{}")).await.unwrap_err();
    assert_eq!(error.to_string(), "the extension agent failed: Fatal.NoSink: no sink");

    // The same error again has no effect, and no other request succeeds now.
    assert!(agent.report_error(&api, "init/error", "Fatal.NoSink", "no sink").await.0.starts_with("http/1.1 202 "));
    let (head, body) = agent.report_error(&api, "exit/error", "Fatal.NoSink", "no sink").await;
    assert!(head.starts_with("http/1.1 403 ") && body.contains("Extension.InvalidExtensionState"), "{head}{body}");
    let (head, body) = extension_request(&api, "GET /2020-01-01/extension/event/next", &agent.id, "").await;
    assert!(head.starts_with("http/1.1 403 ") && body.contains("Extension.InvalidExtensionState"), "{head}{body}");

    // The extension starts again.
    let mut agent = RawExtension::register(&api, "agent", r#"["INVOKE"]"#).await;
    tokio::spawn(run_function(api.address(), |event| event));
    let (result, _) = soon(async { tokio::join!(api.invoke("{}"), agent.next()) }).await;
    assert_eq!(result.unwrap(), Ok("{}".into()));
}

#[tokio::test]
async fn an_exit_error_fails_the_invocation_in_flight() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    let mut agent = RawExtension::register(&api, "agent", r#"["INVOKE"]"#).await;
    let mut function = RawFunction::connect(&api).await;
    let invocation = async { soon(api.invoke("{}")).await.unwrap_err() };
    let failing = async {
        soon(async { tokio::join!(function.poll(), agent.next()) }).await;
        let (head, body) = agent.report_error(&api, "init/error", "Fatal.Late", "late").await;
        assert!(head.starts_with("http/1.1 403 ") && body.contains("InvalidExtensionState"), "{head}{body}");
        agent.report_error(&api, "exit/error", "Fatal.Lost", "connection lost").await
    };
    let (error, (head, _)) = tokio::join!(invocation, failing);
    assert!(head.starts_with("http/1.1 202 "), "{head}");
    assert_eq!(error.to_string(), "the extension agent failed: Fatal.Lost: connection lost");
}

#[tokio::test]
async fn rejects_an_error_without_a_type() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    for path in ["init/error", "exit/error"] {
        let line = format!("POST /2020-01-01/extension/{path}");
        let (head, body) = extension_request(&api, &line, &extension.id, "{}").await;
        assert!(head.starts_with("http/1.1 403 ") && body.contains("Extension.MissingHeader"), "{head}{body}");
        let (head, body) = extension_request(&api, &line, "", "{}").await;
        assert!(head.starts_with("http/1.1 403 ") && body.contains("MissingExtensionIdentifier"), "{head}{body}");
    }
}

#[tokio::test]
async fn an_extension_whose_connection_closes_may_poll_again() {
    let api = RuntimeApi::start().await.unwrap();
    let mut extension = RawExtension::register(&api, "a", r#"["INVOKE"]"#).await;
    tokio::spawn(run_function(api.address(), |event| event));
    assert!(timeout(WAIT, extension.next()).await.is_err());
    extension.reconnect(&api).await;
    // The server notices a closed connection when its task runs.
    tokio::time::sleep(WAIT).await;
    let mut invocation = std::pin::pin!(api.invoke("{}"));
    assert!(timeout(WAIT, invocation.as_mut()).await.is_err(), "no extension waits for the event");
    let (result, event) = soon(async { tokio::join!(invocation, extension.next()) }).await;
    assert_eq!((result.unwrap(), event["eventType"].as_str()), (Ok("{}".into()), Some("INVOKE")));
}
