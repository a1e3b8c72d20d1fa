//! What Lambda tells about an invocation, as extensions of the request.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

/// What Lambda says of an invocation besides the event. An extension of every request on Lambda.
///
/// It is cheap to clone. What the Runtime API left out, left empty, or garbled is `None`.
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
#[derive(Clone, Default)]
pub struct Context {
    pub(crate) request_id: Bytes,
    pub(crate) deadline: Option<SystemTime>,
    pub(crate) function_arn: Bytes,
    pub(crate) trace_id: Bytes,
    pub(crate) client_context: Bytes,
    pub(crate) cognito_identity: Bytes,
    pub(crate) tenant_id: Bytes,
    pub(crate) invocation_id: Bytes,
}

impl Context {
    /// The id of the request, as it is in every log line of Lambda's.
    pub fn request_id(&self) -> &str {
        text(&self.request_id).unwrap_or_default()
    }

    /// When Lambda ends the invocation. `None` where it is not known: some emulators send no time, or one that is past.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.deadline
    }

    /// How long there is until the [deadline](Self::deadline).
    pub fn remaining_time(&self) -> Option<Duration> {
        // The clock of the wall, because the deadline is on it and a frozen process has no other.
        self.deadline.map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The ARN that the function was invoked by, with the version or the alias if that was named.
    pub fn invoked_function_arn(&self) -> Option<&str> {
        text(&self.function_arn)
    }

    /// The X-Ray trace header of the invocation. It is the request's `x-amzn-trace-id` as well.
    pub fn trace_id(&self) -> Option<&str> {
        text(&self.trace_id)
    }

    /// What the AWS Mobile SDK says of the client application and device: JSON.
    pub fn client_context(&self) -> Option<&str> {
        text(&self.client_context)
    }

    /// What the AWS Mobile SDK says of the Cognito identity: JSON.
    pub fn cognito_identity(&self) -> Option<&str> {
        text(&self.cognito_identity)
    }

    /// The tenant whom the invocation is for, where the function isolates tenants.
    pub fn tenant_id(&self) -> Option<&str> {
        text(&self.tenant_id)
    }

    /// The id of this attempt at the invocation.
    pub fn invocation_id(&self) -> Option<&str> {
        text(&self.invocation_id)
    }

    pub(crate) fn trace_id_bytes(&self) -> Option<Bytes> {
        (!self.trace_id.is_empty()).then(|| self.trace_id.clone())
    }

    /// Reads a header of an answer to `next`; `head` is what `value` is a part of.
    pub(crate) fn read_header(&mut self, head: &Bytes, name: &str, value: &[u8]) {
        const PREFIX: &str = "lambda-runtime-";
        let Some((_, name)) =
            name.split_at_checked(PREFIX.len()).filter(|(start, _)| start.eq_ignore_ascii_case(PREFIX))
        else {
            return;
        };
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let field = if is("aws-request-id") {
            &mut self.request_id
        } else if is("deadline-ms") {
            self.deadline = Self::read_deadline(value, SystemTime::now());
            return;
        } else if is("invoked-function-arn") {
            &mut self.function_arn
        } else if is("trace-id") {
            &mut self.trace_id
        } else if is("client-context") {
            &mut self.client_context
        } else if is("cognito-identity") {
            &mut self.cognito_identity
        } else if is("aws-tenant-id") {
            &mut self.tenant_id
        } else if is("invocation-id") {
            &mut self.invocation_id
        } else {
            return;
        };
        let value = value.trim_ascii();
        *field = if value.is_empty() { Bytes::new() } else { head.slice_ref(value) };
    }

    /// Whether there is an id to answer by, one that can stand in the path of a URL as it is.
    pub(crate) fn can_be_answered(&self) -> bool {
        let id = &self.request_id;
        (1..=128).contains(&id.len())
            && id.first().is_some_and(u8::is_ascii_alphanumeric)
            && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    }

    /// Reads `Lambda-Runtime-Deadline-Ms`. A time that is past when the event arrives is a duration that an emulator
    /// took for one, not an invocation that has no time left.
    fn read_deadline(value: &[u8], now: SystemTime) -> Option<SystemTime> {
        let milliseconds = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
        let deadline = UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))?;
        (deadline > now).then_some(deadline)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not what may identify a person: the client context and the identity.
        f.debug_struct("Context")
            .field("request_id", &self.request_id())
            .field("deadline", &self.deadline)
            .field("invoked_function_arn", &self.invoked_function_arn())
            .field("trace_id", &self.trace_id())
            .field("tenant_id", &self.tenant_id())
            .field("invocation_id", &self.invocation_id())
            .finish_non_exhaustive()
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

fn text(bytes: &[u8]) -> Option<&str> {
    if bytes.is_empty() { None } else { std::str::from_utf8(bytes).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_a_time_to_come() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let deadline = |value: &str| Context::read_deadline(value.as_bytes(), now);
        assert_eq!(deadline("1700000003000"), Some(now + Duration::from_secs(3)));
        // cargo-lambda sends a duration.
        assert_eq!(deadline("600000"), None);
        for garbage in ["", "soon", "-1", "1e12", "99999999999999999999999", "18446744073709551615"] {
            let _ = deadline(garbage);
        }
        assert_eq!(deadline("soon"), None);
    }

    #[test]
    fn only_what_can_stand_in_a_path_is_an_id() {
        let can = |id: &'static [u8]| Context { request_id: id.into(), ..Context::default() }.can_be_answered();
        assert!(can(b"8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
        for bad in [&b""[..], b"a/b", b"a b", b"..%2f", b"..", &[b'a'; 129]] {
            assert!(!can(bad), "{bad:?}");
        }
    }

    #[test]
    fn what_is_empty_or_no_text_is_absent() {
        let context = Context { tenant_id: Bytes::new(), trace_id: Bytes::from_static(b"\xff"), ..Context::default() };
        assert_eq!((context.tenant_id(), context.trace_id()), (None, None));
        assert_eq!(context.request_id(), "");
    }
}
