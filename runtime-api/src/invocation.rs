use std::fmt;

use bytes::Bytes;

use crate::{
    Client, Context, Error, Payload, ResponseStream,
    report::{ErrorTarget, NO_TRACE},
    stream::HTTP_INTEGRATION,
};

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
        ResponseStream::start(client, context, HTTP_INTEGRATION, prelude).await
    }

    /// Starts a response that is streamed without an HTTP prelude.
    ///
    /// Use this method for a function that its caller invokes with `InvokeWithResponseStream`. The caller receives the bytes as
    /// they are. `content_type` is a media type such as `application/octet-stream`. Characters that a header cannot contain
    /// are replaced by `_`.
    ///
    /// Source: [InvokeWithResponseStream](https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html).
    ///
    /// # Errors
    /// The Runtime API cannot be reached.
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn respond(invocation: lodger_runtime_api::Invocation<'_>) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut stream = invocation.stream_bytes("application/x-ndjson").await?;
    /// stream.write("{\"row\":1}\n".into()).await?;
    /// stream.write("{\"row\":2}\n".into()).await?;
    /// stream.finish().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stream_bytes(self, content_type: &str) -> Result<ResponseStream<'client>, Error> {
        let Self { client, context, .. } = self;
        ResponseStream::start(client, context, content_type, &[]).await
    }

    /// Reports that the invocation failed.
    ///
    /// `error_type` is a short name such as `Runtime.InvalidEvent` or `ParseIntError`. The header
    /// `Lambda-Runtime-Function-Error-Type` contains the type as well, in the form that Lambda expects: `Runtime.` or `Function.`,
    /// which is added if the type has neither, and a word of ASCII letters. Other characters of the type are left out there.
    /// `message` is cut after 32,768 characters.
    ///
    /// Source: [the `error` method of the Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub async fn fail(self, error_type: &str, message: &str) -> Result<(), Error> {
        self.fail_with_trace(error_type, message, NO_TRACE).await
    }

    /// Reports that the invocation failed, with a stack trace.
    ///
    /// The lines of `stack_trace` become the array `stackTrace` of the error's JSON, which the caller of the function receives.
    /// After 128 lines, and after 1,024 characters of a line, the trace is cut. The other arguments have the same form as in
    /// [`fail`](Self::fail).
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    ///
    /// # Example
    ///
    /// ```no_run
    /// # async fn respond(invocation: lodger_runtime_api::Invocation<'_>) -> Result<(), lodger_runtime_api::Error> {
    /// let sources = ["cannot connect to 10.0.0.7:5432", "connection refused"];
    /// invocation.fail_with_trace("DatabaseError", "cannot load the order 17", &sources).await
    /// # }
    /// ```
    pub async fn fail_with_trace(
        self,
        error_type: &str,
        message: &str,
        stack_trace: &[impl AsRef<str>],
    ) -> Result<(), Error> {
        let Self { client, context, .. } = self;
        client.report_error(ErrorTarget::Invocation(&context), error_type, message, stack_trace).await
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
