//! Copies the body of a response into a stream.

use std::{
    fmt,
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::Poll,
};

use bytes::Bytes;
use http_body::Body;
use lodger_runtime_api::{Error as ApiError, Invocation, ResponseStream};
use tokio::task::coop::consume_budget;

use crate::{
    BoxError,
    lambda::{Context, runtime::deadline::Deadline},
    log,
    util::guarded_body::{BodyError, GuardedBody},
};

/// The reason why a stream ended before its body.
enum StreamFailure {
    Body(BodyError),
    Deadline,
    /// The process is shutting down.
    Shutdown,
}

/// Streams a response: the prelude, and then each frame of `body` as it arrives.
///
/// # Errors
/// As [`ResponseStream::finish`].
pub(crate) async fn send<B>(
    invocation: Invocation<'_>,
    context: &Context,
    prelude: &[u8],
    body: Option<B>,
    deadline: &mut Deadline,
) -> Result<(), ApiError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let stream = invocation.stream(prelude).await?;
    send_body(stream, context, body, deadline).await
}

/// Sends each frame of `body` as it arrives.
///
/// A stream that fails ends with error trailers, so that the client cannot mistake it for a complete response.
///
/// # Errors
/// As [`ResponseStream::finish`].
pub(crate) async fn send_body<B>(
    mut stream: ResponseStream<'_>,
    context: &Context,
    body: Option<B>,
    deadline: &mut Deadline,
) -> Result<(), ApiError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let copied = {
        let mut body = pin!(GuardedBody::new(body));
        let copied = copy(&mut stream, body.as_mut(), deadline).await;
        match &copied {
            Ok(None) => stream.end().await,
            Ok(Some(failure)) => {
                log::error!("request {}: cannot stream the whole response: {failure}", context.request_id());
                let (error_type, message) = failure.report();
                stream.end_as_failed(error_type, message).await;
            }
            Err(_) => {}
        }
        // The body is dropped here, after the end was sent, because its destructor may be slow.
        copied
    };
    match copied {
        Ok(_) => stream.finish().await,
        // The client has not read the data. No trailers can follow in the middle of a chunk.
        Err(error) if error.kind() == io::ErrorKind::TimedOut => Err(stream.cut_off(error)),
        Err(error) => Err(stream.rejection(error).await),
    }
}

/// Sends the frames of `body`, each at once if the next is not ready. Returns the reason if the stream has to end before the
/// body.
async fn copy<B>(
    stream: &mut ResponseStream<'_>,
    mut body: Pin<&mut GuardedBody<B>>,
    deadline: &mut Deadline,
) -> io::Result<Option<StreamFailure>>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let mut has_yielded = false;
    loop {
        // A body that is always ready must not keep other tasks from running.
        consume_budget().await;
        let ready = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Some(frame)),
            Poll::Pending => Poll::Ready(None),
        });
        let frame = match ready.await {
            Some(frame) => frame,
            None if !has_yielded => {
                // A task of the app may be about to send the first frame, which then leaves together with the prelude.
                has_yielded = true;
                yield_once().await;
                continue;
            }
            None => {
                limit_write(deadline, stream.flush()).await?;
                match next_frame(stream, body.as_mut(), deadline).await {
                    Some(frame) => frame?,
                    None => return Ok(Some(StreamFailure::at(deadline))),
                }
            }
        };
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Ok(Some(StreamFailure::Body(error))),
            // Trailers are dropped, because no front passes them on.
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    limit_write(deadline, stream.write(data)).await?;
                }
            }
        }
        if deadline.has_passed() {
            return Ok(Some(StreamFailure::at(deadline)));
        }
    }
}

/// A frame of a body, or its end.
type NextFrame = Option<Result<http_body::Frame<Bytes>, BodyError>>;

/// Waits for the next frame, or until Lambda rejects the response. Returns `None` at the deadline.
async fn next_frame<B>(
    stream: &mut ResponseStream<'_>,
    mut body: Pin<&mut GuardedBody<B>>,
    deadline: &mut Deadline,
) -> Option<io::Result<NextFrame>>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let mut rejected = pin!(stream.rejected());
    let next = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
        Poll::Ready(frame) => Poll::Ready(Ok(frame)),
        Poll::Pending => rejected.as_mut().poll(cx).map(Err),
    });
    deadline.limit(next).await
}

/// Lets other tasks run.
async fn yield_once() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Limits a write, whose speed depends on the client.
async fn limit_write(deadline: &mut Deadline, write: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    deadline.limit(write).await.unwrap_or_else(|| Err(ResponseStream::unread_error()))
}

impl StreamFailure {
    /// The failure of a stream whose deadline has passed.
    fn at(deadline: &Deadline) -> Self {
        if deadline.is_cut_off() { Self::Shutdown } else { Self::Deadline }
    }

    /// The type and the message for Lambda. The error of the app is only logged, because it may contain secrets.
    fn report(&self) -> (&'static str, &'static str) {
        match self {
            Self::Body(BodyError::Body(_)) => ("Function.StreamFailed", "the body of the response failed"),
            Self::Body(BodyError::Panicked(_)) => ("Function.Panicked", "the app panicked while it streamed"),
            Self::Deadline => ("Function.Timeout", "the deadline came before the end of the stream"),
            Self::Shutdown => ("Function.Shutdown", "the process was shut down before the end of the stream"),
        }
    }
}

impl fmt::Display for StreamFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(error) => error.fmt(f),
            Self::Deadline => {
                f.write_str("the deadline came first; raise the function's timeout, or lower LODGER_DEADLINE_MARGIN")
            }
            Self::Shutdown => f.write_str("the grace period of the shutdown ended first; raise LODGER_GRACE"),
        }
    }
}
