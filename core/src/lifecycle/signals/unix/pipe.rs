use std::{
    io,
    os::unix::net::UnixStream as StdUnixStream,
    pin::Pin,
    task::{Context, Poll, ready},
};

use signal_hook::{SigId, low_level};
use tokio::{
    io::{AsyncRead as _, ReadBuf},
    net::UnixStream,
};

/// A socket that receives a byte for each signal of one number.
///
/// `tokio::signal` does the same for all signals together: with its feature, every runtime of the program prepares for 64 signals at its
/// start. Those are 24 KB of memory, 20,000 instructions and four system calls, also in a process that listens for no signal.
pub(super) struct SignalPipe {
    socket: UnixStream,
    /// The handler that writes to the other end.
    handler: SigId,
}

impl SignalPipe {
    /// # Errors
    /// The operating system does not support the signal, or has no handle left.
    ///
    /// # Panics
    /// Outside a Tokio runtime with I/O enabled.
    pub(super) fn new(number: i32) -> io::Result<Self> {
        let (socket, handler_end) = StdUnixStream::pair()?;
        socket.set_nonblocking(true)?;
        let socket = UnixStream::from_std(socket)?;
        Ok(Self { socket, handler: low_level::pipe::register(number, handler_end)? })
    }

    /// Waits for a signal. Signals that arrive together count as one.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut bytes = [0; 64];
        match ready!(Pin::new(&mut self.socket).poll_read(cx, &mut ReadBuf::new(&mut bytes))) {
            Ok(()) => Poll::Ready(()),
            // The runtime has shut down, so that no task waits for a signal any more.
            Err(_) => Poll::Pending,
        }
    }
}

impl Drop for SignalPipe {
    fn drop(&mut self) {
        low_level::unregister(self.handler);
    }
}
