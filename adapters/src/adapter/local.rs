//! Apps that stay on the thread that built them, as one app that is `Send`.

use std::{
    future::poll_fn,
    num::NonZeroUsize,
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
    thread,
};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::{Either, Full};
use tokio::{
    runtime::Builder,
    sync::{
        mpsc::{self, error::TrySendError},
        oneshot,
    },
    task::{LocalSet, spawn_local},
};
use tracing::{Instrument as _, Span};

use lodger_core::{App, BoxError, Error, Request};

use super::{response::text_response, server_error};

/// The maximum number of requests that wait for one thread. A thread takes a request from its queue at once, unless a handler blocks
/// the thread, so that a longer queue would only delay responses. One entry takes less than a kilobyte, and the body of an event.
const MAX_QUEUED: usize = 4096;

/// Sends each request to one of several threads that have an app of their own.
#[derive(Clone)]
pub(crate) struct LocalApp {
    threads: Arc<[mpsc::Sender<LocalRequest>]>,
    next: Arc<AtomicUsize>,
}

struct LocalRequest {
    request: Request,
    response: oneshot::Sender<Response<LocalBody>>,
    span: Span,
}

impl LocalApp {
    /// Builds an app on as many threads as there are processors, and at most `max` of them.
    pub(crate) async fn start<A: App>(
        build: impl AsyncFn() -> Result<A, Error> + Clone + Send + 'static,
        max: usize,
    ) -> Result<Self, Error> {
        let count = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(max).max(1);
        let (mut threads, mut built) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for _ in 0..count {
            // Lambda limits the requests in flight, but a server does not.
            let (sender, requests) = mpsc::channel(MAX_QUEUED);
            built.push(start_thread(build.clone(), requests)?);
            threads.push(sender);
        }
        for built in built {
            built
                .await
                .unwrap_or_else(|_| Err(Error::build("cannot build the app: the thread of the app panicked")))?;
        }
        Ok(Self { threads: threads.into(), next: Arc::default() })
    }
}

/// Starts a thread that builds an app and responds to `requests`. The receiver returns the result of `build`.
fn start_thread<A: App>(
    build: impl AsyncFn() -> Result<A, Error> + Send + 'static,
    requests: mpsc::Receiver<LocalRequest>,
) -> Result<oneshot::Receiver<Result<(), Error>>, Error> {
    let cannot_start = |error| Error::new("cannot start a thread for the app").with_source(error);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(cannot_start)?;
    let (result, built) = oneshot::channel();
    let run = move || LocalSet::new().block_on(&runtime, respond_to_all(build, result, requests));
    let spawned = thread::Builder::new().name("lodger-local".to_owned()).spawn(run);
    spawned.map(|_| built).map_err(cannot_start)
}

/// Builds an app, and responds to requests until no more can come.
async fn respond_to_all<A: App>(
    build: impl AsyncFn() -> Result<A, Error>,
    result: oneshot::Sender<Result<(), Error>>,
    mut requests: mpsc::Receiver<LocalRequest>,
) {
    let app = match build().await {
        Ok(app) => Rc::new(app),
        Err(error) => return drop(result.send(Err(error))),
    };
    let _ = result.send(Ok(()));
    while let Some(LocalRequest { request, response, span }) = requests.recv().await {
        // The client may have left while the request was in the queue.
        if response.is_closed() {
            continue;
        }
        spawn_local(respond(Rc::clone(&app), request, response).instrument(span));
    }
}

/// Sends the response of `app`, then the frames of its body. Ends early if the client has gone.
async fn respond<A: App>(app: Rc<A>, request: Request, mut sender: oneshot::Sender<Response<LocalBody>>) {
    let response = {
        let mut response = pin!(app.call(request));
        poll_fn(|cx| match sender.poll_closed(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => response.as_mut().poll(cx).map(Some),
        })
        .await
    };
    let Some(response) = response else { return };
    let (frames, receiver) = mpsc::channel(1);
    let (parts, body) = response.into_parts();
    let mut body = pin!(body);
    let local = LocalBody { frames: receiver, remaining: body.size_hint().exact(), is_end: body.is_end_stream() };
    if sender.send(Response::from_parts(parts, local)).is_err() {
        return;
    }
    loop {
        let frame = {
            let mut closed = pin!(frames.closed());
            poll_fn(|cx| match closed.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => body.as_mut().poll_frame(cx),
            })
            .await
        };
        let is_last = !matches!(frame, Some(Ok(_)));
        let frame = frame.map(|frame| frame.map_err(Into::into));
        if frames.send(frame).await.is_err() || is_last {
            return;
        }
    }
}

impl LocalApp {
    /// Sends a request to the next thread that has room in its queue.
    fn send(&self, mut request: LocalRequest) -> Result<(), SendError> {
        let mut result = Err(SendError::NoThread);
        let first = self.next.fetch_add(1, Relaxed) % self.threads.len().max(1);
        let (before, after) = self.threads.split_at(first);
        for thread in after.iter().chain(before) {
            request = match thread.try_send(request) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(request)) => {
                    result = Err(SendError::Full);
                    request
                }
                // The thread has panicked outside of any request.
                Err(TrySendError::Closed(request)) => request,
            };
        }
        result
    }
}

/// The reason why no thread takes a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SendError {
    Full,
    NoThread,
}

impl SendError {
    /// Logs the error and returns the response.
    fn response(self) -> Response<Full<Bytes>> {
        match self {
            Self::Full => {
                lodger_core::log(
                    tracing::Level::ERROR,
                    format_args!(
                        "cannot pass a request to the app: {MAX_QUEUED} requests wait for each thread; responding with 503"
                    ),
                );
                text_response(StatusCode::SERVICE_UNAVAILABLE, "service unavailable")
            }
            Self::NoThread => server_error("every thread of the app has panicked"),
        }
    }
}

impl App for LocalApp {
    type Body = Either<LocalBody, Full<Bytes>>;
    type Future = Pin<Box<dyn Future<Output = Response<Self::Body>> + Send>>;

    fn call(&self, request: Request) -> Self::Future {
        let (sender, response) = oneshot::channel();
        let sent = self.send(LocalRequest { request, response: sender, span: Span::current() });
        Box::pin(async move {
            if let Err(error) = sent {
                return error.response().map(Either::Right);
            }
            match response.await {
                Ok(response) => response.map(Either::Left),
                Err(_) => server_error("the app panicked").map(Either::Right),
            }
        })
    }
}

/// A body whose frames come from another thread.
pub(crate) struct LocalBody {
    /// `None` is the end of the body. If the channel closes before that, the body has panicked.
    frames: mpsc::Receiver<Option<Result<Frame<Bytes>, BoxError>>>,
    /// The exact size of the rest, if known.
    remaining: Option<u64>,
    is_end: bool,
}

impl http_body::Body for LocalBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.is_end {
            return Poll::Ready(None);
        }
        let frame = match ready!(self.frames.poll_recv(cx)) {
            Some(frame) => frame,
            None => Some(Err("the app panicked".into())),
        };
        match &frame {
            Some(Ok(frame)) => {
                let sent = frame.data_ref().map_or(0, |data| data.len() as u64);
                self.remaining = self.remaining.map(|size| size.saturating_sub(sent));
            }
            _ => self.is_end = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_end
    }

    fn size_hint(&self) -> SizeHint {
        self.remaining.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

#[cfg(test)]
mod tests;
