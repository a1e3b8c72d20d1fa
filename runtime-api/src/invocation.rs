use std::fmt;

use bytes::Bytes;

use crate::{Client, Context, Error, Payload, ResponseStream, report::ErrorTarget};

/// An event that waits for a response.
///
/// If this value is dropped without a response, Lambda waits until the invocation times out.
#[must_use = "Lambda waits for a response until the invocation times out"]
pub struct Invocation<'client> {
    pub(crate) client: &'client mut Client,
    context: Context,
    event: Bytes,
}

impl<'client> Invocation<'client> {
    pub(crate) fn new(client: &'client mut Client, context: Context, event: Bytes) -> Self {
        Self { client, context, event }
    }

    /// The metadata of the event: request id, deadline, trace.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The event, which is JSON unless the caller of the function has sent something else.
    pub fn event(&self) -> &Bytes {
        &self.event
    }

    /// Takes the event out of the invocation.
    ///
    /// Once the event is dropped, the client reuses its memory for the next event.
    pub fn take_event(&mut self) -> Bytes {
        std::mem::take(&mut self.event)
    }

    /// Sends the response: JSON of at most 6 MB.
    ///
    /// # Errors
    /// Lambda rejected the response, or the connection failed. The process can go on with the next invocation, unless the error is
    /// [fatal](Error::is_fatal).
    pub async fn respond(self, payload: impl Payload) -> Result<(), Error> {
        let Self { client, context, .. } = self;
        client.respond(&context, &payload).await
    }

    /// Starts a response that is streamed.
    ///
    /// `prelude` is the JSON of an HTTP response's status, headers and cookies, followed by eight zero bytes. Function URLs and
    /// REST APIs require a prelude.
    ///
    /// Source: [response streaming](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
    ///
    /// # Errors
    /// The Runtime API cannot be reached.
    pub async fn stream(self, prelude: &[u8]) -> Result<ResponseStream<'client>, Error> {
        let Self { client, context, .. } = self;
        ResponseStream::start(client, context, prelude).await
    }

    /// Reports that the invocation failed.
    ///
    /// `error_type` is a short name such as `Runtime.InvalidEvent`. A header contains the type as well; there, all characters
    /// except ASCII letters, digits, `.`, `_` and `-` are replaced by `_`. `message` is cut after 32,768 characters.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub async fn fail(self, error_type: &str, message: &str) -> Result<(), Error> {
        let Self { client, context, .. } = self;
        client.report_error(ErrorTarget::Invocation(&context), error_type, message).await
    }
}

impl fmt::Debug for Invocation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("context", &self.context)
            .field("event_bytes", &self.event.len())
            .finish_non_exhaustive()
    }
}
