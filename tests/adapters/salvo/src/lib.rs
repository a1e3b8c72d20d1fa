//! Apps of salvo 0.85 for Lodger.

use std::sync::Arc;

use http_body_util::BodyExt;
use lodger::{
    ClientAddr, Error, Request,
    adapter::{App, Run, Runner},
};
use salvo::{Router, Service, conn::SocketAddr, http::ReqBody, http::uri::Scheme};

/// Makes an app from a router, or from a service with middleware.
pub fn app(service: impl Into<Service>) -> impl App<Future: Send, Body: Send> + Clone + Send {
    let service = Arc::new(service.into());
    lodger::app(move |request: Request| {
        let client = request.extensions().get().map_or(SocketAddr::Unknown, |&ClientAddr(client)| client.into());
        let handler = service.hyper_handler(SocketAddr::Unknown, client, Scheme::HTTP, None, None);
        let request = request.map(|body| ReqBody::Boxed { inner: Box::pin(body.map_err(Into::into)), fusewire: None });
        async move { handler.handle(salvo::Request::from_hyper(request, Scheme::HTTP)).await.into_hyper() }
    })
}

/// Allows `lodger::run(router)`.
pub enum Salvo {}

impl Run<Salvo> for Router {
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner.run(app(self)).await
    }
}
