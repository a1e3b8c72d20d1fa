//! Half-open connections: the other end is gone, and nothing says so.
//!
//! Without this a poll on such a connection would wait for ever, as the wait for an event has no timeout of its own.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// A connection that receives nothing for so long is probed.
pub(crate) const IDLE: Duration = Duration::from_secs(30);
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);
/// A connection is closed after so many probes without an acknowledgement.
pub(crate) const PROBES: u32 = 3;
/// Sent data may wait for its acknowledgement for so long. While it waits, the operating system sends no probes, and would try
/// again for a quarter of an hour.
#[cfg(target_os = "linux")]
pub(crate) const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Has the operating system close the connection about a minute after the other end is gone.
///
/// An error is ignored, because a connection works without.
pub(crate) fn enable(socket: &TcpStream) {
    let keep_alive = TcpKeepalive::new().with_time(IDLE);
    // OpenBSD and others have no such options for a single socket.
    #[cfg(any(target_os = "linux", target_os = "macos", windows))]
    let keep_alive = keep_alive.with_interval(INTERVAL).with_retries(PROBES);
    let _ = SockRef::from(socket).set_tcp_keepalive(&keep_alive);
    limit_unacknowledged(socket, true);
}

/// Whether the connection is closed if sent data is not taken within [`UNACKNOWLEDGED`]. A reader that is alive may take longer
/// than that: the client of a stream decides.
pub(crate) fn limit_unacknowledged(socket: &TcpStream, is_limited: bool) {
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(socket).set_tcp_user_timeout(is_limited.then_some(UNACKNOWLEDGED));
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, is_limited);
}
