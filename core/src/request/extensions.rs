//! What every host tells an app about a request besides the request itself, as extensions.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use bytes::Bytes;

/// Who sent a request, as the platform says, never as the client does. An extension of every request, but
/// under warp's own server, which tells it in a way of its own.
///
/// On a server it is the other end of the connection. On Lambda it is the address that the front saw (port 0, because the
/// event does not tell), on Vercel the one that the platform says (port 0 likewise), and `0.0.0.0:0` where nobody says,
/// as in a test from the console.
///
/// Each framework gets it in its own manner as well: axum as `ConnectInfo<SocketAddr>`.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// # let request: lodger::Request = http::Request::default();
/// let client = request.extensions().get::<lodger::ClientAddr>();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddr(pub SocketAddr);

impl ClientAddr {
    /// Stands for a client that the host knows nothing about, so that an app that asks for one never fails.
    pub const UNKNOWN: Self = Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0));
}

/// What was taken off the front of a request's path: the stage of an API, the prefix of a service on Vercel, the base
/// path that was set, or several of them.
///
/// An extension of those requests whose path was shortened. An app that writes URLs puts it before its own paths, except
/// in `Location`: the host adds it there, unless [that is turned off](crate::Settings::rewrite_location).
/// It begins with a slash, does not end with one, and is percent-encoded as the path is.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// # let request: lodger::Request = http::Request::default();
/// let prefix = request.extensions().get::<lodger::PathPrefix>();
/// let login = format!("{}/login", prefix.map_or("", |prefix| prefix.as_str()));
/// assert_eq!(login, "/login");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPrefix(Bytes);

impl PathPrefix {
    pub(crate) fn new(prefix: Bytes) -> Self {
        Self(prefix)
    }

    /// The prefix, such as `/prod`.
    pub fn as_str(&self) -> &str {
        // It is a part of a path that `http` has accepted, so it is text.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl AsRef<str> for PathPrefix {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for PathPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
