//! The listening host: HTTP/1.1 on a port like `axum::serve`, and HTTP/2 cleartext with the feature `http2`.
//!
//! Every connection is a task of the user's runtime, so work stealing, `tokio::spawn` and `block_in_place` work as under the
//! framework's own server. HTTP upgrades (WebSockets) and streams in both directions pass through.

mod activity;
mod connection;
mod connection_slots;
mod discard_on_drop;
mod external_server;
mod flush_tracker;
mod guarded_call;
mod health_check;
mod ingress;
mod limits;
mod listener;
pub(crate) mod message;
pub(crate) mod platform;
mod request_guard;
mod response_future;
mod service;
mod shutdown_signal;
mod tasks;

use std::{
    fmt,
    net::{Ipv4Addr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{net::TcpListener, sync::watch};

use crate::{App, Error, Host, HostingPlatform, Settings, lifecycle::shutdown::Shutdown, util::spawn::spawn};
use connection::Phase;
use connection_slots::ConnectionSlots;
use limits::ConnectionLimits;
use listener::{BoundListener, ServerListener};
use platform::Platform;

pub use external_server::ExternalServer;
pub use guarded_call::GuardedCall;
pub use ingress::{Admission, Ingress};
pub use listener::StdListener;
pub use request_guard::RequestGuard;

pub(crate) const DEFAULT_GRACE: Duration = Duration::from_secs(10);
/// The time in which a connection without a request may still send one, once the shutdown begins.
const LAST_CALL: Duration = Duration::from_secs(1);

/// A server that listens on a socket, with its settings.
///
/// # Example
///
/// ```no_run
/// # use lodger_core::{App, Error, Settings, server::Server};
/// # async fn serve(app: impl App<Future: Send, Body: Send> + Clone + Send) -> Result<(), Error> {
/// Server::bind(&Settings::default()).await?.serve(app).await
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    bound: BoundListener,
    ingress: Ingress,
    grace: Duration,
    limits: ConnectionLimits,
    shutdown: Shutdown,
    on_listening: Option<OnListening>,
    announces_to_vercel_dev: bool,
    platform: Option<&'static HostingPlatform>,
    has_proxies: bool,
}

/// A callback that receives the address of the server.
struct OnListening(Box<dyn FnOnce(SocketAddr) + Send>);

impl fmt::Debug for OnListening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnListening")
    }
}

impl Server {
    /// Listens on the address in `settings`, by default on `127.0.0.1:3000`. The address may be a Unix socket, or a socket that systemd
    /// has passed to the process.
    ///
    /// # Errors
    /// The address is in use, is not an address of this machine, or is not permitted.
    pub async fn bind(settings: &Settings) -> Result<Self, Error> {
        Self::new(listener::bind(settings).await?, settings)
    }

    /// Creates a server from a listener of the user's.
    ///
    /// # Errors
    /// The listener has no address, or the settings contain an invalid path.
    pub fn from_listener(listener: TcpListener, settings: &Settings) -> Result<Self, Error> {
        Self::new(BoundListener::new(ServerListener::Tcp(listener))?, settings)
    }

    fn new(bound: BoundListener, settings: &Settings) -> Result<Self, Error> {
        let mut settings = settings.clone();
        settings.normalize()?;
        Ok(Self {
            bound,
            ingress: Ingress::new(&settings),
            grace: settings.grace_of_server().unwrap_or(DEFAULT_GRACE),
            limits: ConnectionLimits::new(&settings)?,
            shutdown: Shutdown::default(),
            on_listening: None,
            announces_to_vercel_dev: settings.announces_to_vercel_dev,
            platform: settings.platform_of_server(),
            has_proxies: settings.proxies.is_some(),
        })
    }

    /// Listens on a free port of the loopback address, for the proxy of a platform.
    #[allow(dead_code, reason = "each platform is a feature")]
    pub(crate) async fn for_platform(settings: &Settings, platform: Arc<dyn Platform>) -> Result<Self, Error> {
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = listener::bind_tcp(&Settings { addr: Some(addr), ..settings.clone() })?;
        let mut server = Self::from_listener(listener, settings)?;
        server.ingress = Ingress::with_platform(settings, Some(platform));
        server.limits = server.limits.without_timeouts();
        Ok(server)
    }

    /// Sets the proxy through which all requests come. The proxy adds no prefix to paths.
    pub(crate) fn with_proxy(mut self, proxy: Arc<dyn Platform>) -> Self {
        self.ingress.set_proxy(proxy);
        self
    }

    /// The host that the app is served on: [`Host::Server`], or another host that sends requests over a socket.
    pub fn host(&self) -> Host {
        self.ingress.host()
    }

    /// Returns whether some requests are messages of the platform, which only [`serve`](Self::serve) decodes. A framework with a server
    /// of its own must not use that server then.
    pub fn sends_messages(&self) -> bool {
        self.ingress.sends_messages()
    }

    /// Returns whether the peer of a connection is the client, and not a proxy.
    pub fn peers_are_clients(&self) -> bool {
        self.ingress.peers_are_clients()
    }

    /// Sets the events that begin the shutdown. By default these are SIGTERM and Ctrl-C.
    #[must_use]
    pub fn with_shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// Sets a callback that receives the address of the socket when the server accepts connections. If the configured port is 0, this
    /// address has the actual port. The address of a Unix socket is `0.0.0.0:0`.
    #[must_use]
    pub fn on_listening(mut self, callback: impl FnOnce(SocketAddr) + Send + 'static) -> Self {
        self.on_listening = Some(OnListening(Box::new(callback)));
        self
    }

    /// Serves `app` until SIGTERM, Ctrl-C or the user's own shutdown.
    ///
    /// Then the server stops accepting connections, waits for requests in flight up to the grace period, and returns. A second signal
    /// ends the process; signals within a second count as one. When this method has returned or its future was dropped, and no other
    /// code in the process listens for them, SIGTERM and Ctrl-C end the process again.
    ///
    /// # Errors
    /// The process cannot listen for the signals of the operating system.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime with I/O and time enabled.
    pub async fn serve<A>(self, app: A) -> Result<(), Error>
    where
        A: App<Future: Send, Body: Send> + Clone + Send,
    {
        let (listener, mut external) = self.split()?;
        external.report_listening();

        // Idle connections must not use up the grace period.
        let last_call = LAST_CALL.min(external.grace / 2);
        let (phase, watched) = watch::channel(Phase::Serving);
        let limits = Arc::new(external.limits.clone());
        let slots = ConnectionSlots::new(limits.max_connections);
        loop {
            let ((accepted, peer), slot) = tokio::select! {
                accepted = slots.accept(&listener) => accepted,
                () = external.wait_for_shutdown() => break,
            };
            let service = service::ConnectionService::new(app.clone(), peer, external.ingress.clone());
            let limits = Arc::clone(&limits);
            spawn(connection::serve(accepted, slot, service, limits, last_call, watched.clone()));
        }

        // Refuses new clients at once, so that they do not wait for a process that is about to end.
        drop(listener);
        drop(watched);
        phase.send_replace(Phase::Draining);
        let work = external.wait_for_work();
        let mut drained = pin!(async {
            phase.closed().await;
            work.await;
        });
        tokio::select! {
            () = &mut drained => return Ok(()),
            () = external.wait_for_grace_period(|| true) => {}
        }
        phase.send_replace(Phase::Over);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[tokio::test]
    async fn names_an_address_that_is_in_use() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = taken.local_addr().unwrap();
        let error = Server::bind(&Settings { addr: Some(addr), ..Settings::default() }).await.unwrap_err();
        assert!(error.is_listen(), "{error:?}");
        assert_eq!(
            format!("{error:?}"),
            format!(
                "cannot listen on {addr}: address already in use; stop the other process, or set LODGER_ADDR or PORT"
            )
        );
        let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<io::Error>()).unwrap();
        assert_eq!(cause.kind(), io::ErrorKind::AddrInUse);
    }

    #[tokio::test]
    async fn fails_health_checks_once_the_shutdown_has_begun() {
        let settings = Settings { health_path: Some("health/".into()), ..Settings::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::from_listener(listener, &settings).unwrap();
        let (_, mut external) = server.with_shutdown(Shutdown::from_future(async {})).split().unwrap();
        // As each connection has its own.
        let ingress = external.ingress.clone();
        assert_eq!(ingress.health_status("GET", "/health"), Some(http::StatusCode::OK));
        external.wait_for_shutdown().await;
        assert_eq!(ingress.health_status("GET", "/health"), Some(http::StatusCode::SERVICE_UNAVAILABLE));
    }

    #[tokio::test]
    async fn rejects_an_invalid_base_path() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let settings = Settings { base_path: Some("/a b".into()), ..Settings::default() };
        let error = Server::from_listener(listener, &settings).unwrap_err();
        assert!(error.is_invalid_setting(), "{error:?}");
    }
}
