use std::fmt;

use bytes::Bytes;

/// The event of the invocation, in JSON. An extension of every request on Lambda.
///
/// In axum and actix-web the type is an extractor: `async fn handler(event: Option<lambda::Event>)`. In warp, use the filter
/// `lodger::warp::event()`.
///
/// Keeps the memory of the whole event. Clones share that memory.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{Request, lambda::Event};
///
/// /// The size of the event in bytes, or 0 on other hosts.
/// fn event_size(request: &Request) -> usize {
///     request.extensions().get::<Event>().map_or(0, |event| event.as_bytes().len())
/// }
///
/// let mut request = Request::default();
/// request.extensions_mut().insert(Event::new(r#"{"version": "2.0"}"#));
/// assert_eq!(event_size(&request), 18);
/// ```
#[derive(Clone)]
pub struct Event(Bytes);

impl Event {
    /// Creates an event from JSON, for tests.
    pub fn new(json: impl Into<Bytes>) -> Self {
        Self(json.into())
    }

    /// The JSON, as Lambda sent it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Deserializes the event. Available with the feature `serde`.
    ///
    /// # Errors
    /// The JSON does not fit the type. The error names the type and the field, like that of
    /// [`RequestContext::parse`](crate::lambda::RequestContext::parse), and contains no value of the event.
    ///
    /// # Example
    ///
    /// ```
    /// # use lodger_core as lodger;
    /// use lodger::lambda::Event;
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Routed {
    ///     route_key: String,
    /// }
    ///
    /// let event = Event::new(r#"{"version": "2.0", "routeKey": "GET /users"}"#);
    /// assert_eq!(event.parse::<Routed>()?.route_key, "GET /users");
    /// # Ok::<(), lodger::Error>(())
    /// ```
    #[cfg(feature = "serde")]
    pub fn parse<'a, T: serde_core::Deserialize<'a>>(&'a self) -> Result<T, crate::Error> {
        crate::lambda::parse::parse(&self.0, "the event")
    }
}

impl From<Event> for Bytes {
    /// The JSON. Shares the memory of the event.
    fn from(event: Event) -> Self {
        event.0
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only the size: the event may contain confidential data.
        write!(f, "Event({} bytes)", self.0.len())
    }
}

/// A marker for requests that Lodger made from an event that is not an HTTP request: an event of SQS, for example, or of a
/// WebSocket API. An extension of such requests only.
///
/// These requests go to the routes in `LODGER_EVENTS_PATH` and `LODGER_WEBSOCKET_PATH`. Clients cannot request those paths: on
/// every host, Lodger responds with 404 before the app. This applies to the path that the app receives. An app that rewrites
/// paths, by a header or by removing a prefix, could route a client's request there; its handler should check this extension.
///
/// In axum and actix-web the type is an extractor: a handler with the argument `_: lambda::SyntheticRequest` responds with 500 to any
/// other request. In warp, use the filter `lodger::warp::synthetic_request()`.
///
/// The extension does not authenticate the event. Anyone who may invoke the function can send any event, and so can a service
/// that forwards a client's data as the event: an API integration that is not a proxy, or an IoT rule. Do not connect such
/// services to a function whose app trusts its events.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{Request, lambda::SyntheticRequest};
///
/// fn is_synthetic(request: &Request) -> bool {
///     request.extensions().get::<SyntheticRequest>().is_some()
/// }
/// # assert!(!is_synthetic(&Request::default()));
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SyntheticRequest;
