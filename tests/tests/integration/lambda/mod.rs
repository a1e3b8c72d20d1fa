//! An app on Lambda: its request extensions, its failures, and the lifecycle of its process.

mod extensions;
mod failures;
mod lifecycle;
mod panics;
mod shutdown;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use lodger_gateway::{Front, Invocation, RuntimeApi};
use lodger_tests::client::ClientRequest;
use serde_json::Value;

/// Sends a request to a Function URL.
async fn fetch(api: &RuntimeApi, target: &str) -> Response<Bytes> {
    api.send(&Front::function_url(), &ClientRequest::get(target).request()).await
}

/// The event of a request to a Function URL.
fn event(target: &str) -> Bytes {
    Front::function_url().event(&ClientRequest::get(target).request()).unwrap()
}

/// Invokes the function with a request to a Function URL and headers of Lambda. Returns the JSON of the response.
async fn invoke(api: &RuntimeApi, headers: &[(&'static str, &[u8])]) -> Value {
    let mut invocation = Invocation::new(event("/"));
    for (name, value) in headers {
        invocation = invocation.header(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    }
    let result = api.invoke(invocation).await.unwrap();
    serde_json::from_slice(Front::function_url().response(&result).body()).unwrap()
}
