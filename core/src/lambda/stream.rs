//! Streamed answers, as the [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming)
//! takes them: a chunked body that begins with a prelude, and trailers where it failed.

use std::{
    fmt,
    future::poll_fn,
    io::{self, Write as _},
    pin::pin,
    task::Poll,
};

use bytes::Bytes;
use http_body::Body;
use tokio::task::coop::consume_budget;

use crate::{
    BoxError,
    json::{self, base64},
    lambda::{connection::Connection, runtime::deadline::Deadline},
    util::guarded_body::{BodyError, GuardedBody},
};

/// What the head of such a post says besides what every post says, to its end.
pub(crate) const HEADERS: &str = "content-type: application/vnd.awslambda.http-integration-response\r\n\
     lambda-runtime-function-response-mode: streaming\r\n\
     transfer-encoding: chunked\r\n\
     trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\r\n";

/// So many zeros stand between the prelude and the body.
const SEPARATOR: usize = 8;

/// Frames are collected until there is so much to write. One that is as large is not copied for that.
const WRITE_AT: usize = 32 * 1024;

/// Why a stream did not come to its end.
pub(crate) enum Failure {
    Of(BodyError),
    /// Its time was over.
    Late,
    /// The process ends.
    CutOff,
}

/// Sends a head, what is at hand, and the frames of `body` as they come, each at once when the next is waited for. What came
/// between the body and its end has been told to Lambda, and comes back for the log.
///
/// # Errors
/// The connection failed, or the other end refused it before the end. The body has been dropped then.
pub(crate) async fn send<B>(
    connection: &mut Connection,
    head: &str,
    begin: &[u8],
    body: Option<B>,
    deadline: &mut Deadline,
) -> io::Result<Option<Failure>>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let out = connection.out();
    out.clear();
    out.extend_from_slice(head.as_bytes());
    push_begin(out, begin);
    let mut body = pin!(GuardedBody::new(body));
    let mut has_yielded = false;
    let ended = loop {
        // A body that always has a frame at hand, such as an empty one, is not to keep all else from running.
        consume_budget().await;
        let at_hand = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Some(frame)),
            Poll::Pending => Poll::Ready(None),
        });
        let frame = match at_hand.await {
            Some(frame) => frame,
            None if !has_yielded => {
                // To a task of the app's that is about to send the first frame: it leaves together with the start then.
                has_yielded = true;
                yield_once().await;
                continue;
            }
            None => {
                write(connection, Bytes::new(), deadline).await?;
                let mut refused = pin!(connection.is_refused());
                let next = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
                    Poll::Ready(frame) => Poll::Ready(Ok(frame)),
                    Poll::Pending => refused.as_mut().poll(cx).map(Err),
                });
                match deadline.limit(next).await {
                    Some(Ok(frame)) => frame,
                    Some(Err(refused)) => return Err(refused),
                    None => break Some(late(deadline)),
                }
            }
        };
        match frame {
            None => break None,
            Some(Err(failed)) => break Some(Failure::Of(failed)),
            Some(Ok(frame)) => {
                // Trailers are for clients that see them, and no front has such.
                if let Ok(data) = frame.into_data() {
                    push(connection, data, deadline).await?;
                }
            }
        }
        if deadline.has_come() {
            break Some(late(deadline));
        }
    };
    let out = connection.out();
    out.extend_from_slice(b"0\r\n");
    if let Some(failure) = &ended {
        push_trailers(out, failure);
    }
    out.extend_from_slice(b"\r\n");
    // The body is dropped after it: that may take its time.
    let written = deadline.limit_last(connection.write(Bytes::new())).await;
    written.unwrap_or_else(|| Err(nobody_took_it()))?;
    Ok(ended)
}

fn late(deadline: &Deadline) -> Failure {
    if deadline.is_cut_off() { Failure::CutOff } else { Failure::Late }
}

/// Lets other tasks run first.
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

/// Adds data to what is to be sent, and sends it if that is much.
async fn push(connection: &mut Connection, data: Bytes, deadline: &mut Deadline) -> io::Result<()> {
    let length = data.len();
    if length == 0 {
        // A chunk without a length is the end.
        return Ok(());
    }
    let out = connection.out();
    if length < WRITE_AT {
        push_chunk(out, &data);
        if out.len() < WRITE_AT {
            return Ok(());
        }
        return write(connection, Bytes::new(), deadline).await;
    }
    push_length(out, length);
    write(connection, data, deadline).await?;
    connection.out().extend_from_slice(b"\r\n");
    Ok(())
}

/// Sends what is to be sent, and `more`. Whoever reads it decides how fast that is, until the deadline.
async fn write(connection: &mut Connection, more: Bytes, deadline: &mut Deadline) -> io::Result<()> {
    let written = deadline.limit(connection.write(more)).await;
    written.unwrap_or_else(|| Err(nobody_took_it()))
}

fn nobody_took_it() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "nobody took it until the deadline")
}

/// The prelude, what stands behind it, and what is at hand of the body, each in a chunk of its own, as the runtimes of
/// AWS send them. Lambda does not mind; `cargo lambda watch` takes the first chunk for the prelude and the second for
/// what stands behind it.
fn push_begin(out: &mut Vec<u8>, begin: &[u8]) {
    // In JSON no byte is zero.
    let end = memchr::memchr(0, begin).unwrap_or(begin.len());
    let (prelude, rest) = begin.split_at(end);
    let (separator, body) = rest.split_at(rest.len().min(SEPARATOR));
    push_chunk(out, prelude);
    push_chunk(out, separator);
    if !body.is_empty() {
        push_chunk(out, body);
    }
}

fn push_chunk(out: &mut Vec<u8>, data: &[u8]) {
    push_length(out, data.len());
    out.extend_from_slice(data);
    out.extend_from_slice(b"\r\n");
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    // To a vector it can be written without fail.
    let _ = write!(out, "{length:x}\r\n");
}

/// The trailers that make a failure of the end, for Lambda and so for the client. What the app said is for the log alone.
fn push_trailers(out: &mut Vec<u8>, failure: &Failure) {
    let (error_type, message) = match failure {
        Failure::Of(BodyError::Body(_)) => ("Function.StreamFailed", "the body of the response failed"),
        Failure::Of(BodyError::Panicked(_)) => ("Function.Panicked", "the app panicked while it streamed"),
        Failure::Late => ("Function.Timeout", "the deadline came before the end of the stream"),
        Failure::CutOff => ("Function.Shutdown", "the process was shut down before the end of the stream"),
    };
    let mut error = b"{\"errorType\":\"".to_vec();
    json::push_escaped(error_type.as_bytes(), &mut error);
    error.extend_from_slice(b"\",\"errorMessage\":\"");
    json::push_escaped(message.as_bytes(), &mut error);
    error.extend_from_slice(b"\"}");
    out.extend_from_slice(b"Lambda-Runtime-Function-Error-Type: ");
    out.extend_from_slice(error_type.as_bytes());
    out.extend_from_slice(b"\r\nLambda-Runtime-Function-Error-Body: ");
    base64::encode(&error, out);
    out.extend_from_slice(b"\r\n");
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Of(failed) => failed.fmt(f),
            Self::Late => f.write_str("it took too long (LODGER_DEADLINE_MARGIN)"),
            Self::CutOff => {
                f.write_str("it took longer than the grace period at the end of the process (LODGER_GRACE)")
            }
        }
    }
}
