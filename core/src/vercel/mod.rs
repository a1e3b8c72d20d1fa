//! The host that Vercel is: it starts the process, is told through a Unix socket where that listens, and brings requests over
//! HTTP/1.1.
//!
//! An app is served as on any [server](crate::server), with three things besides: [`Vercel::run`] tells the platform first that
//! the server has started; what the platform puts into each request is taken out before the app sees it, and is told as
//! [`Context`]; and once a response has been sent, to its last byte, the platform is told that the request is at its end.
//!
//! What is no HTTP at all has no end, because nobody can tell which request it was; the platform's own proxy sends none such. It
//! lets 32 KB of headers and a path of 14 KB through, which is answered.
//!
//! Sources: the [implementation guide for runtimes][guide], and the runtimes for Python and Go in the same repository.
//!
//! [guide]: https://github.com/vercel/vercel/blob/main/.claude/skills/vercel-runtime-implementation-guide.md

mod context;
mod front;
mod ipc;
#[cfg(feature = "logs")]
mod lines;
mod log_sink;
mod message;
mod socket;
mod started;

use std::{path::Path, sync::Arc, time::Duration};

use tokio::time::timeout;

use self::ipc::Ipc;
use crate::{
    Error, Settings,
    lifecycle::only_run::OnlyRun,
    server::{DEFAULT_GRACE, Server},
    util::catch_panic,
};

pub use context::Context;
pub(crate) use front::{Front, RequestEndGuard};
#[cfg(feature = "logs")]
pub(crate) use lines::Lines;
pub(crate) use log_sink::send;

/// How long there is for the last messages, once the app is served no more.
const LAST_MESSAGES: Duration = Duration::from_secs(1);
/// How long requests that were cut off have to be gone.
const A_MOMENT: Duration = Duration::from_millis(200);

/// The platform, once it can be talked to.
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
/// vercel.run(async |listening| listening.serve(vercel.build(build).await?).await).await
/// # }
/// ```
#[derive(Debug)]
pub struct Vercel {
    ipc: Arc<Ipc>,
    settings: Settings,
    /// Keeps other apps of the process away from this socket.
    _only: OnlyRun,
}

impl Vercel {
    /// Connects to the socket that Vercel listens on.
    ///
    /// # Errors
    /// The settings do not say where it is, or have a path that cannot be one, or nobody listens there; another `Vercel` of this
    /// process uses the same socket, and Vercel sends requests to one port only; or this is no Unix.
    pub async fn connect(mut settings: Settings) -> Result<Self, Error> {
        settings.normalize()?;
        let only = OnlyRun::try_new(format!("Vercel's socket {:?}", path(&settings)?))?;
        log_sink::process_starts();
        let ipc = connect(&settings).await.inspect_err(|_| log_sink::process_is_elsewhere())?;
        Ok(Self { ipc: Arc::new(ipc), settings, _only: only })
    }

    /// Builds an app. A panic is an error, as any other.
    ///
    /// # Errors
    /// That of `build`.
    pub async fn build<T>(&self, build: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        catch_panic::catch_build_panic(build).await
    }

    /// Has `serve` serve an app on a port that only the platform is told of, until that ends or the platform has gone; all
    /// messages are delivered then. An error before the server has started is reported as the reason why the process cannot go
    /// on.
    ///
    /// # Errors
    /// That of `serve`, no port can be had, or the platform has gone.
    pub async fn run(&self, serve: impl AsyncFnOnce(Server) -> Result<(), Error>) -> Result<(), Error> {
        let served = async {
            let front = Front::new(Arc::clone(&self.ipc), &self.settings);
            serve(Server::on_vercel(&self.settings, front).await?).await
        };
        let served = tokio::select! {
            biased;
            served = served => served,
            never = self.ipc.deliver() => match never {},
        };
        if let Err(error) = &served {
            self.ipc.cannot_start(&format!("{error:?}"));
        }
        // Those that were cut off are told of as well.
        let time = match self.settings.before_freeze.is_some() {
            true => self.settings.grace.unwrap_or(DEFAULT_GRACE),
            false => A_MOMENT,
        };
        let _ = timeout(time, self.ipc.all_have_ended()).await;
        log_sink::process_ends(&self.ipc);
        let _ = timeout(LAST_MESSAGES, self.ipc.flush()).await;
        self.ipc.give_up();
        served.and(self.ipc.is_whole())
    }
}

impl Drop for Vercel {
    fn drop(&mut self) {
        // It may never have been run, or not to its end.
        log_sink::process_ends(&self.ipc);
    }
}

/// Reports to Vercel that the process cannot start, because of `error`, where that became clear before there was a [`Vercel`].
pub async fn report_init_error(settings: &Settings, error: &Error) {
    // Whoever cannot be told has other signs: this process ends.
    if let Ok(ipc) = connect(settings).await {
        ipc.cannot_start(&format!("{error:?}"));
        let _ = timeout(LAST_MESSAGES, ipc.flush()).await;
    }
}

fn path(settings: &Settings) -> Result<&str, Error> {
    settings.vercel_ipc_path.as_deref().ok_or_else(|| {
        Error::new("VERCEL_IPC_PATH is not set, which says on which socket Vercel listens; Vercel sets it")
    })
}

async fn connect(settings: &Settings) -> Result<Ipc, Error> {
    let path = path(settings)?;
    Ipc::connect(Path::new(path)).await.map_err(|error| {
        let why = "cannot connect to Vercel on the socket";
        Error::new(format!("{why} {path:?} (VERCEL_IPC_PATH); LODGER_HOST=server makes this a plain server"))
            .with_source(error)
    })
}
