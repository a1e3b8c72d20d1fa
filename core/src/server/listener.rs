//! The socket that the server listens on.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::{Error, log};

/// The error of a socket that cannot listen, with the fix.
pub(super) fn cannot_listen(addr: SocketAddr, error: &io::Error) -> Error {
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

/// Accepts the next connection. Errors of a single connection are ignored: only its client is affected.
pub(super) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                // Small responses must not wait for the acknowledgement of earlier packets.
                let _ = socket.set_nodelay(true);
                return (socket, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Most likely there are no file descriptors left, and other connections will close.
                log::error!("cannot accept a connection: {error}; retrying in a second");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
