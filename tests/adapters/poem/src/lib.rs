//! Apps of poem 3 for Lodger.

use std::{io, sync::Arc};

use http_body_util::BodyExt;
use lodger::{
    ClientAddr, Error, Request,
    adapter::{App, Run, Runner},
};
use poem::{
    Endpoint, EndpointExt, IntoEndpoint, Response, Route,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};

/// Makes an app from an endpoint, such as a `Route` with middleware.
pub fn app(endpoint: impl IntoEndpoint<Endpoint: 'static>) -> impl App<Future: Send, Body: Send> + Clone + Send {
    let endpoint = Arc::new(endpoint.into_endpoint().map_to_response());
    lodger::app(move |request: Request| {
        let endpoint = endpoint.clone();
        async move {
            let (parts, body) = request.into_parts();
            let client =
                parts.extensions.get().map(|&ClientAddr(client)| RemoteAddr(client.into())).unwrap_or_default();
            let parts = (parts, LocalAddr::default(), client, Scheme::HTTP).into();
            let body = body.map_err(io::Error::other).boxed();
            let response: Response = endpoint.get_response(poem::Request::from_parts(parts, body.into())).await;
            http::Response::from(response)
        }
    })
}

/// Allows `lodger::run(route)`.
pub enum Poem {}

impl Run<Poem> for Route {
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner.run(app(self)).await
    }
}
