//! Detects when a response has been sent: when the last byte has left, and not when the body has been read. Reports the activity of
//! the client.

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
    server::{
        activity::Activity, connection_slots::ConnectionSlot, listener::ServerSocket, request_guard::RequestGuard,
    },
};

/// The requests of one connection whose responses hyper has read and not yet flushed, and the activity of the connection.
#[derive(Clone, Default)]
pub(crate) struct PendingFlush(Arc<PendingGuards>);

#[derive(Default)]
struct PendingGuards {
    guards: Mutex<Vec<RequestGuard>>,
    /// Lets a flush without guards skip the lock. Almost all flushes have none.
    is_some: AtomicBool,
    activity: Activity,
}

impl PendingFlush {
    pub(crate) fn activity(&self) -> &Activity {
        &self.0.activity
    }

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
        // `None` for HTTP/2.
        response: Option<BegunResponse>,
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

/// A response of HTTP/1.1, which ends on drop.
struct BegunResponse(PendingFlush);

impl BegunResponse {
    fn new(connection: PendingFlush) -> Self {
        connection.activity().begin_response();
        Self(connection)
    }
}

impl Drop for BegunResponse {
    fn drop(&mut self) {
        self.0.activity().end_response();
    }
}

impl<B> TrackedBody<B> {
    pub(crate) fn new(body: B, guard: RequestGuard, pending: Option<&PendingFlush>) -> Self {
        let is_awaited = guard.is_awaited();
        let guard = (is_awaited || guard.has_scope())
            .then(|| DeferredGuard { guard, pending: pending.filter(|_| is_awaited).cloned() });
        Self { body: Some(body), guard, response: pending.cloned().map(BegunResponse::new) }
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
    /// Returned when the socket closes, also after an upgrade.
    _slot: Option<ConnectionSlot>,
}

impl FlushTracker {
    pub(crate) fn new(socket: ServerSocket, pending: PendingFlush, slot: Option<ConnectionSlot>) -> Self {
        Self { socket, pending, _slot: slot }
    }

    /// Reports the result of a write.
    fn report_write(&self, written: &Poll<io::Result<usize>>) {
        match written {
            Poll::Ready(_) => self.pending.activity().sent(),
            Poll::Pending => self.pending.activity().block_write(),
        }
    }
}

impl Drop for FlushTracker {
    fn drop(&mut self) {
        // Otherwise the kernel would keep the bytes that the client does not read, up to some megabytes, for minutes.
        if self.pending.activity().is_abandoned() {
            self.socket.reset_on_close();
        }
    }
}

impl AsyncRead for FlushTracker {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let filled = buf.filled().len();
        match Pin::new(&mut self.socket).poll_read(cx, buf) {
            Poll::Ready(read) => read?,
            Poll::Pending => {
                self.pending.activity().block_read();
                return Poll::Pending;
            }
        }
        if let Some(received) = buf.filled().get(filled..).filter(|received| !received.is_empty()) {
            self.pending.activity().received(received);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FlushTracker {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, buf);
        self.report_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bufs);
        self.report_write(&written);
        written
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
