//! Extensions of the request that describe its invocation.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use bytes::Bytes;

/// The metadata that Lambda sends with an event. An extension of every request on Lambda.
///
/// Cloning is cheap. A value that the Runtime API does not send, or sends empty or malformed, is `None`.
///
/// Source: [the `next` method of the Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next).
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// # let request: lodger::Request = http::Request::default();
/// if let Some(context) = request.extensions().get::<lodger::lambda::Context>() {
///     println!("{} has {:?} left", context.request_id(), context.remaining_time());
/// }
/// ```
// A type of this crate, so that it can implement the traits of frameworks.
#[derive(Clone, Default)]
pub struct Context(lodger_runtime_api::Context);

impl Context {
    pub(crate) fn new(context: lodger_runtime_api::Context) -> Self {
        Self(context)
    }

    /// The request id, which is in every log line of Lambda.
    pub fn request_id(&self) -> &str {
        self.0.request_id()
    }

    /// The time at which Lambda ends the invocation. `None` if unknown: some emulators send no deadline, or one in the past.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.0.deadline()
    }

    /// The time until the [deadline](Self::deadline). Zero once the deadline has passed.
    pub fn remaining_time(&self) -> Option<Duration> {
        self.0.remaining_time()
    }

    /// The ARN by which the function was invoked, including a version or an alias.
    pub fn invoked_function_arn(&self) -> Option<&str> {
        self.0.invoked_function_arn()
    }

    /// The X-Ray trace header of the invocation. The request has it as `x-amzn-trace-id` as well.
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id()
    }

    /// The client application and device, as JSON from the AWS Mobile SDK.
    pub fn client_context(&self) -> Option<&str> {
        self.0.client_context()
    }

    /// The Cognito identity, as JSON from the AWS Mobile SDK.
    pub fn cognito_identity(&self) -> Option<&str> {
        self.0.cognito_identity()
    }

    /// The tenant of the invocation, if the function isolates tenants.
    pub fn tenant_id(&self) -> Option<&str> {
        self.0.tenant_id()
    }

    /// The id of this attempt at the invocation, on Managed Instances.
    pub fn invocation_id(&self) -> Option<&str> {
        self.0.invocation_id()
    }

    pub(crate) fn trace_id_bytes(&self) -> Option<Bytes> {
        self.0.trace_id_bytes()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The `requestContext` of the event: what the front says of the request, its authorizer's claims among it. An extension
/// of every request on Lambda that an event with such a part stands for.
///
/// It is JSON as it came; each front has members of its own. With the feature `serde`, `parse` makes a type of yours of
/// it, when you ask and not before.
#[derive(Clone)]
pub struct RequestContext(Bytes);

impl RequestContext {
    pub(crate) fn new(json: Bytes) -> Self {
        Self(json)
    }

    /// The JSON, as the event has it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The JSON as a value of a type of yours.
    ///
    /// # Errors
    /// The JSON does not fit the type. The error names the type, the field and what was expected, such as `cannot read the
    /// request context as app::Claims: authorizer.jwt.claims.sub: invalid type: integer, expected a string`. It holds no value
    /// of the JSON, because that may be a token; nor does a message of your own `Deserialize` get into it.
    ///
    /// # Example
    ///
    /// ```
    /// # use lodger_core as lodger;
    /// use lodger::lambda::RequestContext;
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Api {
    ///     api_id: String,
    /// }
    ///
    /// fn api(context: &RequestContext) -> Result<String, lodger::Error> {
    ///     Ok(context.parse::<Api>()?.api_id)
    /// }
    /// ```
    #[cfg(feature = "serde")]
    pub fn parse<'a, T: serde_core::Deserialize<'a>>(&'a self) -> Result<T, crate::Error> {
        crate::lambda::parse::parse(&self.0, "the request context")
    }
}

impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Claims and identities are in it.
        write!(f, "RequestContext({} bytes)", self.0.len())
    }
}

/// The whole event, as it came from Lambda. An extension of every request on Lambda.
///
/// As long as a clone of it is kept, so is the memory of the event.
#[derive(Clone)]
pub struct Event(Bytes);

impl Event {
    pub(crate) fn new(json: Bytes) -> Self {
        Self(json)
    }

    /// The JSON, as Lambda sent it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({} bytes)", self.0.len())
    }
}

/// Says that a request stands for no client's: it was made of an event that is not HTTP, or of one of a WebSocket API. An
/// extension of such requests alone.
///
/// They come to the routes that `LODGER_EVENTS_PATH` and `LODGER_WEBSOCKET_PATH` name, which no HTTP request reaches: it is
/// answered with 404 before the app sees it, on every host. That holds for the path that the app is handed. An app that
/// rewrites paths by itself, from a header or by a prefix that it takes off, can lead a client's request there; its handler
/// should look for this extension.
///
/// Whoever may invoke the function can make any event, and so can whoever fills one in: an integration of an API that is
/// not a proxy, or a rule of IoT, passes on what a client sent as the event itself. Such have no place before an app
/// that trusts its events.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::{Request, lambda::FromEvent};
///
/// fn is_trusted(request: &Request) -> bool {
///     request.extensions().get::<FromEvent>().is_some()
/// }
/// # assert!(!is_trusted(&Request::default()));
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FromEvent;
