//! A TCP socket on the address in the settings.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use tokio::net::TcpListener;

use crate::{Error, Settings};

const DEFAULT_ADDR: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// Listens on the address in the settings, by default on `127.0.0.1:3000`.
///
/// `[::]` accepts IPv4 too, unless the operating system separates them: Windows does, and Linux with `net.ipv6.bindv6only`.
pub(in crate::server) async fn bind_tcp(settings: &Settings) -> Result<TcpListener, Error> {
    let addr = settings.addr.unwrap_or(DEFAULT_ADDR);
    let error = match TcpListener::bind(addr).await {
        Ok(listener) => return Ok(listener),
        Err(error) => error,
    };
    match ipv4_instead(addr, &error).filter(|_| settings.prefers_ipv6) {
        Some(addr) => TcpListener::bind(addr).await.map_err(|error| cannot_listen(addr, &error)),
        None => Err(cannot_listen(addr, &error)),
    }
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
    use super::*;

    #[test]
    fn falls_back_to_ipv4_only_without_ipv6() {
        let instead = |addr: &str, kind| ipv4_instead(addr.parse().unwrap(), &io::Error::from(kind));
        assert_eq!(instead("[::]:80", io::ErrorKind::AddrNotAvailable), Some(([0, 0, 0, 0], 80).into()));
        assert_eq!(instead("[::]:80", io::ErrorKind::AddrInUse), None);
        assert_eq!(instead("[::]:80", io::ErrorKind::PermissionDenied), None);
        assert_eq!(instead("[::1]:80", io::ErrorKind::AddrNotAvailable), None);
    }
}
