//! Detects when a response has been sent: when the last byte has left, and not when the body has been read.

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
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::{
    BoxError,
    server::{listener::ServerSocket, request_guard::RequestGuard},
};

/// The requests of one connection whose responses hyper has read and not yet flushed.
#[derive(Clone, Default)]
pub(crate) struct PendingFlush(Arc<PendingGuards>);

#[derive(Default)]
struct PendingGuards {
    guards: Mutex<Vec<RequestGuard>>,
    /// Lets a flush without guards skip the lock. Almost all flushes have none.
    is_some: AtomicBool,
}

impl PendingFlush {
    fn push(&self, guard: RequestGuard) {
        let mut guards = self.0.guards.lock().unwrap_or_else(PoisonError::into_inner);
        guards.push(guard);
        self.0.is_some.store(true, Ordering::Release);
    }

    /// Drops the guards after a flush.
    fn flushed(&self) {
        if !self.0.is_some.load(Ordering::Acquire) {
            return;
        }
        let mut guards = self.0.guards.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.is_some.store(false, Ordering::Release);
        let sent = take(&mut *guards);
        // Not under the lock: dropping a guard may run code of the app.
        drop(guards);
        drop(sent);
    }
}

pin_project! {
    /// A response body with the guard of its request.
    pub(crate) struct TrackedBody<B> {
        // `None` after a panic.
        #[pin]
        body: Option<B>,
        // Dropped after the body, whose destructor is code of the app. `None` if the guard has no effect.
        guard: Option<DeferredGuard>,
    }

    impl<B> PinnedDrop for TrackedBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(guard) = this.guard {
                guard.guard.drop_body(this.body);
            }
        }
    }
}

/// A wrapper that moves its guard to `pending` on drop, if there is one.
struct DeferredGuard {
    guard: RequestGuard,
    pending: Option<PendingFlush>,
}

impl<B> TrackedBody<B> {
    pub(crate) fn new(body: B, guard: RequestGuard, pending: Option<&PendingFlush>) -> Self {
        let is_awaited = guard.is_awaited();
        let guard = (is_awaited || guard.has_scope())
            .then(|| DeferredGuard { guard, pending: pending.filter(|_| is_awaited).cloned() });
        Self { body: Some(body), guard }
    }
}

impl Drop for DeferredGuard {
    fn drop(&mut self) {
        if let Some(pending) = &self.pending {
            pending.push(take(&mut self.guard));
        }
    }
}

impl<B> Body for TrackedBody<B>
where
    B: Body<Error: Into<BoxError>>,
{
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.project();
        match this.guard {
            Some(guard) => guard.guard.poll_body(this.body, |body| body.poll_frame(cx)),
            None => match this.body.as_pin_mut() {
                Some(body) => body.poll_frame(cx).map_err(Into::into),
                None => Poll::Ready(None),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

/// A socket that drops the pending guards after each flush.
///
/// hyper flushes the socket after writing everything that was read from bodies. So the response of every guard that is pending by
/// then has been sent.
pub(crate) struct FlushTracker {
    socket: ServerSocket,
    pending: PendingFlush,
}

impl FlushTracker {
    pub(crate) fn new(socket: ServerSocket, pending: PendingFlush) -> Self {
        Self { socket, pending }
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
        self.pending.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
