//! Registration and events, against a server.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use std::{io, time::Duration};

use lodger_extension::{Error, Extension, InvokeEvent, ShutdownEvent, ShutdownReason, telemetry::Record};
use support::{Platform, SOON};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout},
};

async fn ended(extension: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    timeout(SOON, extension).await.expect("the extension did not end")
}

#[tokio::test]
async fn handles_invocations_and_ends_with_the_shutdown() {
    let platform = Platform::start().await;
    let (sender, mut seen) = mpsc::unbounded_channel();
    let invoked = sender.clone();
    let extension = Extension::new()
        .name("my.extension")
        .address(&platform.address)
        .on_invoke(move |event: InvokeEvent| {
            let sent = invoked.send(format!("invoke {} {}", event.request_id, event.tracing.unwrap().value));
            async move { sent.map_err(|_| io::Error::other("closed")) }
        })
        .on_shutdown(move |event: ShutdownEvent| {
            assert!(event.remaining_time().unwrap() < Duration::from_secs(2));
            let _ = sender.send(format!("shutdown {}", event.reason));
            async {}
        });
    platform.invoke("r-1");
    platform.invoke("r-2");
    platform.shut_down("SPINDOWN", Duration::from_secs(2));
    let registered = extension.register().await.unwrap();
    let function = registered.function().clone();
    assert_eq!((function.name.as_str(), function.version.as_str(), function.handler.as_str()), ("f", "7", "h"));
    assert_eq!((function.account_id.as_deref(), registered.schema_version()), (Some("42"), None));
    ended(registered.run()).await.unwrap();

    let registration = platform.wait_for("/register", 1).await;
    assert_eq!(registration.name, "my.extension");
    assert_eq!(registration.body["events"], serde_json::json!(["INVOKE", "SHUTDOWN"]));
    assert_eq!(platform.targets()[1..], vec!["GET /2020-01-01/extension/event/next"; 3]);
    for line in ["invoke r-1 Root=1", "invoke r-2 Root=1", "shutdown SPINDOWN"] {
        assert_eq!(seen.recv().await.unwrap(), line);
    }
    assert!(seen.recv().await.is_none());
}

#[tokio::test]
async fn uses_the_name_of_the_executable_and_needs_no_handler() {
    let platform = Platform::start().await;
    platform.shut_down("METEOR", Duration::from_secs(2));
    ended(Extension::new().address(&platform.address).run()).await.unwrap();
    let registration = platform.wait_for("/register", 1).await;
    let executable = std::env::current_exe().unwrap();
    assert_eq!(registration.name, executable.file_name().unwrap().to_str().unwrap());
    assert_eq!(registration.body["events"], serde_json::json!(["SHUTDOWN"]));
}

#[tokio::test]
async fn cancels_handlers_at_the_deadline() {
    let platform = Platform::start().await;
    let extension = Extension::new()
        .name("e")
        .address(&platform.address)
        .on_invoke(async |_: InvokeEvent| sleep(SOON * 2).await)
        .on_shutdown(async |_: ShutdownEvent| sleep(SOON * 2).await);
    let stats = extension.stats();
    let in_a_moment = std::time::SystemTime::now() + Duration::from_millis(300);
    let deadline = in_a_moment.duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    platform.send(serde_json::json!({ "eventType": "INVOKE", "deadlineMs": u64::try_from(deadline).unwrap() }));
    platform.shut_down("TIMEOUT", Duration::from_secs(1));
    let start = Instant::now();
    ended(extension.run()).await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(1000), "{:?}", start.elapsed());
    assert_eq!(stats.failed_calls(), 2);
}

#[tokio::test]
async fn cancels_a_handler_whose_deadline_has_passed() {
    let platform = Platform::start().await;
    let extension =
        Extension::new().name("e").address(&platform.address).on_invoke(async |_: InvokeEvent| sleep(SOON * 2).await);
    let stats = extension.stats();
    platform.send(serde_json::json!({ "eventType": "INVOKE", "deadlineMs": 1_000 }));
    platform.shut_down("SPINDOWN", Duration::from_secs(2));
    ended(extension.run()).await.unwrap();
    assert_eq!(stats.failed_calls(), 1);
}

#[tokio::test]
async fn gives_the_handler_of_a_late_shutdown_time() {
    let platform = Platform::start().await;
    let extension = Extension::new()
        .name("e")
        .address(&platform.address)
        .on_shutdown(async |_: ShutdownEvent| sleep(Duration::from_millis(100)).await);
    let stats = extension.stats();
    platform.send(serde_json::json!({ "eventType": "SHUTDOWN", "shutdownReason": "SPINDOWN", "deadlineMs": 1_000 }));
    ended(extension.run()).await.unwrap();
    assert_eq!(stats.failed_calls(), 0);
}

#[tokio::test]
async fn ignores_events_of_unknown_types_and_damaged_events() {
    let platform = Platform::start().await;
    platform.send(serde_json::json!({ "eventType": "NAP" }));
    platform.send(serde_json::json!([1]));
    platform.send(serde_json::json!({ "eventType": "SHUTDOWN", "shutdownReason": "SPINDOWN", "deadlineMs": -5 }));
    let (sender, mut reason) = mpsc::unbounded_channel();
    let extension = Extension::new().name("e").address(&platform.address).on_shutdown(move |event: ShutdownEvent| {
        let _ = sender.send((event.reason, event.deadline));
        async {}
    });
    ended(extension.run()).await.unwrap();
    assert_eq!(reason.recv().await.unwrap(), (ShutdownReason::Spindown, None));
}

#[tokio::test]
async fn reports_the_end_after_a_rejected_poll() {
    let platform = Platform::start().await;
    platform.respond_with("/event/next", 403);
    let error = ended(Extension::new().name("e").address(&platform.address).run()).await.unwrap_err();
    assert_eq!((error.to_string().as_str(), error.status()), ("cannot run the extension", Some(403)));
    let report = platform.wait_for("POST /2020-01-01/extension/exit/error", 1).await;
    assert_eq!(report.error_type, "Extension.PollFailed");
    let message = report.body["errorMessage"].as_str().unwrap();
    assert!(message.contains("by the test"), "{message}");
}

#[tokio::test]
async fn explains_a_rejected_registration() {
    let platform = Platform::start().await;
    platform.respond_with("/register", 403);
    let error = Extension::new().name("e").address(&platform.address).run().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.starts_with("cannot register the extension \"e\"") && source.contains("by the test"), "{source}");
    assert_eq!(platform.targets().len(), 1);
}

#[tokio::test]
async fn an_internal_extension_registers_for_invocations_only() {
    let platform = Platform::start().await;
    let (sender, mut invoked) = mpsc::unbounded_channel();
    let extension = Extension::internal("inside").address(&platform.address);
    let extension = extension.on_invoke(move |event: InvokeEvent| {
        let _ = sender.send(event.request_id);
        async {}
    });
    let running = tokio::spawn(extension.register().await.unwrap().run());
    platform.invoke("r-1");
    assert_eq!(timeout(SOON, invoked.recv()).await.unwrap().unwrap(), "r-1");
    let registration = platform.wait_for("/register", 1).await;
    assert_eq!((registration.name.as_str(), &registration.body["events"]), ("inside", &serde_json::json!(["INVOKE"])));
    platform.wait_for("/event/next", 2).await;
    assert!(!running.is_finished());
    running.abort();
}

#[tokio::test]
async fn reports_an_initialization_error_of_the_user() {
    let platform = Platform::start().await;
    let registered = Extension::new().name("e").address(&platform.address).register().await.unwrap();
    registered.fail_initialization("NoCollector", "cannot reach the collector").await.unwrap();
    let report = platform.wait_for("POST /2020-01-01/extension/init/error", 1).await;
    assert_eq!(
        (report.error_type.as_str(), &report.body["errorType"]),
        ("Extension.NoCollector", &"NoCollector".into())
    );
}

#[tokio::test]
async fn rejects_settings_that_lambda_would_reject() {
    let handler = async |_: Vec<Record>| {};
    for (extension, message) in [
        (
            Extension::internal("e").on_shutdown(async |_: ShutdownEvent| {}),
            "an internal extension receives no SHUTDOWN",
        ),
        (
            Extension::new().on_telemetry(handler).on_logs(handler),
            "cannot subscribe to both the Telemetry API and the Logs API; remove `on_logs` or `on_telemetry`",
        ),
    ] {
        let error = extension.address("127.0.0.1:1").register().await.unwrap_err();
        assert!(error.to_string().starts_with(message), "{error}");
    }
}
