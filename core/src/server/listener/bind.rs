//! A TCP socket on the address in the settings.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::{TcpListener, TcpSocket};

use crate::{Error, Settings};

/// The number of connections that may wait in the kernel, which has a limit of its own: `net.core.somaxconn`, 4096 on Linux.
///
/// With the 128 of the standard library and tokio, the kernel drops the packets of a burst, and those clients try again after seconds.
const BACKLOG: u32 = 4096;
const DEFAULT_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// Listens on the address in the settings, by default on `127.0.0.1:3000`.
///
/// `[::]` accepts IPv4 too, unless the operating system separates them: Windows does, and Linux with `net.ipv6.bindv6only`.
pub(in crate::server) fn bind_tcp(settings: &Settings) -> Result<TcpListener, Error> {
    let addr = settings.addr.unwrap_or(DEFAULT_ADDR);
    let error = match listen(addr) {
        Ok(listener) => return Ok(listener),
        Err(error) => error,
    };
    match ipv4_instead(addr, &error).filter(|_| settings.prefers_ipv6) {
        Some(addr) => listen(addr).map_err(|error| cannot_listen(addr, &error)),
        None => Err(cannot_listen(addr, &error)),
    }
}

/// Listens as `TcpListener::bind` does, with a longer backlog, and with TCP keepalive for the connections: a client that disappears must
/// not keep its slot.
fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows this option would let two processes listen on one port.
    if cfg!(not(windows)) {
        socket.set_reuseaddr(true)?;
    }
    // Connections inherit it.
    socket.set_keepalive(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// The IPv4 address to listen on if the machine has no IPv6.
fn ipv4_instead(addr: SocketAddr, error: &io::Error) -> Option<SocketAddr> {
    let is_about_the_port = matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied);
    let is_possible = addr.ip() == Ipv6Addr::UNSPECIFIED && !is_about_the_port;
    is_possible.then(|| (Ipv4Addr::UNSPECIFIED, addr.port()).into())
}

/// The error of a socket that cannot listen, with the fix.
fn cannot_listen(addr: SocketAddr, error: &io::Error) -> Error {
    let kind = error.kind();
    let cause = match kind {
        io::ErrorKind::AddrInUse => {
            "address already in use; stop the other process, or set LODGER_ADDR or PORT".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "permission denied; set LODGER_ADDR or PORT to a port of at least 1024".to_owned()
        }
        _ => format!("{error}; set LODGER_ADDR or PORT to an address of this machine"),
    };
    // The cause is not in the message too: `Debug` prints both.
    Error::listen(format!("cannot listen on {addr}")).with_source(io::Error::new(kind, cause))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn falls_back_to_ipv4_only_without_ipv6() {
        let instead = |addr: &str, kind| ipv4_instead(addr.parse().unwrap(), &io::Error::from(kind));
        assert_eq!(instead("[::]:80", io::ErrorKind::AddrNotAvailable), Some(([0, 0, 0, 0], 80).into()));
        assert_eq!(instead("[::]:80", io::ErrorKind::AddrInUse), None);
        assert_eq!(instead("[::]:80", io::ErrorKind::PermissionDenied), None);
        assert_eq!(instead("[::1]:80", io::ErrorKind::AddrNotAvailable), None);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_burst_of_connections_waits_in_the_kernel() {
        let somaxconn: usize = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
        let listener = bind_tcp(&Settings { addr: Some(([127, 0, 0, 1], 0).into()), ..Settings::default() }).unwrap();
        let addr = listener.local_addr().unwrap();
        let mut clients = vec![];
        for _ in 0..somaxconn.min(300) {
            let connecting = tokio::time::timeout(Duration::from_secs(20), tokio::net::TcpStream::connect(addr));
            clients.push(connecting.await.expect("the backlog is full").unwrap());
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn connections_have_a_keepalive_timer() {
        let listener = bind_tcp(&Settings { addr: Some(([127, 0, 0, 1], 0).into()), ..Settings::default() }).unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let _server = listener.accept().await.unwrap();
        // Local address, peer, state, queues and timer: 2 is the timer of keepalive.
        let (local, peer) = (format!(":{port:04X}"), format!(":{:04X}", client.local_addr().unwrap().port()));
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let row = rows.find(|row| row[1].ends_with(&local) && row[2].ends_with(&peer)).unwrap();
        assert!(row[5].starts_with("02:"), "{row:?}");
    }
}
