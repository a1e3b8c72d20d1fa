use std::{
    fmt,
    io::{self, Write as _},
    time::Duration,
};

use tokio::time::sleep;

#[cfg(unix)]
use crate::server::listener::SocketFile;

use crate::{
    ClientAddr, Error, Host, HostingPlatform,
    log::{self, log_address},
    server::{
        Ingress, OnListening, Server,
        limits::ConnectionLimits,
        listener::{LocalAddr, ServerListener, StdListener},
        shutdown_signal::ShutdownSignal,
    },
};

/// Settings and shutdown signal for a framework that runs its own server.
///
/// The adapter calls [`report_listening`](Self::report_listening) once the server accepts connections. When
/// [`wait_for_shutdown`](Self::wait_for_shutdown) completes, the adapter begins a graceful shutdown. When
/// [`wait_for_grace_period`](Self::wait_for_grace_period) completes, the adapter stops the server.
pub struct ExternalServer {
    /// Admits each request before the app sees the request.
    pub ingress: Ingress,
    /// The time from accept to the end of the first request's head, after which the connection is closed. Zero means no limit.
    pub header_timeout: Duration,
    /// The limits of Lodger's own server.
    pub(super) limits: ConnectionLimits,
    /// The grace period for requests in flight during the shutdown.
    pub grace: Duration,
    addr: LocalAddr,
    /// The file of a Unix socket, until the shutdown begins.
    #[cfg(unix)]
    file: Option<SocketFile>,
    on_listening: Option<OnListening>,
    announces_to_vercel_dev: bool,
    platform: Option<&'static HostingPlatform>,
    /// Whether the proxies are set, even to none.
    has_proxies: bool,
    shutdown: ShutdownSignal,
}

impl Server {
    /// Returns the socket, in non-blocking mode, for a framework that runs its own server.
    ///
    /// # Errors
    /// The process cannot listen for signals, or the listener cannot leave the runtime. Some requests are
    /// [messages](Self::sends_messages), which the framework's server would pass to the app without decoding them.
    pub fn into_external(self) -> Result<(StdListener, ExternalServer), Error> {
        if self.sends_messages() {
            return Err(Error::listen(
                "cannot pass the listener to the server of a framework: only Lodger's own server decodes messages of Azure Functions; \
                 call `Server::serve`",
            ));
        }
        let (listener, external) = self.split()?;
        let listener = listener
            .into_std()
            .map_err(|error| Error::listen("cannot pass the listener to the server").with_source(error))?;
        Ok((listener, external))
    }

    /// Separates the socket from everything else.
    pub(super) fn split(self) -> Result<(ServerListener, ExternalServer), Error> {
        let shutdown = ShutdownSignal::new(self.shutdown)?;
        let external = ExternalServer {
            ingress: self.ingress,
            header_timeout: self.limits.header_timeout,
            limits: self.limits,
            grace: self.grace,
            addr: self.bound.addr,
            #[cfg(unix)]
            file: self.bound.file,
            on_listening: self.on_listening,
            announces_to_vercel_dev: self.announces_to_vercel_dev,
            platform: self.platform,
            has_proxies: self.has_proxies,
            shutdown,
        };
        Ok((self.bound.listener, external))
    }
}

impl ExternalServer {
    /// The host that the server runs on.
    pub fn host(&self) -> Host {
        self.ingress.host()
    }

    /// Reports that the server accepts connections: to the platform or in the log, and to the user's callback.
    pub fn report_listening(&mut self) {
        // Vercel connects to a TCP socket only.
        let addr = self.addr.tcp().unwrap_or(ClientAddr::UNKNOWN.0);
        if !self.ingress.report_listening(addr) {
            log_address(&self.addr, &self.platform.map_or_else(String::new, |platform| self.note(platform)));
        }
        if self.announces_to_vercel_dev {
            print_for_vercel_dev(addr.port());
        }
        if let Some(OnListening(callback)) = self.on_listening.take() {
            callback(addr);
        }
    }

    /// The part of the first log line about the platform. Suggests the setting for its proxies, unless proxies are set.
    fn note(&self, platform: &HostingPlatform) -> String {
        match platform.proxies.filter(|_| !self.has_proxies) {
            Some(proxies) => {
                format!(" on {}; set LODGER_PROXIES={proxies} to receive the addresses of clients", platform.title)
            }
            None => format!(" on {}", platform.title),
        }
    }

    /// Waits until the shutdown begins: for SIGTERM, Ctrl-C, the user's future, or the loss of the platform. Then logs the grace
    /// period.
    pub async fn wait_for_shutdown(&mut self) {
        tokio::select! {
            () = self.shutdown.wait() => {}
            () = self.ingress.platform_lost() => {}
        }
        self.ingress.begin_shutdown();
        #[cfg(unix)]
        drop(self.file.take());
        let hint = if self.shutdown.includes_signals() { "; another signal ends the process at once" } else { "" };
        log::info!("shutting down: waiting up to {:?} for requests in flight (LODGER_GRACE){hint}", self.grace);
    }

    /// Waits for the work [after the responses](crate::AfterResponse). Call this method once all responses have been sent.
    pub fn wait_for_work(&self) -> impl Future<Output = ()> + use<> {
        let tasks = self.ingress.tasks().clone();
        async move { tasks.wait().await }
    }

    /// Waits until the grace period is over. Then aborts the work after the responses, and logs a warning if there was work, or
    /// `is_in_flight` returns `true`.
    ///
    /// A second signal ends the process in the default way. Signals within a second belong to the first one.
    pub async fn wait_for_grace_period(&mut self, is_in_flight: impl FnOnce() -> bool) {
        let is_signalled_twice = tokio::select! {
            () = sleep(self.grace) => false,
            () = self.shutdown.wait_for_second() => true,
        };
        let is_cut_off = is_in_flight() | !self.ingress.tasks().is_empty();
        self.ingress.tasks().abort();
        if is_signalled_twice {
            log::warn!("cut off requests in flight: received a second signal");
            self.shutdown.end_process();
        } else if is_cut_off {
            log::warn!("cut off requests in flight {:?} after the shutdown began (LODGER_GRACE)", self.grace);
        }
    }
}

/// Prints the line that `vercel dev` waits for after the start of a function. [Its builder for Rust][builder] compares the words.
///
/// [builder]: https://www.npmjs.com/package/@vercel/rust
fn print_for_vercel_dev(port: u16) {
    // `println!` would panic if standard output is closed.
    let _ = writeln!(io::stdout(), "Dev server listening: {port}");
}

impl fmt::Debug for ExternalServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalServer").field("addr", &self.addr).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PLATFORMS, Proxies, Settings};

    /// Returns the note about a platform.
    async fn note(name: &str, proxies: Option<Proxies>) -> String {
        let platform = PLATFORMS.iter().find(|platform| platform.name == name).unwrap();
        let addr = Some(([127, 0, 0, 1], 0).into());
        let settings = Settings { addr, platform: Some(platform), proxies, ..Settings::default() };
        let (_, external) = Server::bind(&settings).await.unwrap().into_external().unwrap();
        external.note(platform)
    }

    #[tokio::test]
    async fn suggests_the_proxies_of_a_platform_unless_they_are_set() {
        assert_eq!(note("fly", None).await, " on Fly.io; set LODGER_PROXIES=fly to receive the addresses of clients");
        for proxies in [Proxies::FLY, Proxies::count(2), Proxies::count(0)] {
            assert_eq!(note("fly", Some(proxies)).await, " on Fly.io");
        }
        assert_eq!(note("kubernetes", None).await, " on Kubernetes");
    }
}
