//! Starts an app for a test: on a server, on Lambda or on Vercel.
//!
//! [`TestHost`] builds a host, and [`TestHost::start`] starts an app on it. The result, a [`TestApp`], dereferences to the
//! test's side of the host. A server has an address:
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use lodger_tests::{client::{ClientRequest, send}, probe, test_host::TestHost};
//!
//! let mut server = TestHost::server().start(|lodger| lodger.base_path("/api").run(probe::app())).await;
//! assert_eq!(send(server.addr(), &ClientRequest::get("/api/status/204")).await.status(), 204);
//! server.begin_shutdown();
//! server.result().await.unwrap();
//! # });
//! ```
//!
//! A Lambda function has a [`RuntimeApi`](lodger_gateway::RuntimeApi), which is set up before the app starts:
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! use lodger_gateway::Front;
//! use lodger_tests::{client::ClientRequest, probe, test_host::TestHost};
//!
//! let host = TestHost::lambda().max_concurrency(8).on_own_thread();
//! let lambda = host.start(|lodger| lodger.run(probe::actix_web::app)).await;
//! assert_eq!(lambda.send(&Front::alb(), &ClientRequest::get("/").request()).await.status(), 200);
//! assert_eq!(lambda.protocol_errors(), [""; 0]);
//! # });
//! ```
//!
//! [`TestHost::raw_lambda`] is a Runtime API that sends only the bytes that the test writes. A Vercel function has a
//! [`Vercel`](lodger_gateway::Vercel): [`TestApp::fetch`] sends it a request.
//!
//! - [`on_own_thread`](TestHost::on_own_thread) is for apps whose future is not `Send`, and for apps that must not share the
//!   runtime of the test. All other apps are tasks of the test's runtime, so that a test can pause their clock.
//! - A [`TestApp`] stops its app when it is dropped, and its host only after that. An app that goes on after its test would poll
//!   the port of its Runtime API, which may be the port of another test by then.
//! - [`TestApp::begin_shutdown`] works on servers and on Vercel. On Lambda it needs [`TestHost::with_shutdown`], because a
//!   function has no shutdown by default.

mod app;
mod lambda;
mod server;
mod vercel;

use lodger::{Error, Lodger};
use tokio::sync::oneshot;

pub use app::{TestApp, in_actix_system, run_on_own_thread};
pub use lambda::{Lambda, RawLambda, fronts};
pub use server::{Listening, Server};
pub use vercel::VercelHost;

use app::AppHandle;

/// A host for one app, before the app starts. The module has examples.
#[must_use = "nothing runs before `start`"]
pub struct TestHost<H> {
    host: H,
    has_shutdown: bool,
}

/// A host whose app runs on a thread of its own.
#[must_use = "nothing runs before `start`"]
pub struct OnOwnThread<H>(TestHost<H>);

/// A kind of host.
pub trait Host {
    /// The test's side of the host.
    type Platform;

    /// Starts the host. Returns its settings for Lodger, and the test's side of it.
    fn start(self) -> impl Future<Output = (Settings, Self::Platform)>;

    /// Waits until the app is ready for the test, or has failed.
    fn ready(platform: &mut Self::Platform) -> impl Future<Output = ()> {
        let _ = platform;
        std::future::ready(())
    }
}

/// Sets up Lodger for a host, in the runtime of the app.
type Settings = Box<dyn FnOnce(Lodger) -> Lodger + Send>;

impl<H: Host> TestHost<H> {
    fn new(host: H, has_shutdown: bool) -> Self {
        Self { host, has_shutdown }
    }

    /// Makes [`TestApp::begin_shutdown`] work on Lambda.
    ///
    /// Without it a function has the settings of a user who has not called `Lodger::shutdown`.
    pub fn with_shutdown(self) -> Self {
        Self { has_shutdown: true, ..self }
    }

    /// Runs the app on a thread of its own, with a runtime of its own. Its future does not have to be `Send`.
    pub fn on_own_thread(self) -> OnOwnThread<H> {
        OnOwnThread(self)
    }

    /// Starts the app that `run` runs, as a task of the test's runtime.
    ///
    /// Returns when a server listens; on other hosts at once.
    pub async fn start<F>(self, run: impl FnOnce(Lodger) -> F) -> TestApp<H::Platform>
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let (settings, platform) = self.host.start().await;
        let (shutdown, settings) = add_shutdown(self.has_shutdown, settings);
        let handle = AppHandle::spawn(run(settings(Lodger::new())));
        TestApp::new::<H>(handle, shutdown, platform).await
    }
}

impl<H: Host> OnOwnThread<H> {
    /// Starts the app that `run` runs, like [`TestHost::start`].
    pub async fn start<F>(self, run: impl FnOnce(Lodger) -> F + Send + 'static) -> TestApp<H::Platform>
    where
        F: Future<Output = Result<(), Error>>,
    {
        let Self(TestHost { host, has_shutdown }) = self;
        let (settings, platform) = host.start().await;
        let (shutdown, settings) = add_shutdown(has_shutdown, settings);
        let handle = AppHandle::spawn_thread(move || run(settings(Lodger::new())));
        TestApp::new::<H>(handle, shutdown, platform).await
    }
}

fn add_shutdown(is_wanted: bool, settings: Settings) -> (Option<oneshot::Sender<()>>, Settings) {
    if !is_wanted {
        return (None, settings);
    }
    let (begin, begun) = oneshot::channel::<()>();
    (Some(begin), Box::new(|lodger| settings(lodger).shutdown(async { drop(begun.await) })))
}
