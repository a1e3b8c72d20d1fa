//! Vercel: the platform starts the process, receives the port over a Unix socket, and sends requests over HTTP/1.1.
//!
//! The app runs on a [server](crate::server), with three additions. [`Vercel::run`] first reports that the server has started.
//! The headers that the platform adds to a request are removed, and their values become the extension [`Context`]. Once the last
//! byte of a response has been sent, the end of the request is reported.
//!
//! Input that is not HTTP has no request id, so its end cannot be reported; the platform's proxy never sends such input. The proxy
//! accepts 32 KB of headers and a path of 14 KB, and so does the server.
//!
//! Sources: the [implementation guide for runtimes][guide], and the runtimes for Python and Go in the same repository.
//!
//! [guide]: https://github.com/vercel/vercel/blob/main/.claude/skills/vercel-runtime-implementation-guide.md

mod context;
mod ipc;
mod message;
mod platform;
mod process_age;
mod socket;
mod standalone_proxy;

use std::{io, path::Path, sync::Arc, time::Duration};

use tokio::time::timeout;

use self::{ipc::Ipc, platform::VercelPlatform};
use crate::{
    Error, Settings,
    lifecycle::{build::catch_build_panic, only_run::OnlyRun},
    log::sink,
    server::{DEFAULT_GRACE, Server},
};

pub use context::Context;
pub use standalone_proxy::trust_standalone_proxy;

/// Timeout of the last messages, after the server has ended.
const LAST_MESSAGES_TIMEOUT: Duration = Duration::from_secs(1);
/// Timeout for the ends of requests that were cut off.
const CUT_OFF_TIMEOUT: Duration = Duration::from_millis(200);

/// A connection to Vercel, which serves an app.
///
/// # Example
///
/// ```no_run
/// # use lodger_core::{App, Error, Settings, vercel::Vercel};
/// # async fn run<A>(settings: Settings, build: impl Future<Output = Result<A, Error>>) -> Result<(), Error>
/// # where
/// #     A: App<Future: Send, Body: Send> + Clone + Send,
/// # {
/// let vercel = Vercel::connect(settings).await?;
/// vercel.run(async |server| server.serve(vercel.build(build).await?).await).await
/// # }
/// ```
#[derive(Debug)]
pub struct Vercel {
    ipc: Arc<Ipc>,
    settings: Settings,
    /// Prevents another app of the process from using this socket.
    _only: OnlyRun,
}

impl Vercel {
    /// Connects to the socket on which Vercel listens.
    ///
    /// # Errors
    /// - The settings contain no path of a socket, or an invalid path prefix.
    /// - The connection fails, or the operating system is not Unix.
    /// - Another `Vercel` of this process uses the same socket. Vercel sends requests to one port only.
    pub async fn connect(mut settings: Settings) -> Result<Self, Error> {
        settings.normalize()?;
        let only = OnlyRun::try_new(format!("Vercel's socket {:?}", path(&settings)?))?;
        sink::buffer();
        let ipc = connect(&settings).await.inspect_err(|_| sink::stop_buffering())?;
        Ok(Self { ipc: Arc::new(ipc), settings, _only: only })
    }

    /// Builds an app. A panic becomes an error.
    ///
    /// # Errors
    /// The error of `build`, or its panic.
    pub async fn build<T>(&self, build: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        catch_build_panic(build).await
    }

    /// Calls `serve` with a server that only Vercel knows the port of, and awaits it. Then delivers the last messages.
    ///
    /// The server shuts down if the platform is gone. An error before the server has started is reported to Vercel.
    ///
    /// # Errors
    /// The error of `serve`, no free port, or a lost connection to the platform.
    pub async fn run(&self, serve: impl AsyncFnOnce(Server) -> Result<(), Error>) -> Result<(), Error> {
        let served = async {
            let platform = VercelPlatform::new(Arc::clone(&self.ipc), &self.settings);
            serve(Server::for_platform(&self.settings, Arc::new(platform)).await?).await
        };
        let served = tokio::select! {
            biased;
            served = served => served,
            never = self.ipc.deliver() => match never {},
        };
        if let Err(error) = &served {
            self.ipc.send_init_error(&format!("{error:?}"));
        }
        // The ends of requests that were cut off are reported too.
        let time = match self.settings.before_freeze.is_some() {
            true => self.settings.grace.unwrap_or(DEFAULT_GRACE),
            false => CUT_OFF_TIMEOUT,
        };
        let _ = timeout(time, self.ipc.wait_until_idle()).await;
        sink::unregister(&(Arc::clone(&self.ipc) as _));
        let _ = timeout(LAST_MESSAGES_TIMEOUT, self.ipc.flush()).await;
        self.ipc.give_up();
        served.and(self.ipc.check())
    }
}

impl Drop for Vercel {
    fn drop(&mut self) {
        // `run` may never have been called, or not have completed.
        sink::unregister(&(Arc::clone(&self.ipc) as _));
    }
}

/// Reports to Vercel that the process cannot start because of `error`. For errors that occur before there is a [`Vercel`].
pub async fn report_init_error(settings: &Settings, error: &Error) {
    // If the connection fails, Vercel still notices that the process ends.
    if let Ok(ipc) = connect(settings).await {
        ipc.send_init_error(&format!("{error:?}"));
        let _ = timeout(LAST_MESSAGES_TIMEOUT, ipc.flush()).await;
    }
}

fn path(settings: &Settings) -> Result<&str, Error> {
    settings.vercel_ipc_path.as_deref().ok_or_else(|| {
        Error::invalid_setting(
            "cannot connect to Vercel: VERCEL_IPC_PATH is not set; Vercel sets it, so run on Vercel, or set LODGER_HOST=server \
             to run a plain server",
        )
    })
}

async fn connect(settings: &Settings) -> Result<Ipc, Error> {
    let path = path(settings)?;
    Ipc::connect(Path::new(path)).await.map_err(|error| {
        let cause = format!("{error}; set LODGER_HOST=server to run a plain server");
        Error::platform_lost(format!("cannot connect to Vercel on the socket {path:?} (VERCEL_IPC_PATH)"))
            .with_source(io::Error::new(error.kind(), cause))
    })
}
