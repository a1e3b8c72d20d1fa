//! Any bytes as an event: one reply or one error, and at most one request of the app.

#![no_main]

use std::cell::OnceCell;

use http::Response;
use libfuzzer_sys::fuzz_target;
use lodger_fuzz::{app, frameworks::Framework, function::Function};

thread_local! {
    static FUNCTION: OnceCell<Function> = const { OnceCell::new() };
}

fuzz_target!(|event: &[u8]| {
    FUNCTION.with(|function| {
        let function = function.get_or_init(|| Function::start(Framework::Hyper));
        app::plan(Response::default());
        let result = function.invoke(event.to_vec());
        let requests = app::take_requests();
        requests.iter().for_each(app::SeenRequest::check);
        assert!(requests.len() <= 1, "the app got {} requests for one event", requests.len());
        assert!(requests.is_empty() || result.is_ok(), "the app has responded, and the result is {result:?}");
        if serde_json::from_slice::<serde::de::IgnoredAny>(event).is_ok() {
            let is_malformed = result.is_err_and(|error| error.error_type == "Runtime.MalformedEvent");
            assert!(!is_malformed, "Lodger cannot read JSON that serde_json reads");
        }
    });
});
