//! Apps on hosts.

use std::{net::SocketAddr, sync::mpsc};

use axum::Router;
use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use lodger::{Error, Host, Lodger};
use lodger_gateway::{RuntimeApi, Vercel};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::ask::Sent;

/// A router under its own server.
pub async fn axum_serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    addr
}

/// An app under Lodger's server.
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

/// An app on Lambda, as far as it can tell.
pub async fn on_lambda<F>(run: impl FnOnce(Lodger) -> F) -> RuntimeApi
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let api = RuntimeApi::start().await.unwrap();
    tokio::spawn(run(Lodger::new().host(Host::Lambda).runtime_api(api.address())));
    api
}

/// An app on Vercel, as far as it can tell.
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
            let lodger = Lodger::new().host(Host::Vercel).ipc_path(path).shutdown(async { drop(is_to_end.await) });
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
        self.over.recv_timeout(std::time::Duration::from_secs(5)).unwrap()
    }

    /// Sends a request, and gives the id of it and the response.
    pub async fn send(&self, sent: &Sent) -> (u64, Response<Bytes>) {
        let mut request = sent.request().map(Full::new);
        let id = self.platform.mark(request.headers_mut());
        let (head, body) = self.platform.send(request).await.unwrap().into_parts();
        (id, Response::from_parts(head, body.collect().await.unwrap().to_bytes()))
    }
}
