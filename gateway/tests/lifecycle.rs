//! Snapshots, and extensions within a function.

#![allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]

mod support;

use std::time::Duration;

use lodger_gateway::RuntimeApi;
use support::{Function, SOON, ask, cannot_start, exchange, function, handed_out, polls, value};

const RESTORE: &str = "GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn register(api: &RuntimeApi, name: &str, body: &str) -> (String, String) {
    let head =
        format!("POST /2020-01-01/extension/register HTTP/1.1\r\nhost: localhost\r\nlambda-extension-name: {name}\r\n");
    ask(api.address().parse().unwrap(), &format!("{head}content-length: {}\r\n\r\n{body}", body.len())).await
}

async fn events(api: &RuntimeApi, id: &str) -> (String, String) {
    let head = "GET /2020-01-01/extension/event/next HTTP/1.1\r\nhost: localhost\r\n";
    ask(api.address().parse().unwrap(), &format!("{head}{id}\r\n")).await
}

#[tokio::test]
async fn a_function_goes_on_from_its_snapshot_when_it_is_told_to() {
    let api = RuntimeApi::start().await.unwrap().snap_start();
    let addr = api.address().parse().unwrap();
    let asked = tokio::spawn(async move { ask(addr, RESTORE).await });
    tokio::time::timeout(SOON, api.wait_for_snapshot()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!asked.is_finished());
    api.restore();
    let (head, _) = tokio::time::timeout(SOON, asked).await.unwrap().unwrap();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    tokio::spawn(function(api.address(), |event| event));
    assert_eq!(api.invoke("{}").await.unwrap(), Ok("{}".into()));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn what_a_snapshot_cannot_do_is_reported() {
    let api = RuntimeApi::start().await.unwrap().snap_start();
    let body = r#"{"errorMessage":"no database"}"#;
    let post = format!(
        "POST /2018-06-01/runtime/restore/error HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\
         lambda-runtime-function-error-type: Runtime.AfterRestoreError\r\n\r\n{body}",
        body.len()
    );
    let (invoked, reported, (head, _)) =
        tokio::join!(api.invoke("{}"), api.restore_error(), ask(api.address().parse().unwrap(), &post));
    assert!(head.starts_with("http/1.1 202 "), "{head}");
    assert_eq!(reported.to_string(), "Runtime.AfterRestoreError: no database");
    assert_eq!(invoked.unwrap_err().to_string(), "the function cannot start: Runtime.AfterRestoreError: no database");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn who_starts_otherwise_has_no_snapshot() {
    let api = RuntimeApi::start().await.unwrap();
    let (head, _) = ask(api.address().parse().unwrap(), RESTORE).await;
    assert!(head.starts_with("http/1.1 404 "), "{head}");
    assert_eq!(api.protocol_errors().len(), 1);

    let api = RuntimeApi::start().await.unwrap().snap_start();
    let mut function = Function::connect(&api).await;
    handed_out(&api, "{}", function.poll()).await;
    assert_eq!(api.protocol_errors(), ["polled before it requested the restore of its snapshot"]);
}

#[tokio::test]
async fn an_extension_is_waited_for() {
    let api = RuntimeApi::start().await.unwrap();
    assert_eq!(api.extensions(), [""; 0]);
    let (head, body) = register(&api, "no-op", r#"{"events":[]}"#).await;
    assert!(head.starts_with("http/1.1 200 ") && body.contains("\"functionName\""), "{head}{body}");
    assert_eq!((api.extensions(), api.poll_count()), (vec!["no-op".to_owned()], 0));
    tokio::spawn(function(api.address(), |event| event));
    let mut invoked = std::pin::pin!(api.invoke("{}"));
    assert!(tokio::time::timeout(Duration::from_millis(100), invoked.as_mut()).await.is_err(), "it is not ready");
    let id = value(&head, "lambda-extension-identifier").unwrap();
    let id = format!("lambda-extension-identifier: {id}\r\n");
    let mut waits = std::pin::pin!(events(&api, &id));
    tokio::select! {
        event = waits.as_mut() => panic!("{event:?}"),
        invoked = invoked => assert_eq!(invoked.unwrap(), Ok("{}".into())),
    }
    assert!(tokio::time::timeout(Duration::from_millis(100), waits).await.is_err(), "there are no events");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn what_an_extension_may_not_do_is_refused() {
    let api = RuntimeApi::start().await.unwrap();
    register(&api, "twice", "{}").await;
    for (name, body, error_type) in [
        ("", r#"{"events":[]}"#, "Extension.InvalidExtensionName"),
        ("a", "", "InvalidRequestFormat"),
        ("a", r#"{"events":["SHUTDOWN"]}"#, "Extension.InvalidEventType"),
        ("a", r#"{"events":null}"#, "Extension.InvalidEventType"),
        ("twice", r#"{"events":[]}"#, "Extension.InvalidExtensionState"),
    ] {
        let (head, told) = register(&api, name, body).await;
        assert!(head.starts_with("http/1.1 403 ") && told.contains(error_type), "{head}{told}");
    }
    for id in ["", "lambda-extension-identifier: 1\r\n"] {
        assert!(events(&api, id).await.0.starts_with("http/1.1 403 "), "{id}");
    }
    let mut socket = Function::connect(&api).await.socket;
    let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";
    tokio::select! {
        answer = exchange(&mut socket, next) => panic!("{answer:?}"),
        () = polls(&api, 1) => {}
    }
    let (_, told) = register(&api, "late", r#"{"events":[]}"#).await;
    assert!(told.contains("Extension.RegistrationClosed"), "{told}");
    assert_eq!((api.extensions(), api.protocol_errors().len()), (vec!["twice".to_owned()], 8));

    let api = RuntimeApi::start().await.unwrap();
    register(&api, "again", "{}").await;
    cannot_start(api.address(), "no database").await;
    assert!(register(&api, "again", "{}").await.0.starts_with("http/1.1 200 "));
    assert_eq!(api.protocol_errors(), [""; 0]);
}
