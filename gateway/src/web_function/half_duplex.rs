//! A connection that reads no response before the whole request has been sent.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Whether the request body is complete, and the task that waits for that.
#[derive(Debug, Default)]
pub(super) struct Gate {
    is_open: AtomicBool,
    waiting: Mutex<Option<Waker>>,
}

impl Gate {
    fn open(&self) {
        self.is_open.store(true, SeqCst);
        if let Some(waiting) = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waiting.wake();
        }
    }

    /// Registers the task before it checks, so that no wake-up is lost.
    fn poll_open(&self, cx: &Context<'_>) -> Poll<()> {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
        if self.is_open.load(SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// A socket that reads once the request body is complete.
#[derive(Debug)]
pub(super) struct HalfDuplex {
    socket: TcpStream,
    gate: Arc<Gate>,
    /// Whether bytes of the request are still in the buffer of the client.
    is_flushed: bool,
}

impl HalfDuplex {
    pub(super) fn new(socket: TcpStream) -> (Self, Arc<Gate>) {
        let gate = Arc::<Gate>::default();
        (Self { socket, gate: Arc::clone(&gate), is_flushed: true }, gate)
    }
}

impl AsyncRead for HalfDuplex {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        ready!(self.gate.poll_open(cx));
        if !self.is_flushed {
            // The next flush wakes the task.
            return Poll::Pending;
        }
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for HalfDuplex {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.is_flushed = false;
        Pin::new(&mut self.socket).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.socket).poll_flush(cx));
        if !self.is_flushed {
            self.is_flushed = true;
            cx.waker().wake_by_ref();
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// A request body that opens the gate at its end.
#[derive(Debug)]
pub(super) struct RequestBody<B> {
    body: Pin<Box<B>>,
    gate: Arc<Gate>,
}

impl<B: Body> RequestBody<B> {
    pub(super) fn new(body: B, gate: Arc<Gate>) -> Self {
        if body.is_end_stream() {
            gate.open();
        }
        Self { body: Box::pin(body), gate }
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(self.body.as_mut().poll_frame(cx));
        if frame.is_none() || self.body.is_end_stream() {
            self.gate.open();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
