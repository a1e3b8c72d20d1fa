//! Snapshots and internal extensions.

use std::time::Duration;

use lodger_gateway::RuntimeApi;
use tokio::time::{sleep, timeout};

use crate::support::{RawFunction, fetch, header, invoke_until, register, run_function, soon};

const RESTORE: &str = "GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nhost: localhost\r\n\r\n";

async fn next_event(api: &RuntimeApi, id: &str) -> (String, String) {
    let head = "GET /2020-01-01/extension/event/next HTTP/1.1\r\nhost: localhost\r\n";
    fetch(api.address().parse().unwrap(), &format!("{head}{id}\r\n")).await
}

#[tokio::test]
async fn restores_a_function_from_its_snapshot() {
    let api = RuntimeApi::start().await.unwrap().snap_start();
    let addr = api.address().parse().unwrap();
    let restoring = tokio::spawn(async move { fetch(addr, RESTORE).await });
    soon(api.wait_for_snapshot()).await;
    sleep(Duration::from_millis(50)).await;
    assert!(!restoring.is_finished(), "restored too early");
    api.restore();
    let (head, _) = soon(restoring).await.unwrap();
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    tokio::spawn(run_function(api.address(), |event| event));
    assert_eq!(api.invoke("{}").await.unwrap(), Ok("{}".into()));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn reports_a_restore_error() {
    let api = RuntimeApi::start().await.unwrap().snap_start();
    let body = r#"{"errorMessage":"no database"}"#;
    let post = format!(
        "POST /2018-06-01/runtime/restore/error HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\
         lambda-runtime-function-error-type: Runtime.AfterRestoreError\r\n\r\n{body}",
        body.len()
    );
    let (result, error, (head, _)) =
        tokio::join!(api.invoke("{}"), api.restore_error(), fetch(api.address().parse().unwrap(), &post));
    assert!(head.starts_with("http/1.1 202 "), "{head}");
    assert_eq!(error.to_string(), "Runtime.AfterRestoreError: no database");
    assert_eq!(result.unwrap_err().to_string(), "the function cannot start: Runtime.AfterRestoreError: no database");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn rejects_a_restore_without_snap_start() {
    let api = RuntimeApi::start().await.unwrap();
    let (head, _) = fetch(api.address().parse().unwrap(), RESTORE).await;
    assert!(head.starts_with("http/1.1 404 "), "{head}");
    assert_eq!(api.protocol_errors().len(), 1);

    let api = RuntimeApi::start().await.unwrap().snap_start();
    let mut function = RawFunction::connect(&api).await;
    invoke_until(&api, "{}", function.poll()).await;
    assert_eq!(api.protocol_errors(), ["polled before it requested the restore of its snapshot"]);
}

#[tokio::test]
async fn waits_until_extensions_are_ready() {
    let api = RuntimeApi::start().await.unwrap();
    assert_eq!(api.extensions(), [""; 0]);
    let (head, body) = register(&api, "no-op", r#"{"events":[]}"#).await;
    assert!(head.starts_with("http/1.1 200 ") && body.contains("\"functionName\""), "{head}{body}");
    assert_eq!((api.extensions(), api.poll_count()), (vec!["no-op".to_owned()], 0));
    tokio::spawn(run_function(api.address(), |event| event));
    let mut invocation = std::pin::pin!(api.invoke("{}"));
    assert!(timeout(Duration::from_millis(100), invocation.as_mut()).await.is_err(), "the extension is not ready");
    let id = header(&head, "lambda-extension-identifier").unwrap();
    let id = format!("lambda-extension-identifier: {id}\r\n");
    let mut waiting = std::pin::pin!(next_event(&api, &id));
    tokio::select! {
        event = waiting.as_mut() => panic!("{event:?}"),
        result = invocation => assert_eq!(result.unwrap(), Ok("{}".into())),
    }
    assert!(timeout(Duration::from_millis(100), waiting).await.is_err(), "an internal extension has no events");
    assert_eq!(api.protocol_errors(), [""; 0]);
}
