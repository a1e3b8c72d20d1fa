//! The previous ways to start an app, for modules that still use them. [`test_host`](crate::test_host) replaces them.

use std::{
    net::SocketAddr,
    sync::{Arc, mpsc},
};

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use lodger::{Error, Host, Lodger};
use lodger_gateway::{RuntimeApi, Vercel};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub use crate::test_host::fronts;
use crate::{
    ask::Sent,
    raw_api::SOON,
    test_host::{TestApp, TestHost, run_on_own_thread},
};

/// An app under Lodger's server.
// To be replaced by `TestHost::server`.
pub struct Server {
    pub addr: SocketAddr,
    pub running: JoinHandle<Result<(), Error>>,
    end: oneshot::Sender<()>,
}

impl Server {
    /// Starts what `run` makes of the settings that a test needs.
    pub async fn start<F>(run: impl FnOnce(Lodger) -> F) -> Self
    where
        F: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let (told, addr) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let lodger = Lodger::new()
            .host(Host::Server)
            // A listener rather than an address, which a variable of whoever runs the tests would override.
            .listener(TcpListener::bind("127.0.0.1:0").await.unwrap())
            .on_listening(move |addr| told.send(addr).unwrap())
            .shutdown(async { drop(ended.await) });
        let running = tokio::spawn(run(lodger));
        Self { addr: addr.await.unwrap(), running, end }
    }

    /// Begins the end of it.
    pub fn begin_end(self) -> JoinHandle<Result<(), Error>> {
        let _ = self.end.send(());
        self.running
    }
}

/// An app on Lambda.
// To be replaced by `TestHost::lambda`.
pub async fn on_lambda<F>(run: impl FnOnce(Lodger) -> F) -> RuntimeApi
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let api = RuntimeApi::start().await.unwrap();
    tokio::spawn(run(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address())));
    api
}

/// Runs a future on a thread of its own.
// To be replaced by `test_host::run_on_own_thread`.
pub fn on_its_own_thread<F: Future>(run: impl FnOnce() -> F + Send + 'static) {
    run_on_own_thread(run);
}

/// An app under Lodger's server, on a thread of its own; it ends when this is dropped.
// To be replaced by `TestHost::server`.
pub struct Served {
    told: mpsc::Receiver<SocketAddr>,
    over: mpsc::Receiver<Result<(), Error>>,
    end: Option<oneshot::Sender<()>>,
}

impl Served {
    /// Starts what `run` makes of the settings that a test needs.
    pub fn start<F>(run: impl FnOnce(Lodger) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>>,
    {
        let ((tell, told), (ended, over)) = (mpsc::channel(), mpsc::channel());
        let (end, is_to_end) = oneshot::channel::<()>();
        on_its_own_thread(async move || {
            let lodger = Lodger::new()
                .host(Host::Server)
                .listener(TcpListener::bind("127.0.0.1:0").await.unwrap())
                .on_listening(move |addr| tell.send(addr).unwrap())
                .shutdown(async { drop(is_to_end.await) });
            // Whether or not somebody still wants to know.
            let _ = ended.send(run(lodger).await);
        });
        Self { told, over, end: Some(end) }
    }

    /// Where it listens, which it tells once; `None` if it never did.
    pub fn told(&self) -> Option<SocketAddr> {
        self.told.recv().ok()
    }

    /// Where it listens, which it tells once.
    pub fn addr(&self) -> SocketAddr {
        self.told().expect("the server does not listen")
    }

    /// Begins the end of it.
    pub fn begin_end(&mut self) {
        self.end.take();
    }

    /// How it ended, as it has to within some seconds.
    pub fn result(&self) -> Result<(), Error> {
        self.over.recv_timeout(SOON).unwrap()
    }
}

/// An app on Lambda, on a thread of its own.
// To be replaced by `TestHost::lambda`.
pub async fn on_lambda_alone<F>(run: impl FnOnce(Lodger) -> F + Send + 'static) -> TestApp<Arc<RuntimeApi>>
where
    F: Future<Output = Result<(), Error>>,
{
    TestHost::lambda().on_own_thread().start(run).await
}

/// An app on Lambda, of a Runtime API that has been set up.
// To be replaced by `TestHost::lambda`: this app goes on after its test.
pub fn polling_alone<F>(api: RuntimeApi, run: impl FnOnce(Lodger) -> F + Send + 'static) -> RuntimeApi
where
    F: Future<Output = Result<(), Error>>,
{
    let address = api.address();
    run_on_own_thread(move || run(Lodger::new().host(Host::Lambda).lambda_runtime_api(address)));
    api
}

/// An app on Managed Instances, with so many invocations at once.
// To be replaced by `TestHost::lambda`.
pub async fn on_slots<F>(slots: usize, run: impl FnOnce(Lodger) -> F + Send + 'static) -> TestApp<Arc<RuntimeApi>>
where
    F: Future<Output = Result<(), Error>>,
{
    TestHost::lambda().max_concurrency(slots).on_own_thread().start(run).await
}

/// An app on Vercel.
// To be replaced by `TestHost::vercel`.
pub struct OnVercel {
    pub platform: Vercel,
    over: mpsc::Receiver<Result<(), Error>>,
    end: Option<oneshot::Sender<()>>,
}

impl OnVercel {
    /// Starts what `run` makes of the settings that a test needs, on a thread of its own, because not every app's future may
    /// move.
    pub fn start<F>(run: impl FnOnce(Lodger) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<(), Error>>,
    {
        let platform = Vercel::start().unwrap();
        let path = platform.ipc_path();
        let ((ended, over), (end, is_to_end)) = (mpsc::channel(), oneshot::channel::<()>());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let lodger =
                Lodger::new().host(Host::Vercel).vercel_ipc_path(path).shutdown(async { drop(is_to_end.await) });
            // Whether or not somebody still wants to know.
            let _ = ended.send(runtime.block_on(async { run(lodger).await }));
        });
        Self { platform, over, end: Some(end) }
    }

    pub fn begin_end(&mut self) {
        self.end.take();
    }

    /// How it ended, as it has to within some seconds.
    pub fn result(&self) -> Result<(), Error> {
        self.over.recv_timeout(SOON).unwrap()
    }

    /// Sends a request, and gives the id of it and the response.
    pub async fn send(&self, sent: &Sent) -> (u64, Response<Bytes>) {
        let mut request = sent.request().map(Full::new);
        let id = self.platform.add_headers(request.headers_mut());
        let (head, body) = self.platform.send(request).await.unwrap().into_parts();
        (id, Response::from_parts(head, body.collect().await.unwrap().to_bytes()))
    }
}
