//! Errors and panics of handlers, against a server.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use lodger_extension::{Error, Extension, FatalError, InvokeEvent, ShutdownEvent, telemetry::Record};
use support::{Platform, SOON};
use tokio::time::timeout;

async fn ended(extension: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    timeout(SOON, extension).await.expect("the extension did not end")
}

#[tokio::test]
async fn handlers_that_fail_or_panic_do_not_end_the_extension() {
    let platform = Platform::start().await;
    let errors = Arc::new(Mutex::new(vec![]));
    let reported = Arc::clone(&errors);
    let extension = Extension::new()
        .name("e")
        .address(&platform.address)
        .on_invoke(async |event: InvokeEvent| match event.request_id.as_str() {
            "r-1" => Err(format!("no {}", event.request_id)),
            "r-2" => panic!("at {}", event.request_id),
            _ => Ok(()),
        })
        .on_shutdown(tower::service_fn(async |event: ShutdownEvent| {
            Err::<(), _>(io::Error::other(event.reason.to_string()))
        }))
        .on_error(move |error| reported.lock().unwrap().push(format!("{error}: {}", error.cause())));
    let stats = extension.stats();
    for request_id in ["r-1", "r-2", "r-3"] {
        platform.invoke(request_id);
    }
    platform.shut_down("FAILURE", Duration::from_secs(2));
    ended(extension.run()).await.unwrap();
    let expected = [
        "the handler on_invoke failed: no r-1",
        "the handler on_invoke failed: the handler panicked: at r-2",
        "the handler on_shutdown failed: FAILURE",
    ];
    assert_eq!(*errors.lock().unwrap(), expected);
    assert_eq!(stats.failed_calls(), 3);
    // No error reaches Lambda: it would end the extension.
    assert!(!platform.targets().iter().any(|target| target.ends_with("error")));
}

#[tokio::test]
async fn a_fatal_error_of_any_handler_ends_the_extension() {
    async fn fail<T>(_: T) -> Result<(), FatalError> {
        Err(FatalError::new("Extension.PolicyExpired", "the policy has expired"))
    }
    let invoke = |extension: Extension| extension.on_invoke(fail::<InvokeEvent>);
    let shut_down = |extension: Extension| extension.on_shutdown(fail::<ShutdownEvent>);
    let telemetry = |extension: Extension| extension.on_telemetry(fail::<Vec<Record>>);
    let set: [fn(Extension) -> Extension; 3] = [invoke, shut_down, telemetry];
    for (set, delivers) in set.into_iter().zip([false, false, true]) {
        let platform = Platform::start().await;
        let extension = set(Extension::new().name("e").address(&platform.address));
        let running = tokio::spawn(extension.run());
        if delivers {
            platform.deliver(&serde_json::json!([{ "type": "function" }])).await;
        } else {
            platform.invoke("r-1");
            platform.shut_down("SPINDOWN", Duration::from_secs(2));
        }
        let error = timeout(SOON, running).await.expect("still running").unwrap().unwrap_err();
        assert_eq!(error.to_string(), "a handler ended the extension");
        let report = platform.wait_for("/exit/error", 1).await;
        assert_eq!(
            (report.error_type.as_str(), &report.body["errorMessage"]),
            ("Extension.PolicyExpired", &"the policy has expired".into())
        );
    }
}

#[tokio::test]
async fn reports_the_end_if_the_function_for_errors_panics() {
    let platform = Platform::start().await;
    let extension = Extension::new()
        .name("e")
        .address(&platform.address)
        .on_invoke(async |_: InvokeEvent| {
            let fatal = FatalError::new("Extension.PolicyExpired", "the policy has expired");
            Err::<(), anyhow::Error>(anyhow::Error::from(fatal).context("cannot go on"))
        })
        .on_error(|_| panic!("in on_error"));
    platform.invoke("r-1");
    ended(extension.run()).await.unwrap_err();
    let report = platform.wait_for("/exit/error", 1).await;
    assert_eq!(report.error_type, "Extension.PolicyExpired");
}
