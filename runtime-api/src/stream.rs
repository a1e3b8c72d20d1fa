mod chunks;
mod head;

use std::{fmt, io, mem::take, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

pub(crate) use self::head::HTTP_INTEGRATION;
use self::{
    chunks::{push_chunk, push_error_trailers, push_length, push_prelude},
    head::push_headers,
};
use crate::{
    Client, Context, Error,
    http1::{Connection, ConnectionError, ResponseHead, ignore_header},
};

/// Smaller writes are collected up to this size. Larger data is sent without a copy.
const WRITE_AT: usize = 32 * 1024;

/// A response that is being streamed.
///
/// End the response with [`finish`](Self::finish) or [`fail`](Self::fail). Dropping this value closes the connection, so that
/// the client of the function receives an incomplete response.
///
/// # Example
///
/// ```no_run
/// # async fn respond(invocation: lodger_runtime_api::Invocation<'_>) -> Result<(), Box<dyn std::error::Error>> {
/// let prelude = b"{\"statusCode\":200,\"headers\":{\"content-type\":\"text/plain\"}}\0\0\0\0\0\0\0\0";
/// let mut stream = invocation.stream(prelude).await?;
/// for number in 1..=3 {
///     stream.write(format!("{number}\n").into()).await?;
///     stream.flush().await?;
/// }
/// stream.finish().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream that is not finished is cut off"]
pub struct ResponseStream<'client> {
    client: &'client mut Client,
    connection: Box<Connection>,
    /// The time at which Lambda ends the invocation.
    ends_at: Option<Instant>,
    progress: WriteProgress,
    /// The result of sending the end, once this was tried.
    end: Option<io::Result<()>>,
}

/// Whether more data can follow. Nothing can follow an incomplete write, because an unknown part of its data was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WriteProgress {
    Open,
    Failed,
    /// A write is running, or its future was dropped.
    Writing,
    Ended,
}

impl<'client> ResponseStream<'client> {
    pub(crate) async fn start(
        client: &'client mut Client,
        context: Context,
        content_type: &str,
        prelude: &[u8],
    ) -> Result<Self, Error> {
        let path = ["/invocation/", context.request_id(), "/response"];
        let mut head = client.start_post(path, context.invocation_id());
        push_headers(&mut head, content_type);
        let kept = client.take_connection();
        let connected = client.connect(kept).await;
        let stream = connected.map(|mut connection| {
            let out = connection.out();
            out.clear();
            out.extend_from_slice(head.as_bytes());
            push_prelude(out, prelude);
            connection
        });
        client.post_head = head;
        let connection = stream.map_err(|error| Error::connection("start the streamed response", error))?;
        // The client of the function decides how fast the stream is read.
        connection.limit_unacknowledged(false);
        let ends_at = context.remaining_time().and_then(|left| Instant::now().checked_add(left));
        Ok(Self { client, connection, ends_at, progress: WriteProgress::Open, end: None })
    }

    /// Adds `data` to the response. Sends the collected data once there are 32 KB, or with the next [`flush`](Self::flush).
    ///
    /// Waits while the client of the function reads more slowly than this method writes.
    ///
    /// Not cancel safe: if the future is dropped before it completes, the response cannot be completed any more. Later writes
    /// and [`finish`](Self::finish) then return errors.
    ///
    /// # Errors
    /// The connection failed, or Lambda has rejected the response. Call [`rejection`](Self::rejection) with the error. An
    /// earlier write failed or was cancelled, or the response has [ended](Self::end).
    pub async fn write(&mut self, data: Bytes) -> io::Result<()> {
        let length = data.len();
        self.check_is_open()?;
        if length == 0 {
            // A chunk without data ends the body.
            return Ok(());
        }
        let out = self.connection.out();
        if length < WRITE_AT {
            push_chunk(out, &data);
            return if out.len() < WRITE_AT { Ok(()) } else { self.send(Bytes::new()).await };
        }
        push_length(out, length);
        self.send(data).await?;
        self.connection.out().extend_from_slice(b"\r\n");
        Ok(())
    }

    /// Sends the collected data. Not cancel safe, as [`write`](Self::write).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn flush(&mut self) -> io::Result<()> {
        self.check_is_open()?;
        self.send(Bytes::new()).await
    }

    /// Sends the collected data, and then `more`.
    async fn send(&mut self, more: Bytes) -> io::Result<()> {
        self.progress = WriteProgress::Writing;
        let written = self.connection.write(more).await;
        self.progress = if written.is_ok() { WriteProgress::Open } else { WriteProgress::Failed };
        written
    }

    fn check_is_open(&self) -> io::Result<()> {
        let message = match self.progress {
            WriteProgress::Open => return Ok(()),
            WriteProgress::Failed => "an earlier write failed",
            WriteProgress::Writing => "an earlier write was cancelled before it was complete",
            WriteProgress::Ended => "the response has ended",
        };
        Err(io::Error::new(io::ErrorKind::BrokenPipe, message))
    }

    /// Waits until Lambda rejects the response or closes the connection. Cancel safe.
    ///
    /// Race this future against the source of the data, to stop a stream that has no reader.
    pub async fn rejected(&mut self) -> io::Error {
        self.connection.rejected().await
    }

    /// Sends the end of the response, without waiting until Lambda has accepted the response.
    ///
    /// [`finish`](Self::finish) does both. Call this method before `finish` to release resources in between: Lambda responds
    /// only after a slow client has read everything.
    pub async fn end(&mut self) {
        self.send_end(|_| {}).await;
    }

    /// Sends the end of a response that failed, without waiting until Lambda has accepted the response. See
    /// [`end`](Self::end).
    pub async fn end_as_failed(&mut self, error_type: &str, message: &str) {
        self.send_end(|out| push_error_trailers(out, error_type, message)).await;
    }

    /// Ends the response, and waits until Lambda has accepted the response.
    ///
    /// # Errors
    /// Lambda rejected the response, or the response was cut off. After a write that failed or was cancelled, this method sends
    /// nothing and closes the connection.
    pub async fn finish(mut self) -> Result<(), Error> {
        self.end().await;
        match self.end.take() {
            // No response follows an incomplete request.
            Some(Err(error)) if self.progress == WriteProgress::Writing => Err(self.cut_off(error)),
            Some(Err(error)) => Err(self.rejection(error).await),
            Some(Ok(())) | None => self.accepted().await,
        }
    }

    /// Ends the response as failed. Lambda then closes the connection of the client, which receives an incomplete response.
    ///
    /// The arguments have the same form as in [`Invocation::fail`](crate::Invocation::fail).
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub async fn fail(mut self, error_type: &str, message: &str) -> Result<(), Error> {
        self.end_as_failed(error_type, message).await;
        self.finish().await
    }

    /// Gives up the response after a write failed with `error`. Returns the error with the best explanation: the status with
    /// which Lambda rejected the response, if there is one.
    pub async fn rejection(mut self, error: io::Error) -> Error {
        match self.response().await {
            Ok(head) if !(200..300).contains(&head.status) => Error::response_rejected(ACTION, head.status),
            _ => Error::connection(CUT_OFF, error),
        }
    }

    /// Gives up the response because of `error`, without reading a response of Lambda. Closes the connection.
    ///
    /// Use this method if the client does not read: no trailers can follow in the middle of a chunk.
    pub fn cut_off(self, error: io::Error) -> Error {
        Error::connection(CUT_OFF, error)
    }

    /// The error of a write that was limited in time and did not complete. Call [`cut_off`](Self::cut_off) with the error.
    pub fn unread_error() -> io::Error {
        io::Error::new(io::ErrorKind::TimedOut, "the client did not read the data before the deadline")
    }

    async fn send_end(&mut self, push_trailers: impl FnOnce(&mut Vec<u8>)) {
        if self.end.is_some() {
            return;
        }
        if let Err(error) = self.check_is_open() {
            self.end = Some(Err(error));
            return;
        }
        let out = self.connection.out();
        out.extend_from_slice(b"0\r\n");
        push_trailers(out);
        out.extend_from_slice(b"\r\n");
        let mut timer = take(&mut self.client.timer);
        let written = timer.until(self.ends_at, self.send(Bytes::new())).await;
        self.client.timer = timer;
        if matches!(written, Some(Ok(()))) {
            self.progress = WriteProgress::Ended;
        }
        self.end = Some(written.unwrap_or_else(|| Err(Self::unread_error())));
    }

    async fn accepted(mut self) -> Result<(), Error> {
        let head = self.response().await.map_err(|error| Error::connection(ACTION, error))?;
        self.connection.limit_unacknowledged(true);
        self.client.keep(self.connection, &head);
        match head.status {
            200..300 => Ok(()),
            status => Err(Error::response_rejected(ACTION, status)),
        }
    }

    async fn response(&mut self) -> Result<ResponseHead, ConnectionError> {
        let timer = &mut self.client.timer;
        // Lambda responds only after a slow client has read everything.
        let left = self.ends_at.map_or(Duration::ZERO, |end| end.saturating_duration_since(Instant::now()));
        let _ = timer.within(left, self.connection.wait()).await;
        let (head, _) = self.connection.response(timer, &mut ignore_header).await?;
        Ok(head)
    }
}

const ACTION: &str = "send the streamed response";
const CUT_OFF: &str = "send the whole streamed response";

impl fmt::Debug for ResponseStream<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseStream").field("ends_at", &self.ends_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
