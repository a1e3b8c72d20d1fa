//! The socket that systemd passes to a service: [`sd_listen_fds(3)`][man].
//!
//! [man]: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html

use std::{
    io,
    net::{TcpListener, UdpSocket},
    os::{fd::OwnedFd, unix::net::UnixListener},
    sync::atomic::{AtomicBool, Ordering},
};

use super::ServerListener;
use crate::Error;

/// Whether the sockets of this process have an owner. Each file descriptor may be taken once.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

/// Takes the socket that systemd has passed to this process.
///
/// # Errors
/// Systemd has passed several sockets, or one that does not accept connections, or another server of the process has the socket.
pub(super) fn take() -> Result<ServerListener, Error> {
    if IS_TAKEN.swap(true, Ordering::Relaxed) {
        return Err(Error::listen(
            "cannot listen on the socket of systemd: another server of this process listens on it; set the address of the second \
             server with Lodger::listener",
        ));
    }
    let sockets =
        sd_listen_fds::get().map_err(|error| invalid("LISTEN_PID or LISTEN_FDS is not a number").with_source(error))?;
    let count = sockets.len();
    let mut sockets = sockets.into_iter();
    match (sockets.next(), sockets.next()) {
        (Some((_, socket)), None) => listener(socket.into_std()),
        _ => Err(invalid(&format!(
            "received {count} sockets, expected 1; keep one ListenStream= in the .socket unit, or set LODGER_ADDR"
        ))),
    }
}

fn listener(socket: OwnedFd) -> Result<ServerListener, Error> {
    let (socket, accepts) = accepts_connections(socket);
    if !accepts {
        return Err(invalid(
            "received a socket that accepts no connections; use ListenStream= without Accept=yes in the .socket unit",
        ));
    }
    into_listener(socket)
        .map_err(|error| invalid("expected a TCP or Unix socket in the .socket unit").with_source(error))
}

/// Whether the socket accepts connections, and neither has another end nor receives datagrams.
///
/// A socket that can receive data has data or waits for it. A listener returns another error, for any family.
fn accepts_connections(socket: OwnedFd) -> (OwnedFd, bool) {
    let socket = UdpSocket::from(socket);
    let received = socket.set_nonblocking(true).and_then(|()| socket.peek(&mut [0]));
    let is_receiver = received.map_or_else(|error| error.kind() == io::ErrorKind::WouldBlock, |_| true);
    (socket.into(), !is_receiver)
}

fn into_listener(socket: OwnedFd) -> io::Result<ServerListener> {
    // Systemd passes sockets without the flag close-on-exec. A clone has it, so that child processes do not inherit the socket.
    let socket = socket.try_clone()?;
    let tcp = TcpListener::from(socket);
    if tcp.local_addr().is_ok() {
        tcp.set_nonblocking(true)?;
        return tokio::net::TcpListener::from_std(tcp).map(ServerListener::Tcp);
    }
    let unix = UnixListener::from(OwnedFd::from(tcp));
    unix.local_addr()?;
    unix.set_nonblocking(true)?;
    tokio::net::UnixListener::from_std(unix).map(ServerListener::Unix)
}

fn invalid(cause: &str) -> Error {
    Error::listen(format!("cannot listen on the socket of systemd: {cause}"))
}
