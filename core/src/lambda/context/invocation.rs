use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

/// The invocation: its id, its deadline, and the other metadata that Lambda sends with an event. An extension of every
/// request on Lambda.
///
/// Cloning is cheap. Metadata that is absent, empty or invalid is `None`.
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
    /// The id of the invocation, which Lambda writes into its log lines.
    pub fn request_id(&self) -> &str {
        text(&self.request_id).unwrap_or_default()
    }

    /// The time at which Lambda stops the invocation. `None` if unknown: some emulators send no time, or a past one.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.deadline
    }

    /// The time until the [deadline](Self::deadline). Zero after it.
    pub fn remaining_time(&self) -> Option<Duration> {
        // Wall clock time, like the deadline. Monotonic clocks stop while the process is frozen.
        self.deadline.map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The ARN of the invoked function, with the version or the alias if the invocation named one.
    pub fn invoked_function_arn(&self) -> Option<&str> {
        text(&self.function_arn)
    }

    /// The X-Ray trace header of the invocation. Also the header `x-amzn-trace-id` of the request.
    pub fn trace_id(&self) -> Option<&str> {
        text(&self.trace_id)
    }

    /// The client application and device, as JSON from the AWS Mobile SDK.
    pub fn client_context(&self) -> Option<&str> {
        text(&self.client_context)
    }

    /// The Cognito identity, as JSON from the AWS Mobile SDK.
    pub fn cognito_identity(&self) -> Option<&str> {
        text(&self.cognito_identity)
    }

    /// The id of the tenant, if the function uses tenant isolation.
    pub fn tenant_id(&self) -> Option<&str> {
        text(&self.tenant_id)
    }

    /// The id of this attempt of the invocation.
    pub fn invocation_id(&self) -> Option<&str> {
        text(&self.invocation_id)
    }

    pub(crate) fn trace_id_bytes(&self) -> Option<Bytes> {
        (!self.trace_id.is_empty()).then(|| self.trace_id.clone())
    }

    /// Reads a header of the response to `next`. `value` is part of `head`.
    pub(crate) fn read_header(&mut self, head: &Bytes, name: &str, value: &[u8]) {
        const PREFIX: &str = "lambda-runtime-";
        let Some((_, name)) =
            name.split_at_checked(PREFIX.len()).filter(|(start, _)| start.eq_ignore_ascii_case(PREFIX))
        else {
            return;
        };
        let field = if name.eq_ignore_ascii_case("deadline-ms") {
            self.deadline = Self::read_deadline(value, SystemTime::now());
            return;
        } else if let Some(field) = self.field(name) {
            field
        } else {
            return;
        };
        let value = value.trim_ascii();
        *field = if value.is_empty() { Bytes::new() } else { head.slice_ref(value) };
    }

    /// The field of a header, by the end of the header's name.
    fn field(&mut self, name: &str) -> Option<&mut Bytes> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        Some(if is("aws-request-id") {
            &mut self.request_id
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
            return None;
        })
    }

    /// Whether the id can be part of a URL, which a response to the invocation needs.
    pub(crate) fn can_be_answered(&self) -> bool {
        let id = &self.request_id;
        (1..=128).contains(&id.len())
            && id.first().is_some_and(u8::is_ascii_alphanumeric)
            && id.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    }

    /// Reads `Lambda-Runtime-Deadline-Ms`. Ignores a time before the arrival of the event: emulators send durations instead.
    fn read_deadline(value: &[u8], now: SystemTime) -> Option<SystemTime> {
        let milliseconds = std::str::from_utf8(value).ok()?.trim().parse().ok()?;
        let deadline = UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))?;
        (deadline > now).then_some(deadline)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the client context and the identity, which may identify a person.
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

/// Returns the text, unless it is empty or not UTF-8.
fn text(bytes: &[u8]) -> Option<&str> {
    if bytes.is_empty() { None } else { std::str::from_utf8(bytes).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_deadlines_in_the_past() {
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
    fn accepts_ids_that_a_url_can_contain() {
        let is_accepted = |id: &'static [u8]| Context { request_id: id.into(), ..Context::default() }.can_be_answered();
        assert!(is_accepted(b"8476a536-e9f4-11e8-9739-2dfe598c3fcd"));
        for bad in [&b""[..], b"a/b", b"a b", b"..%2f", b"..", &[b'a'; 129]] {
            assert!(!is_accepted(bad), "{bad:?}");
        }
    }

    #[test]
    fn treats_empty_and_invalid_text_as_absent() {
        let context = Context { tenant_id: Bytes::new(), trace_id: Bytes::from_static(b"\xff"), ..Context::default() };
        assert_eq!((context.tenant_id(), context.trace_id()), (None, None));
        assert_eq!(context.request_id(), "");
    }
}
