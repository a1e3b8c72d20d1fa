//! Errors and panics of handlers, as the caller sees them.

use std::{fmt, time::Duration};

use axum::Router;
use lodger::{
    Lodger,
    lambda::{Context, Diagnostic, Error, FromEvent, LambdaEvent, service_fn},
};
use lodger_gateway::RuntimeApi;
use lodger_tests::test_host::TestHost;
use serde_json::{Value, json};

use super::{Report, error_of, result_of};

/// An error with a cause, like one of `thiserror`. `Debug` prints more than `Display`.
#[derive(Debug)]
struct PaymentFailed {
    #[expect(dead_code, reason = "a report must not contain the value")]
    card: &'static str,
    cause: lodger::Error,
}

impl fmt::Display for PaymentFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot pay the order")
    }
}

impl std::error::Error for PaymentFailed {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

fn payment_failed() -> PaymentFailed {
    PaymentFailed { card: "hunter2", cause: lodger::Error::new("no answer").with_source("connection refused") }
}

/// Invokes a function whose handler fails with `error`.
async fn report_of<E>(error: fn() -> E) -> Report
where
    E: Into<Error> + Send + 'static,
{
    let fail = move |_: Value, _: Context| async move { Err::<(), _>(error()) };
    let api = TestHost::lambda().start(|lodger| lodger.on_any(fail).run(Router::new())).await;
    let report = error_of(&api, &json!({})).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
    report
}

#[tokio::test]
async fn reports_the_type_the_text_and_the_causes_of_an_error() {
    for (report, error_type) in [
        (report_of(payment_failed).await, "PaymentFailed"),
        (report_of(|| Error::from(payment_failed())).await, "Error"),
    ] {
        assert_eq!((&*report.error_type, &*report.message), (error_type, "cannot pay the order"));
        assert_eq!(report.header, format!("Function.{error_type}"));
        assert_eq!(report.stack_trace, ["no answer", "connection refused"]);
        assert!(!format!("{report:?}").contains("hunter2"), "{report:?}");
    }
}

#[tokio::test]
async fn reports_the_causes_of_an_error_of_anyhow_and_eyre() {
    let of_anyhow = report_of(|| anyhow::Error::new(payment_failed()).context("cannot place the order")).await;
    let of_eyre = report_of(|| eyre::Report::new(payment_failed()).wrap_err("cannot place the order")).await;
    for report in [of_anyhow, of_eyre] {
        assert_eq!((&*report.error_type, &*report.message), ("Error", "cannot place the order"));
        assert_eq!(report.stack_trace, ["cannot pay the order", "no answer", "connection refused"]);
    }
    let diagnostic =
        || anyhow::Error::new(Diagnostic::new("OutOfStock", "article 7")).context("cannot place the order");
    assert_eq!(report_of(diagnostic).await.error_type, "OutOfStock");
}

#[tokio::test]
async fn a_diagnostic_chooses_the_type_of_the_error() {
    let report = report_of(|| Diagnostic::new("Shop.OutOfStock", "article 7 is out of stock")).await;
    assert_eq!((&*report.error_type, &*report.header), ("Shop.OutOfStock", "Function.ShopOutOfStock"));
    assert_eq!(report.message, "article 7 is out of stock");
    // A type with characters that a header cannot contain.
    let report = report_of(|| Diagnostic::new("Out\r\nof: stock", "")).await;
    assert_eq!((&*report.error_type, &*report.header), ("Out\r\nof: stock", "Function.Outofstock"));
}

#[tokio::test]
async fn a_panic_fails_the_invocation_and_not_the_process() {
    let panics = |event: Value, _: Context| {
        assert!(event != "at once", "panicked at once");
        async move {
            tokio::task::yield_now().await;
            assert!(event != "later", "panicked later");
        }
    };
    let api = TestHost::lambda().start(|lodger| lodger.on_any(panics).run(Router::new())).await;
    for (event, message) in [("at once", "panicked at once"), ("later", "panicked later")] {
        let report = error_of(&api, &json!(event)).await;
        assert_eq!((&*report.error_type, &*report.header), ("Function.Panicked", "Function.Panicked"));
        assert_eq!(report.message, format!("the handler panicked: {message}"));
    }
    assert_eq!(result_of(&api, &json!("never")).await, json!(null));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_panic_of_a_deserializer_fails_the_invocation() {
    struct Panics;
    impl FromEvent for Panics {
        fn from_event(_: &lodger::lambda::Event, _: &Context) -> Result<Self, lodger::Error> {
            panic!("cannot read this")
        }
    }
    let api = TestHost::lambda().start(|lodger| lodger.on_any(async |_: Panics, _| ()).run(Router::new())).await;
    let report = error_of(&api, &json!({})).await;
    assert!(report.message.contains("cannot read this"), "{report:?}");
    assert!(error_of(&api, &json!({})).await.message.contains("cannot read this"));
}

#[tokio::test]
async fn the_deadline_cancels_a_handler() {
    let wait = async |_: LambdaEvent<Value>| -> Result<(), Error> { std::future::pending().await };
    let api = TestHost::lambda().timeout(Duration::from_millis(600)).start(|lodger| lodger.run(service_fn(wait))).await;
    let error = RuntimeApi::invoke(&api, "{}").await.unwrap().unwrap_err();
    assert_eq!(error.error_type, "Function.Timeout");
    assert!(String::from_utf8_lossy(&error.body).contains("LODGER_DEADLINE_MARGIN"), "{error:?}");
    assert!(RuntimeApi::invoke(&api, "{}").await.unwrap().is_err());
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn an_app_that_fails_to_build_keeps_its_error_beside_handlers() {
    let lodger = |lodger: Lodger| lodger.on_any(async |_: Value, _| ());
    let failed = async || Err::<Router, _>(payment_failed());
    let mut api = TestHost::lambda().start(|host| lodger(host).run_with(failed)).await;
    assert!(api.result().await.unwrap_err().is_build());
}
