//! Detects half-open connections: the peer is gone, but no packet has reported that.
//!
//! Without keep-alive a poll on such a connection would never end, because polls have no timeout.

use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

/// The operating system probes a connection that has received nothing for this long.
pub(super) const IDLE: Duration = Duration::from_secs(30);
/// The time between two probes.
pub(super) const INTERVAL: Duration = Duration::from_secs(10);
/// The operating system closes the connection after this many probes without an acknowledgement.
pub(super) const PROBES: u32 = 3;
/// The operating system closes the connection if sent data is not acknowledged for this long. While data waits, the system
/// sends no probes, and its own limit is a quarter of an hour.
#[cfg(target_os = "linux")]
pub(super) const UNACKNOWLEDGED: Duration = Duration::from_secs(60);

/// Makes the operating system close the connection about a minute after the peer is gone.
///
/// Ignores errors: a connection works without keep-alive.
pub(super) fn enable(socket: &TcpStream) {
    let keep_alive = TcpKeepalive::new().with_time(IDLE);
    // OpenBSD and others have no such options for a single socket.
    #[cfg(any(target_os = "linux", target_os = "macos", windows))]
    let keep_alive = keep_alive.with_interval(INTERVAL).with_retries(PROBES);
    let _ = SockRef::from(socket).set_tcp_keepalive(&keep_alive);
    limit_unacknowledged(socket, true);
}

/// Sets or removes the limit [`UNACKNOWLEDGED`]. A stream needs none: its client may read slowly.
pub(super) fn limit_unacknowledged(socket: &TcpStream, is_limited: bool) {
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(socket).set_tcp_user_timeout(is_limited.then_some(UNACKNOWLEDGED));
    #[cfg(not(target_os = "linux"))]
    let _ = (socket, is_limited);
}
