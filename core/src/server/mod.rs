//! The listening host: HTTP/1.1 and HTTP/2 cleartext on one port, as `axum::serve` serves them.
//!
//! Every connection is a task of the user's runtime, so work stealing, `tokio::spawn` and `block_in_place` do in an app
//! what they do under its own server. HTTP upgrades (WebSockets) and streams in both directions pass through.

mod connection;
mod external_server;
mod flush_tracker;
mod ingress;
mod request_guard;
mod service;
mod shutdown_signal;
mod tasks;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::sleep,
};

use crate::{App, Error, Host, Settings, lifecycle::shutdown::Shutdown, log};
use connection::Phase;

pub use external_server::ExternalServer;
pub use ingress::{Admission, Ingress};
pub use request_guard::{GuardedCall, RequestGuard};

/// Where the server listens when nobody says otherwise.
const DEFAULT_ADDR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
pub(crate) const DEFAULT_GRACE: Duration = Duration::from_secs(10);
/// How long a connection without a request may still bring one, once the server ends.
const LAST_CALL: Duration = Duration::from_secs(1);
const DEFAULT_HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// A socket that listens, and what is to be known to serve an app on it.
///
/// # Example
///
/// ```no_run
/// # use lodger_core::{App, Error, Settings, server::Listening};
/// # async fn serve(app: impl App<Future: Send, Body: Send> + Clone + Send) -> Result<(), Error> {
/// Listening::bind(&Settings::default()).await?.serve(app).await
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    gate: Ingress,
    grace: Duration,
    header_timeout: Duration,
    shutdown: Shutdown,
    on_listening: Option<OnListening>,
    tells_vercel_dev: bool,
}

/// Who is told where the server listens.
struct OnListening(Box<dyn FnOnce(SocketAddr) + Send>);

impl fmt::Debug for OnListening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnListening")
    }
}

impl Server {
    /// Listens on the address of `settings`.
    ///
    /// # Errors
    /// The address cannot be listened on: it is in use, not this machine's, or not allowed.
    pub async fn bind(settings: &Settings) -> Result<Self, Error> {
        let addr = settings.addr.unwrap_or(DEFAULT_ADDR);
        let listener = TcpListener::bind(addr).await.map_err(|error| {
            let hint = match error.kind() {
                io::ErrorKind::AddrInUse => "; another process listens there: end it, or set LODGER_ADDR or PORT",
                io::ErrorKind::PermissionDenied => "; ports below 1024 may need rights: set LODGER_ADDR or PORT",
                _ => "; set LODGER_ADDR or PORT to an address of this machine",
            };
            Error::new(format!("cannot listen on {addr}{hint}")).with_source(error)
        })?;
        Self::on(listener, settings)
    }

    /// Listens on a socket of the user's own.
    ///
    /// # Errors
    /// The socket has no address, or the settings have a path that cannot be one.
    pub fn on(listener: TcpListener, settings: &Settings) -> Result<Self, Error> {
        let mut settings = settings.clone();
        settings.normalize()?;
        let addr = listener
            .local_addr()
            .map_err(|error| Error::new("the listener has no address to listen on").with_source(error))?;
        Ok(Self {
            listener,
            addr,
            gate: Ingress::new(&settings),
            grace: settings.grace.unwrap_or(DEFAULT_GRACE),
            header_timeout: settings.header_timeout.unwrap_or(DEFAULT_HEADER_TIMEOUT),
            shutdown: Shutdown::default(),
            on_listening: None,
            tells_vercel_dev: settings.announces_to_vercel_dev,
        })
    }

    /// A port of the loopback address, for the proxy that Vercel is, and for nobody else.
    #[cfg(feature = "vercel")]
    pub(crate) async fn on_vercel(settings: &Settings, vercel: crate::vercel::Front) -> Result<Self, Error> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut listening = Self::bind(&Settings { addr: Some(addr), ..settings.clone() }).await?;
        listening.gate = Ingress::on_vercel(settings, vercel);
        // There is one client, which may keep connections for later, and time may stand still meanwhile.
        listening.header_timeout = Duration::ZERO;
        Ok(listening)
    }

    /// The host that an app is served on: a [server](Host::Server), or one that brings requests over a socket as well.
    pub fn host(&self) -> Host {
        self.gate.host()
    }

    /// Whether the other end of a connection is the client, rather than the proxy of a host.
    pub fn peers_are_clients(&self) -> bool {
        self.gate.peers_are_clients()
    }

    /// Ends when `shutdown` says so, in place of SIGTERM and Ctrl-C.
    #[must_use]
    pub fn until(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// Calls `tell` once the app is served, with the address that the socket is bound to: with port 0, the one that was
    /// free.
    #[must_use]
    pub fn on_listening(mut self, tell: impl FnOnce(SocketAddr) + Send + 'static) -> Self {
        self.on_listening = Some(OnListening(Box::new(tell)));
        self
    }

    /// Serves `app` until SIGTERM, Ctrl-C or the user's own shutdown; then stops accepting, finishes what is in flight
    /// within the grace, and returns. A second signal ends the process; one within a second is taken for the first. Once this
    /// has returned, or was dropped, and nothing else in the process listens, SIGTERM and Ctrl-C end the process again.
    ///
    /// # Errors
    /// The signals of the operating system cannot be listened for.
    ///
    /// # Panics
    /// Outside a Tokio runtime that has I/O and time enabled.
    pub async fn serve<A>(self, app: A) -> Result<(), Error>
    where
        A: App<Future: Send, Body: Send> + Clone + Send,
    {
        let (listener, mut socket) = self.split()?;
        socket.listening();

        // It is not to be what the grace is spent on.
        let last_call = LAST_CALL.min(socket.grace / 2);
        let (phase, seen) = watch::channel(Phase::Serving);
        loop {
            let (accepted, peer) = tokio::select! {
                accepted = accept(&listener) => accepted,
                () = socket.ends() => break,
            };
            let service = service::Service::new(app.clone(), peer, socket.gate.clone());
            tokio::spawn(connection::serve(accepted, service, socket.header_timeout, last_call, seen.clone()));
        }

        // New clients are to be refused at once rather than wait for a process that is about to end.
        drop(listener);
        drop(seen);
        phase.send_replace(Phase::Draining);
        let work = socket.work();
        let mut all_is_done = pin!(async {
            phase.closed().await;
            work.await;
        });
        tokio::select! {
            () = &mut all_is_done => return Ok(()),
            () = socket.grace_is_over(|| true) => {}
        }
        phase.send_replace(Phase::Over);
        Ok(())
    }
}

/// The next connection. What goes wrong with one that never came to be is nobody's concern but its client's.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                // Small answers must not wait for the acknowledgement of what went before.
                let _ = socket.set_nodelay(true);
                return (socket, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors, most likely: others are about to be closed.
                log::error!("cannot accept a connection, trying again in a second: {error}");
                sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
