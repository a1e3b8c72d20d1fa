//! The socket, where there is such.

#[cfg(unix)]
pub(crate) use tokio::net::UnixStream as Socket;

/// Stands for it where there is none.
#[cfg(not(unix))]
#[derive(Debug)]
pub(crate) enum Socket {}

#[cfg(not(unix))]
impl Socket {
    pub(crate) async fn connect(_: &std::path::Path) -> std::io::Result<Self> {
        Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "there are no such sockets on this operating system"))
    }

    pub(crate) async fn writable(&self) -> std::io::Result<()> {
        match *self {}
    }

    pub(crate) fn try_write(&self, _: &[u8]) -> std::io::Result<usize> {
        match *self {}
    }
}
