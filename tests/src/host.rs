//! Apps on hosts.

use std::net::SocketAddr;

use axum::Router;
use lodger::{Error, Host, Lodger};
use lodger_gateway::RuntimeApi;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

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
