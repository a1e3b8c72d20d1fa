use std::{
    fmt,
    io::{self, Write as _},
    net::SocketAddr,
    time::Duration,
};

use tokio::{net::TcpListener, time::sleep};

use crate::{
    Error, Host,
    log::{self, log_address},
    server::{Ingress, OnListening, Server, shutdown_signal},
};

/// What there is to be known of a socket that was handed over to a server of a framework's, and when that has to end.
///
/// The server calls [`listening`](Self::listening) once it accepts connections, begins to end when [`ends`](Self::ends) does,
/// and has ended by the time that [`grace_is_over`](Self::grace_is_over).
pub struct ExternalServer {
    /// What every request has to pass.
    pub gate: Ingress,
    /// How long a client may take to the end of its first request's head. Zero: any time.
    pub header_timeout: Duration,
    /// How long requests in flight may take at the end.
    pub grace: Duration,
    addr: SocketAddr,
    on_listening: Option<OnListening>,
    tells_vercel_dev: bool,
    end: shutdown_signal::ShutdownSignal,
}

impl Server {
    /// Hands the socket, which does not block, over to a server of somebody else's.
    ///
    /// # Errors
    /// The signals of the operating system cannot be listened for, or the socket cannot be had.
    pub fn hand_over(self) -> Result<(std::net::TcpListener, ExternalServer), Error> {
        let (listener, handed_over) = self.split()?;
        let listener =
            listener.into_std().map_err(|error| Error::new("the listener cannot be handed over").with_source(error))?;
        Ok((listener, handed_over))
    }

    /// The socket, and the rest.
    pub(crate) fn split(self) -> Result<(TcpListener, ExternalServer), Error> {
        let Self { listener, addr, gate, grace, header_timeout, shutdown, on_listening, tells_vercel_dev } = self;
        let end = shutdown_signal::ShutdownSignal::new(shutdown)?;
        Ok((listener, ExternalServer { gate, header_timeout, grace, addr, on_listening, tells_vercel_dev, end }))
    }
}

impl ExternalServer {
    /// The host that the server runs on.
    pub fn host(&self) -> Host {
        self.gate.host()
    }

    /// Tells where the server listens: the log, or the host that it stands behind, and whoever has asked for it.
    pub fn listening(&mut self) {
        if !self.gate.tell_started(self.addr) {
            log_address(self.addr);
        }
        if self.tells_vercel_dev {
            tell_vercel_dev(self.addr.port());
        }
        if let Some(OnListening(tell)) = self.on_listening.take() {
            tell(self.addr);
        }
    }

    /// Waits until the server is to end: SIGTERM, Ctrl-C, or what the user has said, or its host has gone. The
    /// log says so, and how long it may take.
    pub async fn ends(&mut self) {
        tokio::select! {
            () = self.end.begins() => {}
            () = self.gate.host_goes() => {}
        }
        let at_once = if self.end.hears_signals() { "; another signal ends the process at once" } else { "" };
        log::info!("ending: what is in flight has {:?} (LODGER_GRACE){at_once}", self.grace);
    }

    /// Waits until the work [after the responses](crate::AfterResponse) is done: once all of them have been sent.
    pub fn work(&self) -> impl Future<Output = ()> + use<> {
        let tasks = self.gate.tasks().clone();
        async move { tasks.are_done().await }
    }

    /// Waits until the grace period is over. Work after the responses is cut off then, and the log says so if there is any, or
    /// if any request is in flight.
    ///
    /// A signal, a second or more after the shutdown began, ends the process, as it does by default.
    pub async fn grace_is_over(&mut self, is_in_flight: impl FnOnce() -> bool) {
        let is_told_twice = tokio::select! {
            () = sleep(self.grace) => false,
            () = self.end.insists() => true,
        };
        let is_any = is_in_flight() | self.gate.tasks().are_any();
        self.gate.tasks().cut_off();
        if is_told_twice {
            log::warn!("cut off what was still in flight: signalled twice");
            self.end.end_process();
        } else if is_any {
            log::warn!("cut off what was still in flight {:?} after the shutdown began (LODGER_GRACE)", self.grace);
        }
    }
}

/// Prints what `vercel dev` waits for when it has started a function ([its builder for Rust][builder] looks for these very words).
///
/// [builder]: https://www.npmjs.com/package/@vercel/rust
fn tell_vercel_dev(port: u16) {
    // Not by `println!`, which panics where nobody reads any more.
    let _ = writeln!(io::stdout(), "Dev server listening: {port}");
}

impl fmt::Debug for ExternalServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandedOver").field("addr", &self.addr).finish_non_exhaustive()
    }
}
