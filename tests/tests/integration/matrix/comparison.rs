//! Comparison with axum under its own server.

use std::{net::SocketAddr, sync::OnceLock};

use bytes::Bytes;
use http::Response;
use lodger_gateway::{Front, RuntimeApi, Vercel};
use lodger_tests::{
    client::{ClientRequest, send},
    framework::{Axum, Framework as _},
    losses::{comparable_response, expected_request, expected_request_on_vercel, expected_response, recorded_request},
    test_host::TestApp,
};
use serde_json::Value;

use super::requests::requests;

/// Returns the address of axum under its own server, with which all others are compared.
pub(super) fn axum_server() -> SocketAddr {
    static AXUM: OnceLock<SocketAddr> = OnceLock::new();
    *AXUM.get_or_init(Axum::own_server)
}

/// Compares an app on a server with axum.
pub(super) async fn assert_like_axum(addr: SocketAddr, adapt_request: fn(&mut Value)) {
    let mut differences = vec![];
    for sent in requests() {
        let (of_axum, ours) = (send(axum_server(), &sent).await, send(addr, &sent).await);
        let is_head = sent.method == "HEAD";
        let expected = recorded_request(&of_axum).map(|mut request| {
            adapt_request(&mut request);
            request
        });
        compare(&sent, &ours, expected, comparable_response(&of_axum, is_head), &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Compares an app on Vercel with axum.
#[cfg(unix)]
pub(super) async fn assert_like_axum_on_vercel(vercel: &TestApp<Vercel>, adapt_request: impl Fn(&mut Value)) {
    let mut differences = vec![];
    for sent in requests() {
        let (of_axum, (_, ours)) = (send(axum_server(), &sent).await, vercel.fetch(&sent).await);
        let is_head = sent.method == "HEAD";
        let expected = recorded_request(&of_axum).map(|request| {
            let mut request = expected_request_on_vercel(request);
            adapt_request(&mut request);
            request
        });
        compare(&sent, &ours, expected, comparable_response(&of_axum, is_head), &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Compares an app behind a front with axum. `adapt_request` and `adapt_response` apply further differences to the expected values.
pub(super) async fn assert_like_axum_behind(
    front: &Front,
    api: &RuntimeApi,
    adapt_request: impl Fn(&mut Value),
    adapt_response: impl Fn(Value) -> Value,
) {
    let mut differences = vec![];
    for sent in requests() {
        let (of_axum, ours) = (send(axum_server(), &sent).await, api.send(front, &sent.request()).await);
        let is_head = sent.method == "HEAD";
        let expected = recorded_request(&of_axum).and_then(|request| {
            let mut request = expected_request(front, request, &sent)?;
            adapt_request(&mut request);
            Some(request)
        });
        if recorded_request(&of_axum).is_some() && expected.is_none() {
            // The front responds without the app.
            assert_eq!(recorded_request(&ours), None, "{sent:?}");
            continue;
        }
        let response = adapt_response(expected_response(front, comparable_response(&of_axum, is_head), is_head));
        compare(&sent, &ours, expected, response, &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
}

/// Compares the request that the app received, if `request` is expected, and otherwise the response.
fn compare(
    sent: &ClientRequest,
    ours: &Response<Bytes>,
    request: Option<Value>,
    response: Value,
    differences: &mut Vec<String>,
) {
    let (ours, expected) = match request {
        Some(expected) => (recorded_request(ours).unwrap_or_else(|| comparable_response(ours, false)), expected),
        None => (comparable_response(ours, sent.method == "HEAD"), response),
    };
    // Frameworks differ in whether a response to HEAD without a body has `content-length: 0`.
    let [ours, expected] = [ours, expected].map(|mut message| {
        if let (Some(headers), "HEAD") = (message["headers"].as_array_mut(), &*sent.method) {
            let lengths = ["content-length", "x-amzn-remapped-content-length"];
            headers.retain(|header| !(lengths.map(Value::from).contains(&header[0]) && header[1] == "0"));
        }
        message
    });
    if ours != expected {
        differences.push(format!("{} {}\n  expected {expected}\n  got      {ours}", sent.method, sent.target));
    }
}
