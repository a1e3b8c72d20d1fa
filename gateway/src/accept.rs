//! Connections of a listener.

use std::{net::SocketAddr, time::Duration};

use tokio::net::{TcpListener, TcpStream};

/// The pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts the next connection, and the address of its client.
///
/// A failed accept does not end the server. The cause is usually too many open files, until some are closed.
pub(crate) async fn accept_connection(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((socket, client)) => {
                // Small responses are sent at once.
                let _ = socket.set_nodelay(true);
                return (socket, client);
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
