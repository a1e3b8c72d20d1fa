//! Failures: of a hook, of the restore, of the app's start. Each is reported once and ends `run`.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex},
};

use axum::Router;
use lodger::Error;
use lodger_tests::{
    framework::{ActixWeb, Axum, Framework},
    raw_api::ACCEPTED,
    wait::{QUIET, SOON},
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{Calls, HOOKS, OwnFramework, accept_restore_request, check_no_connection, hello, start, start_raw};

type Hook = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// Hooks that do not succeed, with the end of the message of their error.
fn failing_hooks() -> [(Hook, &'static str); 2] {
    [
        (
            Box::pin(async { Err(Error::new("no database").with_source("it is closed")) }),
            "failed: no database: it is closed",
        ),
        (Box::pin(async { panic!("no \"database\"") }), "panicked: no \"database\""),
    ]
}

async fn check_failure_before_the_snapshot<F: Framework>(slots: usize) {
    for (hook, cause) in failing_hooks() {
        let calls = Calls::default();
        let (before, after) = (calls.hook("before"), calls.hook("never"));
        let never = calls.hook("never");
        // Hooks before the snapshot run in reverse order.
        let mut function = start(slots, move |lodger| {
            F::run(lodger.before_snapshot(never).before_snapshot(hook).before_snapshot(before).after_restore(after))
        })
        .await;
        let reported = timeout(SOON, function.init_error()).await.unwrap();
        let body = json!({
            "errorMessage": format!("a hook before the snapshot {cause}"),
            "errorType": "Runtime.BeforeSnapshotError",
            "stackTrace": [],
        });
        assert_eq!(reported.error_type, "Runtime.BeforeSnapshotError");
        assert_eq!(serde_json::from_slice::<Value>(&reported.body).unwrap(), body);
        let error = function.result().await.unwrap_err();
        assert_eq!(format!("{error:?}"), format!("a hook before the snapshot {cause}"));
        assert_eq!((calls.all(), function.poll_count(), function.protocol_errors()), (vec!["before"], 0, vec![]));
        assert_eq!(function.connection_count(), 1, "the function has also requested the restore");
    }
}

async fn check_failure_after_the_restore<F: Framework>(slots: usize) {
    for (hook, cause) in failing_hooks() {
        let calls = Calls::default();
        let (after, never) = (calls.hook("after"), calls.hook("never"));
        let mut function =
            start(slots, move |lodger| F::run(lodger.after_restore(after).after_restore(hook).after_restore(never)))
                .await;
        function.restore();
        let reported = timeout(SOON, function.restore_error()).await.unwrap();
        let message = Value::from(format!("a hook after the restore {cause}"));
        let body = format!(r#"{{"errorMessage":{message},"errorType":"Runtime.AfterRestoreError","stackTrace":[]}}"#);
        assert_eq!((reported.error_type.as_str(), reported.body), ("Runtime.AfterRestoreError", body.into()));
        let error = function.result().await.unwrap_err();
        assert_eq!(format!("{error:?}"), format!("a hook after the restore {cause}"));
        assert_eq!((calls.all(), function.poll_count(), function.protocol_errors()), (vec!["after"], 0, vec![]));
        assert_eq!(function.connection_count(), 2, "the report has no connection of its own");
    }
}

#[tokio::test]
async fn reports_a_hook_that_fails_or_panics_before_the_snapshot() {
    for slots in [1, 3] {
        check_failure_before_the_snapshot::<Axum>(slots).await;
        check_failure_before_the_snapshot::<ActixWeb>(slots).await;
        check_failure_before_the_snapshot::<OwnFramework>(slots).await;
    }
}

#[tokio::test]
async fn reports_a_hook_that_fails_or_panics_after_the_restore() {
    for slots in [1, 3] {
        check_failure_after_the_restore::<Axum>(slots).await;
        check_failure_after_the_restore::<ActixWeb>(slots).await;
        check_failure_after_the_restore::<OwnFramework>(slots).await;
    }
}

#[tokio::test]
async fn reports_a_failed_hook_when_the_next_one_panics_on_drop() {
    struct PanicsOnDrop;
    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let mut api = start_raw(|lodger| {
        let panics_on_drop = PanicsOnDrop;
        let lodger = lodger.before_snapshot(async {
            let _held = panics_on_drop;
            Ok::<_, io::Error>(())
        });
        lodger.before_snapshot(async { Err::<(), _>("no database") }).run(hello())
    })
    .await;
    let mut socket = api.accept().await;
    assert!(socket.request().await.contains("no database"));
    socket.write(ACCEPTED).await;
    let error = api.result().await.unwrap_err();
    assert_eq!(format!("{error:?}"), "a hook before the snapshot failed: no database");
}

#[tokio::test]
async fn reports_a_failed_restore_and_does_not_poll() {
    const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}";
    for (response, cause) in [
        (FORBIDDEN, "restore/next returned 403 instead of 200"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "restore/next returned 404 instead of 200"),
        ("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "restore/next returned 500 instead of 200"),
        ("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "restore/next returned 202 instead of 200"),
        ("nonsense\r\n\r\n", "the response is not HTTP/1.1: invalid HTTP version"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", "unexpected end of file"),
        ("", "unexpected end of file"),
    ] {
        let calls = Calls::default();
        let mut api = start_raw(|lodger| calls.add_hooks(lodger).run(hello())).await;
        let mut socket = accept_restore_request(&api).await;
        socket.write(response).await;
        drop(socket);
        let mut socket = api.accept().await;
        let request = socket.request().await;
        let address = api.listener.local_addr().unwrap();
        let message = format!("cannot restore from a snapshot with the Lambda Runtime API at {address}: {cause}");
        let body = format!(r#"{{"errorMessage":"{message}","errorType":"Runtime.InitFailed","stackTrace":[]}}"#);
        assert!(request.starts_with("POST /2018-06-01/runtime/init/error HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nlambda-runtime-function-error-type: Runtime.InitFailed\r\n"), "{request}");
        assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}\n{body}");
        socket.write(ACCEPTED).await;
        let error = api.result().await.unwrap_err();
        assert_eq!((error.to_string(), calls.all()), (message, HOOKS[..2].to_vec()));
        check_no_connection(&api.listener).await;
    }
}

#[tokio::test]
async fn an_app_that_cannot_be_built_has_no_snapshot() {
    let calls = Calls::default();
    let mut api = start_raw(|lodger| calls.add_hooks(lodger).run_with(async || Err::<Router, _>("no database"))).await;
    let mut socket = api.accept().await;
    let request = socket.request().await;
    assert!(
        request.starts_with("POST /2018-06-01/runtime/init/error ") && request.contains("no database"),
        "{request}"
    );
    socket.write(ACCEPTED).await;
    api.result().await.unwrap_err();
    assert_eq!(calls.all(), [""; 0]);
}

#[tokio::test]
async fn a_panic_in_the_second_of_several_apps_prevents_the_snapshot() {
    let calls = Calls::default();
    let hooks = calls.clone();
    let function = start(4, move |lodger| {
        let built = Arc::new(Mutex::new(0));
        hooks.add_hooks(lodger).run(move || {
            let mut built = built.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *built += 1;
            assert!(*built < 2, "no database");
            actix_web::App::new()
        })
    })
    .await;
    let reported = timeout(SOON, function.init_error()).await.unwrap();
    assert_eq!(reported.to_string(), "Runtime.InitFailed: the app panicked while it was built: no database");
    sleep(QUIET).await;
    assert_eq!((calls.all(), function.poll_count(), function.protocol_errors()), (vec![], 0, vec![]));
}
