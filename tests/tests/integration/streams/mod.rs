//! Streamed responses on the connection to Lambda: when bytes leave, and how a stream ends.

mod deadline;
mod early_end;
mod failure;
mod form;
mod parser;
mod timing;

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, body::Body, routing::any};
use bytes::Bytes;
use futures_util::{Stream, stream};
use lodger::ResponseMode;
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    probe,
    raw_api::{ACCEPTED, RawRuntimeApi, Socket, invocation},
    test_host::{TestApp, TestHost},
};
use tokio::time::sleep;

pub use parser::StreamedReply;

/// The chunk size of [`Endless`].
const CHUNK_SIZE: usize = 64 * 1024;

/// Starts a function that streams. Returns the function, and its connection after the first poll.
async fn start(app: Router) -> (TestApp<RawRuntimeApi>, Socket) {
    let function = TestHost::raw_lambda().start(|lodger| lodger.response_mode(ResponseMode::Stream).run(app)).await;
    let mut socket = function.accept().await;
    socket.poll().await;
    (function, socket)
}

/// The invocation of a request to `front`.
fn invocation_of(front: &Front, request: &ClientRequest) -> Vec<u8> {
    invocation("id", &front.event(&request.request()).unwrap(), "")
}

/// Invokes the function with a request to a Function URL. Accepts and returns the streamed reply.
async fn invoke(socket: &mut Socket, request: &ClientRequest) -> StreamedReply {
    socket.write(invocation_of(&Front::function_url(), request)).await;
    let reply = StreamedReply::read(socket).await;
    accept(socket).await;
    reply
}

/// Accepts a reply, and waits for the next poll.
async fn accept(socket: &mut Socket) {
    socket.write(ACCEPTED).await;
    socket.poll().await;
}

/// An app that responds to `/stream` with the stream that `make` makes, and to other paths like the probe.
fn stream_app<S>(make: impl Fn() -> S + Clone + Send + Sync + 'static) -> Router
where
    S: Stream<Item = io::Result<Bytes>> + Send + 'static,
{
    Router::new().route("/stream", any(async move || Body::from_stream(make()))).fallback_service(probe::app())
}

/// A stream of one frame, which is not ready at once.
fn frame(text: &'static str) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::once(async {
        sleep(Duration::from_millis(1)).await;
        Ok(Bytes::from_static(text.as_bytes()))
    })
}

/// The progress of the bodies of one app.
#[derive(Debug, Clone, Default)]
struct Progress {
    chunks: Arc<AtomicUsize>,
    is_dropped: Arc<AtomicBool>,
}

impl Progress {
    /// The number of chunks that the app has made.
    fn chunks(&self) -> usize {
        self.chunks.load(SeqCst)
    }

    /// Whether a body was dropped.
    fn is_dropped(&self) -> bool {
        self.is_dropped.load(SeqCst)
    }
}

/// A body that makes chunks as fast as they leave, up to `max_chunks`, and does not end then.
struct Endless {
    progress: Progress,
    max_chunks: usize,
}

impl Stream for Endless {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.progress.chunks() >= self.max_chunks {
            return Poll::Pending;
        }
        self.progress.chunks.fetch_add(1, SeqCst);
        Poll::Ready(Some(Ok(Bytes::from(vec![b'x'; CHUNK_SIZE]))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.progress.is_dropped.store(true, SeqCst);
    }
}

/// An app that responds to `/stream` with an [`Endless`] body.
fn endless_app(max_chunks: usize) -> (Router, Progress) {
    let progress = Progress::default();
    let of_app = progress.clone();
    (stream_app(move || Endless { progress: of_app.clone(), max_chunks }), progress)
}
