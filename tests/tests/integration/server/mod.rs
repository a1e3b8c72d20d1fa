//! Lodger's own server: protocols, connections, the runtime, the shutdown.

mod attacks;
mod connections;
mod limits;
mod protocols;
mod services;
mod shutdown;
mod startup;

use std::net::SocketAddr;

use lodger::{Error, Lodger};
use lodger_tests::{
    client::{ClientRequest, send},
    test_host::{Listening, TestApp, TestHost},
};

/// Starts an app under Lodger's server.
async fn start<F>(run: impl FnOnce(Lodger) -> F) -> TestApp<Listening>
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    TestHost::server().start(run).await
}

/// Returns the body of a response as text.
async fn text(addr: SocketAddr, target: &'static str) -> String {
    String::from_utf8(send(addr, &ClientRequest::get(target)).await.into_body().to_vec()).unwrap()
}
