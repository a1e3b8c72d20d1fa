//! The socket that the server listens on.

mod bind;
mod socket;
#[cfg(target_os = "linux")]
mod systemd;
#[cfg(unix)]
mod unix;

use std::{fmt, io, net::SocketAddr, time::Duration};

#[cfg(unix)]
use std::path::PathBuf;

use tokio::{net::TcpListener, time::sleep};

#[cfg(unix)]
pub(super) use self::unix::SocketFile;
pub(super) use self::{bind::bind_tcp, socket::ServerSocket};
use crate::{Error, Settings, log};

/// A listening socket.
#[derive(Debug)]
pub(super) enum ServerListener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

/// A listening socket in non-blocking mode, for a framework that runs its own server.
#[derive(Debug)]
#[non_exhaustive]
pub enum StdListener {
    /// A TCP socket.
    Tcp(std::net::TcpListener),
    /// A Unix socket, from `LODGER_ADDR` or systemd.
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixListener),
}

/// The address of a listener.
#[derive(Debug, Clone)]
pub(super) enum LocalAddr {
    Tcp(SocketAddr),
    /// `None` for a socket without a path.
    #[cfg(unix)]
    Unix(Option<PathBuf>),
}

/// A listener, its address, and the file of a Unix socket that Lodger has created.
#[derive(Debug)]
pub(super) struct BoundListener {
    pub(super) listener: ServerListener,
    pub(super) addr: LocalAddr,
    #[cfg(unix)]
    pub(super) file: Option<SocketFile>,
}

/// Listens on the address in the settings.
pub(super) async fn bind(settings: &Settings) -> Result<BoundListener, Error> {
    #[cfg(target_os = "linux")]
    if settings.systemd_socket {
        return BoundListener::new(systemd::take()?);
    }
    #[cfg(unix)]
    if let Some(path) = &settings.unix_socket {
        let (listener, file) = unix::bind(path).await?;
        return Ok(BoundListener { file: Some(file), ..BoundListener::new(ServerListener::Unix(listener))? });
    }
    BoundListener::new(ServerListener::Tcp(bind_tcp(settings)?))
}

impl BoundListener {
    pub(super) fn new(listener: ServerListener) -> Result<Self, Error> {
        let addr = listener
            .local_addr()
            .map_err(|error| Error::listen("cannot read the address of the listener").with_source(error))?;
        Ok(Self {
            listener,
            addr,
            #[cfg(unix)]
            file: None,
        })
    }
}

impl ServerListener {
    fn local_addr(&self) -> io::Result<LocalAddr> {
        Ok(match self {
            Self::Tcp(listener) => LocalAddr::Tcp(listener.local_addr()?),
            #[cfg(unix)]
            Self::Unix(listener) => LocalAddr::Unix(listener.local_addr()?.as_pathname().map(Into::into)),
        })
    }

    /// Accepts the next connection, and returns the address of the client. Errors of a single connection are ignored: only its
    /// client is affected.
    pub(super) async fn accept(&self) -> (ServerSocket, SocketAddr) {
        loop {
            match self.try_accept().await {
                Ok(accepted) => return accepted,
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    // Most likely there are no file descriptors left, and other connections will close.
                    log::error!("cannot accept a connection: {error}; retrying in a second");
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn try_accept(&self) -> io::Result<(ServerSocket, SocketAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (socket, peer) = listener.accept().await?;
                // Small responses must not wait for the acknowledgement of earlier packets.
                let _ = socket.set_nodelay(true);
                Ok((ServerSocket::Tcp(socket), peer))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (socket, _) = listener.accept().await?;
                Ok((ServerSocket::Unix(socket), crate::ClientAddr::UNKNOWN.0))
            }
        }
    }

    pub(super) fn into_std(self) -> io::Result<StdListener> {
        Ok(match self {
            Self::Tcp(listener) => StdListener::Tcp(listener.into_std()?),
            #[cfg(unix)]
            Self::Unix(listener) => StdListener::Unix(listener.into_std()?),
        })
    }
}

impl LocalAddr {
    /// The address of a TCP socket. A Unix socket has none.
    pub(super) fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(addr) => Some(*addr),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for LocalAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(addr) => write!(f, "http://{addr}"),
            #[cfg(unix)]
            Self::Unix(Some(path)) => write!(f, "unix:{}", path.display()),
            #[cfg(unix)]
            Self::Unix(None) => f.write_str("a Unix socket"),
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
