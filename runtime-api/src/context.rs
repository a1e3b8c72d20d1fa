use std::{
    fmt,
    ops::Range,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::{Bytes, BytesMut};

use crate::http1::{is_named, parse_number};

/// The metadata that Lambda sends with an event.
///
/// A value that the Runtime API does not send, or sends empty or malformed, is `None`. All values share the memory of one
/// response head, so that cloning is cheap.
///
/// Source: [the `next` method of the Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next).
///
/// # Example
///
/// ```
/// fn log(context: &lodger_runtime_api::Context) {
///     println!("{} has {:?} left", context.request_id(), context.remaining_time());
/// }
/// ```
#[derive(Clone, Default)]
pub struct Context {
    /// The response head that the ranges refer to.
    head: Bytes,
    deadline: Option<SystemTime>,
    request_id: Range<u32>,
    function_arn: Range<u32>,
    trace_id: Range<u32>,
    client_context: Range<u32>,
    cognito_identity: Range<u32>,
    tenant_id: Range<u32>,
    invocation_id: Range<u32>,
}

impl Context {
    /// Creates a context from the headers of a response to `next`, for tests.
    ///
    /// Names are compared without regard to case. Headers that do not belong to a context are ignored.
    ///
    /// # Example
    ///
    /// ```
    /// use lodger_runtime_api::Context;
    ///
    /// let context = Context::from_headers([("Lambda-Runtime-Aws-Request-Id", "id-1")]);
    /// assert_eq!(context.request_id(), "id-1");
    /// ```
    #[must_use]
    pub fn from_headers<'a>(headers: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut head = BytesMut::new();
        let mut fields = Vec::new();
        for (name, value) in headers {
            let start = head.len();
            head.extend_from_slice(value.as_bytes());
            fields.push((name, start..head.len()));
        }
        let head = head.freeze();
        let mut context = Self::default();
        for (name, range) in fields {
            context.read_header(&head, name.as_bytes(), head.get(range).unwrap_or_default());
        }
        context
    }

    /// The request id, which is in every log line of Lambda.
    pub fn request_id(&self) -> &str {
        self.text(&self.request_id).unwrap_or_default()
    }

    /// The time at which Lambda ends the invocation. `None` if unknown: some emulators send no deadline, or one in the past.
    pub fn deadline(&self) -> Option<SystemTime> {
        self.deadline
    }

    /// The time until the [deadline](Self::deadline). Zero once the deadline has passed.
    pub fn remaining_time(&self) -> Option<Duration> {
        // Wall clock time: the deadline is in it, and a monotonic clock may stop while the process is frozen.
        self.deadline.map(|deadline| deadline.duration_since(SystemTime::now()).unwrap_or_default())
    }

    /// The ARN by which the function was invoked, including a version or an alias.
    pub fn invoked_function_arn(&self) -> Option<&str> {
        self.text(&self.function_arn)
    }

    /// The X-Ray trace header of the invocation.
    pub fn trace_id(&self) -> Option<&str> {
        self.text(&self.trace_id)
    }

    /// The X-Ray trace header as a slice of the response head, without a copy. May contain bytes that are not UTF-8.
    pub fn trace_id_bytes(&self) -> Option<Bytes> {
        let bytes = self.bytes(&self.trace_id);
        (!bytes.is_empty()).then(|| self.head.slice_ref(bytes))
    }

    /// The client application and device, as JSON from the AWS Mobile SDK.
    pub fn client_context(&self) -> Option<&str> {
        self.text(&self.client_context)
    }

    /// The Cognito identity, as JSON from the AWS Mobile SDK.
    pub fn cognito_identity(&self) -> Option<&str> {
        self.text(&self.cognito_identity)
    }

    /// The tenant of the invocation, if the function isolates tenants.
    pub fn tenant_id(&self) -> Option<&str> {
        self.text(&self.tenant_id)
    }

    /// The id of this attempt at the invocation, on Managed Instances.
    pub fn invocation_id(&self) -> Option<&str> {
        self.text(&self.invocation_id)
    }

    fn text(&self, range: &Range<u32>) -> Option<&str> {
        let bytes = self.bytes(range);
        if bytes.is_empty() { None } else { std::str::from_utf8(bytes).ok() }
    }

    fn bytes(&self, range: &Range<u32>) -> &[u8] {
        self.head.get(range.start as usize..range.end as usize).unwrap_or_default()
    }

    /// Reads a response header. `value` is a slice of `head`. Returns whether the header belongs to a context.
    pub(crate) fn read_header(&mut self, head: &Bytes, name: &[u8], value: &[u8]) -> bool {
        let Some((prefix, name)) = name.split_first_chunk::<15>() else { return false };
        if !is_named(prefix, b"lambda-runtime-") {
            return false;
        }
        let field = if is_named(name, b"aws-request-id") {
            &mut self.request_id
        } else if is_named(name, b"deadline-ms") {
            self.deadline = parse_deadline(value, SystemTime::now());
            return true;
        } else if is_named(name, b"invoked-function-arn") {
            &mut self.function_arn
        } else if is_named(name, b"trace-id") {
            &mut self.trace_id
        } else if is_named(name, b"client-context") {
            &mut self.client_context
        } else if is_named(name, b"cognito-identity") {
            &mut self.cognito_identity
        } else if is_named(name, b"aws-tenant-id") {
            &mut self.tenant_id
        } else if is_named(name, b"invocation-id") {
            &mut self.invocation_id
        } else {
            return false;
        };
        *field = range_in(head, value.trim_ascii());
        if self.head.is_empty() {
            self.head = head.clone();
        }
        true
    }

    /// Whether the request id is not empty and needs no escaping in a URL path.
    pub(crate) fn has_valid_request_id(&self) -> bool {
        let id = self.bytes(&self.request_id);
        (1..=128).contains(&id.len())
            && id.first().is_some_and(u8::is_ascii_alphanumeric)
            // Without branches, so that the compiler uses vector instructions.
            && id.iter().fold(true, |is_valid, byte| {
                is_valid & matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'.')
            })
    }
}

/// The position of `part`, which is a slice of `whole`. Empty if the position does not fit.
fn range_in(whole: &[u8], part: &[u8]) -> Range<u32> {
    let start = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    match (u32::try_from(start), u32::try_from(start.wrapping_add(part.len()))) {
        (Ok(start), Ok(end)) => start..end,
        _ => 0..0,
    }
}

/// Parses `Lambda-Runtime-Deadline-Ms`. Ignores a time in the past: some emulators send a duration instead.
fn parse_deadline(value: &[u8], now: SystemTime) -> Option<SystemTime> {
    let milliseconds = parse_number(value.trim_ascii())?;
    let deadline = UNIX_EPOCH.checked_add(Duration::from_millis(milliseconds))?;
    (deadline > now).then_some(deadline)
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

#[cfg(test)]
mod tests;
