//! When a response has been sent: not when its body has been read, but when the last byte has left.

use std::{
    io::{self, IoSlice},
    mem::take,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use crate::{BoxError, server::request_guard::RequestGuard};

/// The requests of one connection whose responses hyper has in hand and not yet sent.
#[derive(Clone, Default)]
pub(crate) struct PendingFlush(Arc<Inner>);

#[derive(Default)]
struct Inner {
    passes: Mutex<Vec<RequestGuard>>,
    /// Whether there is any, so that a flush with none, as almost every one is, needs no lock.
    is_some: AtomicBool,
}

impl PendingFlush {
    fn push(&self, pass: RequestGuard) {
        let mut passes = self.0.passes.lock().unwrap_or_else(PoisonError::into_inner);
        passes.push(pass);
        self.0.is_some.store(true, Ordering::Release);
    }

    fn have_been_sent(&self) {
        if !self.0.is_some.load(Ordering::Acquire) {
            return;
        }
        let mut passes = self.0.passes.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.is_some.store(false, Ordering::Release);
        let sent = take(&mut *passes);
        // Without the lock: what is done then may be the app's.
        drop(passes);
        drop(sent);
    }
}

pin_project! {
    /// The body of a response, with the pass of its request.
    pub(crate) struct GuardedBody<B> {
        // None once it has panicked.
        #[pin]
        body: Option<B>,
        // Dropped after the body, whose destructor is the app's.
        pass: DeferredGuard,
    }

    impl<B> PinnedDrop for GuardedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.pass.0.drop_body(this.body);
        }
    }
}

/// A pass that is handed on when this is dropped, if anybody waits for it.
struct DeferredGuard(RequestGuard, Option<PendingFlush>);

impl<B> GuardedBody<B> {
    pub(crate) fn new(body: B, pass: RequestGuard, unsent: Option<&PendingFlush>) -> Self {
        let unsent = unsent.filter(|_| pass.is_awaited()).cloned();
        Self { body: Some(body), pass: DeferredGuard(pass, unsent) }
    }
}

impl Drop for DeferredGuard {
    fn drop(&mut self) {
        if let Some(unsent) = &self.1 {
            unsent.push(take(&mut self.0));
        }
    }
}

impl<B> Body for GuardedBody<B>
where
    B: Body<Error: Into<BoxError>>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.project();
        this.pass.0.poll_body(this.body, |body| body.poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

/// A socket that knows when all has been sent: hyper flushes it once it has written whatever it had in hand, and what comes
/// to its end before that is in it.
pub(crate) struct FlushTracker {
    socket: TcpStream,
    unsent: PendingFlush,
}

impl FlushTracker {
    pub(crate) fn new(socket: TcpStream, unsent: PendingFlush) -> Self {
        Self { socket, unsent }
    }
}

impl AsyncRead for FlushTracker {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for FlushTracker {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
        self.unsent.have_been_sent();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
