//! The app of every target: it records its requests, and sends the response that the target has planned.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Response, Uri};
use serde_json::{Value, json};

use crate::probe::{headers, latin1};

/// A request as an app has received it.
#[derive(Debug)]
pub struct SeenRequest {
    pub method: String,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether Lodger has made the request from an event that is not HTTP. `None` if the framework cannot see it.
    pub is_synthetic: Option<bool>,
}

impl SeenRequest {
    /// Describes the request in the form of the model of the fronts.
    pub fn describe(&self) -> Value {
        let mut all = headers(&self.headers);
        // Hop-by-hop headers (rule 62).
        all.retain(|(name, _)| !["connection", "te"].contains(&name.as_str()));
        all.sort_by(|one, other| one.0.cmp(&other.0));
        json!({"method": self.method, "uri": self.uri.to_string(), "headers": all, "body": latin1(&self.body)})
    }

    /// Checks the properties of every request, whatever its event contains.
    pub fn check(&self) {
        assert_eq!((self.uri.scheme(), self.uri.authority()), (None, None), "the URI has a host: {:?}", self.uri);
        assert!(self.uri.path().starts_with('/'), "the path is not absolute: {:?}", self.uri);
        for (name, value) in &self.headers {
            assert!(!has_line_end(value.as_bytes()), "the header {name} has the value {value:?}");
        }
    }
}

/// Returns whether bytes contain a character that would end a header.
pub fn has_line_end(bytes: &[u8]) -> bool {
    bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// The requests of one input, and the response to them.
#[derive(Debug, Default)]
struct Exchange {
    requests: Vec<SeenRequest>,
    response: Response<Bytes>,
}

static EXCHANGE: Mutex<Option<Exchange>> = Mutex::new(None);

fn exchange() -> MutexGuard<'static, Option<Exchange>> {
    EXCHANGE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Plans the response to all requests, and forgets earlier requests.
pub fn plan(response: Response<Bytes>) {
    *exchange() = Some(Exchange { requests: vec![], response });
}

/// Returns the requests since the last call of [`plan`].
pub fn take_requests() -> Vec<SeenRequest> {
    exchange().take().map(|exchange| exchange.requests).unwrap_or_default()
}

/// Records a request, and returns the planned response.
pub fn respond(request: SeenRequest) -> Response<Bytes> {
    let mut exchange = exchange();
    let exchange = exchange.get_or_insert_default();
    exchange.requests.push(request);
    exchange.response.clone()
}
