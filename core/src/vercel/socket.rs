//! The Unix socket to Vercel. On other operating systems, connecting fails.

#[cfg(unix)]
pub(crate) use tokio::net::UnixStream as Socket;

/// A socket that cannot exist on this operating system.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) enum Socket {}

#[cfg(not(unix))]
impl Socket {
    pub(crate) async fn connect(_: &std::path::Path) -> std::io::Result<Self> {
        Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "this operating system has no Unix sockets"))
    }

    pub(crate) async fn writable(&self) -> std::io::Result<()> {
        match *self {}
    }

    pub(crate) fn try_write(&self, _: &[u8]) -> std::io::Result<usize> {
        match *self {}
    }
}
