//! SnapStart: the hooks around the snapshot, the requests to the Runtime API between them, and the errors that are reported.

mod failures;
mod frameworks;
mod hooks;
mod restore;

use std::{
    marker::PhantomData,
    net::SocketAddr,
    rc::Rc,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle, ThreadId},
};

use axum::Router;
use lodger::{
    Error, Lodger,
    adapter::{App, BoxError, Run, Runner},
};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    client::ClientRequest,
    framework::{self, Framework},
    raw_api::{self, RawRuntimeApi, Socket},
    test_host::{TestApp, TestHost},
    wait::QUIET,
};
use tokio::{net::TcpListener, sync::oneshot, time::timeout};

const RESTORED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

/// The names of the functions that have been called, in order.
#[derive(Debug, Clone, Default)]
struct Calls(Arc<Mutex<Vec<&'static str>>>);

impl Calls {
    fn record(&self, name: &'static str) {
        self.0.lock().unwrap().push(name);
    }

    /// A hook that records its call.
    fn hook(&self, name: &'static str) -> impl Future<Output = Result<(), BoxError>> + Send + use<> {
        let calls = self.clone();
        async move {
            calls.record(name);
            Ok(())
        }
    }

    fn all(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }

    /// Adds two hooks of each kind, which run in the order of [`HOOKS`].
    fn add_hooks(&self, lodger: Lodger) -> Lodger {
        lodger
            .before_snapshot(self.hook("before, added first"))
            .after_restore(self.hook("after, added first"))
            .before_snapshot(self.hook("before, added last"))
            .after_restore(self.hook("after, added last"))
    }
}

const HOOKS: [&str; 4] = ["before, added last", "before, added first", "after, added first", "after, added last"];

/// Starts an app with SnapStart and this number of concurrent invocations, on a thread of its own.
async fn start<F>(slots: usize, run: impl FnOnce(Lodger) -> F + Send + 'static) -> TestApp<Arc<RuntimeApi>>
where
    F: Future<Output = Result<(), Error>>,
{
    let host = TestHost::lambda().max_concurrency(slots).snap_start().on_own_thread();
    host.start(|lodger| run(lodger.snap_start(true))).await
}

/// Starts an app with SnapStart, on a Runtime API whose bytes the test writes.
async fn start_raw<F>(run: impl FnOnce(Lodger) -> F) -> TestApp<RawRuntimeApi>
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    TestHost::raw_lambda().start(|lodger| run(lodger.snap_start(true))).await
}

fn hello() -> Router {
    Router::new().fallback(async || "hello")
}

/// An app in actix-web's own runtime, on a thread of its own. Dropping this stops the app: its Runtime API ends with the test,
/// and the port may belong to another test by then.
struct ActixThread {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ActixThread {
    fn start<F: Framework>(lodger: Lodger) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                tokio::select! {
                    result = F::run(lodger) => result.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }

    fn id(&self) -> ThreadId {
        self.thread.as_ref().unwrap().thread().id()
    }
}

impl Drop for ActixThread {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The bytes of an invocation with this request id.
fn invocation(id: &str) -> Vec<u8> {
    raw_api::invocation(id, &Front::function_url().event(&ClientRequest::get("/").request()).unwrap(), "")
}

/// Accepts the connection on which the function requests the restore. From then on Lambda may take the snapshot.
async fn accept_restore_request(api: &RawRuntimeApi) -> Socket {
    let mut socket = api.accept().await;
    let request = socket.request().await;
    assert!(request.starts_with("GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nhost: 127.0.0.1:"), "{request}");
    assert!(request.ends_with("\r\n\r\n") && request.contains("\r\nuser-agent: lodger/"), "{request}");
    socket
}

/// Checks that the function opens no other connection.
async fn check_no_connection(listener: &TcpListener) {
    assert!(timeout(QUIET, listener.accept()).await.is_err(), "the function has opened a connection");
}

/// A framework without an adapter in Lodger, whose apps are not `Send`.
struct OwnFramework;

struct OwnApp(PhantomData<Rc<()>>);

impl App for OwnApp {
    type Body = lodger::Body;
    type Future = std::future::Ready<http::Response<lodger::Body>>;

    fn call(&self, _: lodger::Request) -> Self::Future {
        std::future::ready(http::Response::new("own".into()))
    }
}

impl Run<OwnFramework> for OwnFramework {
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner.run_local(async || Ok(OwnApp(PhantomData))).await
    }
}

impl Framework for OwnFramework {
    const INVALID_INPUT_STATUSES: Option<[u16; framework::INVALID_INPUTS.len()]> = None;

    fn own_server() -> SocketAddr {
        unreachable!("the framework has no server")
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(Self)
    }
}
