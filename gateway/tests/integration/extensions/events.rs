//! INVOKE and SHUTDOWN.

use std::{
    io::ErrorKind,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lodger_gateway::{Invocation, RuntimeApi, ShutdownReason};
use serde_json::Value;
use tokio::time::timeout;

use crate::support::{RawExtension, header, run_function, soon};

/// Time in which something would happen that must not.
const WAIT: Duration = Duration::from_millis(100);

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

#[tokio::test]
async fn an_extension_receives_each_invocation() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    let mut agent = RawExtension::register(&api, "agent", r#"["INVOKE","SHUTDOWN"]"#).await;
    let mut internal = RawExtension::register(&api, "internal", r#"["INVOKE"]"#).await;
    tokio::spawn(run_function(api.address(), |event| event));
    for number in 1..=2 {
        let trace_id = format!("Root=1-00000000-00000000000000000000000{number}");
        let invocation = Invocation::new("{}")
            .header("lambda-runtime-trace-id".parse().unwrap(), trace_id.parse().unwrap())
            .timeout(Duration::from_secs(20));
        let (result, event, other) =
            soon(async { tokio::join!(api.invoke(invocation), agent.next(), internal.next()) }).await;
        result.unwrap().unwrap();
        assert_eq!(event, other);
        assert_eq!(event["eventType"], "INVOKE");
        assert_eq!(event["invokedFunctionArn"], "arn:aws:lambda:us-east-1:123456789012:function:test");
        assert!(event["requestId"].as_str().unwrap().ends_with(&number.to_string()), "{event}");
        assert_eq!(event["tracing"], serde_json::json!({"type": "X-Amzn-Trace-Id", "value": trace_id}));
        let remaining = event["deadlineMs"].as_u64().unwrap() - now_ms();
        assert!((10_000..=20_000).contains(&remaining), "{remaining}");
        assert_eq!(header(&agent.head, "lambda-extension-event-identifier").unwrap().len(), 36);
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_initialization_lasts_until_every_extension_has_polled() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    tokio::spawn(run_function(api.address(), |event| event));
    let mut invocation = std::pin::pin!(api.invoke("{}"));
    assert!(timeout(WAIT, invocation.as_mut()).await.is_err(), "the extension has not registered");
    let mut agent = RawExtension::register(&api, "agent", "[]").await;
    assert!(timeout(WAIT, invocation.as_mut()).await.is_err(), "the extension has not polled");
    tokio::select! {
        event = agent.next() => panic!("{event}"),
        result = soon(invocation) => assert_eq!(result.unwrap(), Ok("{}".into())),
    }
}

#[tokio::test]
async fn an_invocation_lasts_until_its_extensions_have_polled_again() {
    let api = RuntimeApi::start().await.unwrap();
    let mut busy = RawExtension::register(&api, "busy", r#"["INVOKE"]"#).await;
    let mut idle = RawExtension::register(&api, "idle", "[]").await;
    let idle = tokio::spawn(async move { idle.next().await });
    tokio::spawn(run_function(api.address(), |event| event));
    let (first, _) = soon(async { tokio::join!(api.invoke("1"), busy.next()) }).await;
    // The response does not wait for the extension, as on Lambda.
    assert_eq!(first.unwrap(), Ok("1".into()));
    soon(api.wait_for_polls(2)).await;
    let mut second = std::pin::pin!(api.invoke("2"));
    assert!(timeout(WAIT, second.as_mut()).await.is_err(), "an extension still works");
    let (second, event) = soon(async { tokio::join!(second, busy.next()) }).await;
    assert_eq!(second.unwrap(), Ok("2".into()));
    assert!(event["requestId"].as_str().unwrap().ends_with('2'), "{event}");
    assert!(!idle.is_finished(), "an extension without events gets none");
}

#[tokio::test(start_paused = true)]
async fn names_the_extension_that_keeps_an_invocation_waiting() {
    let api = RuntimeApi::start().await.unwrap().external_extension("absent");
    let error = api.invoke("{}").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let text = "cannot invoke the function: the extension absent has not requested its next event for 30 s";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn external_extensions_receive_the_shutdown() {
    for (reason, text) in [
        (ShutdownReason::Spindown, "spindown"),
        (ShutdownReason::Timeout, "timeout"),
        (ShutdownReason::Failure, "failure"),
    ] {
        let api = RuntimeApi::start().await.unwrap().external_extension("agent").external_extension("other");
        let mut agent = RawExtension::register(&api, "agent", r#"["SHUTDOWN"]"#).await;
        let mut other = RawExtension::register(&api, "other", r#"["INVOKE"]"#).await;
        let other = tokio::spawn(async move { other.next().await });
        let (result, event) = soon(async { tokio::join!(api.shut_down(reason), agent.next()) }).await;
        result.unwrap();
        let Value::Object(event) = event else { panic!("{event}") };
        assert_eq!((event["eventType"].as_str(), event["shutdownReason"].as_str()), (Some("SHUTDOWN"), Some(text)));
        let remaining = event["deadlineMs"].as_u64().unwrap().saturating_sub(now_ms());
        assert!((1..=2000).contains(&remaining), "{remaining}");
        assert!(!other.is_finished(), "not registered for SHUTDOWN");
        let error = api.invoke("{}").await.unwrap_err();
        assert_eq!(error.to_string(), "the execution environment has shut down");
    }
}

#[tokio::test]
async fn a_shutdown_waits_two_seconds_for_an_extension() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    let mut agent = RawExtension::register(&api, "agent", r#"["SHUTDOWN"]"#).await;
    let error = soon(api.shut_down(ShutdownReason::Spindown)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    assert!(error.to_string().contains("the extension agent: "), "{error}");
    // The event is still there.
    assert_eq!(soon(agent.next()).await["eventType"], "SHUTDOWN");
}

#[tokio::test]
async fn an_extension_polls_once_at_a_time() {
    let api = RuntimeApi::start().await.unwrap();
    let mut extension = RawExtension::register(&api, "a", r#"["INVOKE"]"#).await;
    let id = extension.id.clone();
    let poll = "GET /2020-01-01/extension/event/next";
    tokio::select! {
        event = extension.next() => panic!("{event}"),
        () = tokio::time::sleep(WAIT) => {}
    }
    let (head, error) = crate::support::extension_request(&api, poll, &id, "").await;
    assert!(head.starts_with("http/1.1 403 ") && error.contains("Extension.InvalidExtensionState"), "{head}{error}");
}
