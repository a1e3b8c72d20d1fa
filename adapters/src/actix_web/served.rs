//! An app under actix's own server.

use std::{
    fmt,
    marker::PhantomData,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_http::{
    HttpMessage as _, Request, Response,
    body::{EitherBody, MessageBody},
};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::{
    HttpServer,
    dev::AppConfig,
    http::{StatusCode, Uri, uri::PathAndQuery},
};
use pin_project_lite::pin_project;

use crate::{
    ClientAddr, Error,
    server::{Admission, HandedOver, Paths},
};

/// Serves what `make` makes until the settings say that it is to end, and what is in flight for as long as they grant it.
pub(super) async fn serve<F, I, S, B>(make: F, mut socket: HandedOver) -> Result<(), Error>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>, Error: Into<actix_web::Error>>
        + 'static,
    S::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    let paths = socket.paths.clone();
    let server = HttpServer::new(move || Admitting { app: make(), paths: paths.clone(), made: PhantomData })
        .disable_signals()
        // In whole seconds; the grace itself is seen to below.
        .shutdown_timeout(socket.grace.saturating_add(Duration::from_secs(1)).as_secs())
        .client_request_timeout(socket.header_timeout);
    let listener =
        socket.listener.try_clone().map_err(|error| Error::new("the listener cannot be shared").because(error))?;
    #[cfg(feature = "actix-web-http2")]
    let server = server.listen_auto_h2c(listener);
    #[cfg(not(feature = "actix-web-http2"))]
    let server = server.listen(listener);
    let server = server.map_err(|error| Error::new("actix-web cannot serve on the socket").because(error))?.run();

    let handle = server.handle();
    let mut server = pin!(server);
    let failed = |error| Error::new("the server of actix-web ended").because(error);
    socket.listening();
    tokio::select! {
        ended = server.as_mut() => return ended.map_err(failed),
        () = socket.ends() => {}
    }
    let stopped = handle.stop(true);
    let gracefully = async {
        stopped.await;
        Ok(())
    };
    tokio::select! {
        ended = server.as_mut() => return ended.map_err(failed),
        ended = gracefully => return ended,
        () = socket.grace_is_over() => {}
    }
    // Not waited for: what was cut off may hold on to its thread.
    drop(handle.stop(false));
    Ok(())
}

/// What makes an app, with what is done about paths before it.
struct Admitting<I, S, B> {
    app: I,
    paths: Paths,
    made: PhantomData<fn() -> (S, B)>,
}

impl<I, S, B> IntoServiceFactory<Factory<S, B>, Request> for Admitting<I, S, B>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>> + 'static,
    B: MessageBody + 'static,
{
    fn into_factory(self) -> Factory<S, B> {
        Factory { factory: self.app.into_factory(), paths: self.paths, body: PhantomData }
    }
}

struct Factory<S, B> {
    factory: S,
    paths: Paths,
    body: PhantomData<fn() -> B>,
}

impl<S, B> ServiceFactory<Request> for Factory<S, B>
where
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>> + 'static,
    B: MessageBody + 'static,
{
    type Response = Response<EitherBody<B>>;
    type Error = S::Error;
    type Config = AppConfig;
    type Service = Admit<S::Service, B>;
    type InitError = S::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Service, S::InitError>>>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let (service, paths) = (self.factory.new_service(config), self.paths.clone());
        Box::pin(async move { Ok(Admit { service: service.await?, paths, body: PhantomData }) })
    }
}

struct Admit<S, B> {
    service: S,
    paths: Paths,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Service<Request> for Admit<S, B>
where
    S: Service<Request, Response: Into<Response<B>>>,
    B: MessageBody,
{
    type Response = Response<EitherBody<B>>;
    type Error = S::Error;
    type Future = Answer<S::Future, B>;

    actix_service::forward_ready!(service);

    fn call(&self, mut request: Request) -> Self::Future {
        if let Some(client) = request.peer_addr() {
            request.extensions_mut().insert(ClientAddr(client));
        }
        let target = request.uri().path_and_query().map_or("", PathAndQuery::as_str);
        match self.paths.admit(target) {
            Admission::AsItIs => {}
            Admission::NotFound => return Answer::NotFound,
            Admission::Shortened(rest, taken) => {
                let Ok(rest) = rest.as_str().parse::<PathAndQuery>() else {
                    return Answer::NotFound;
                };
                *request.uri_mut() = Uri::from(rest);
                request.extensions_mut().insert(taken);
            }
        }
        Answer::OfApp { answer: self.service.call(request), body: PhantomData }
    }
}

pin_project! {
    #[project = Step]
    enum Answer<F, B> {
        OfApp { #[pin] answer: F, body: PhantomData<fn() -> B> },
        NotFound,
    }
}

impl<F, R, E, B> Future for Answer<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<B>>,
{
    type Output = Result<Response<EitherBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project() {
            Step::OfApp { answer, .. } => {
                ready!(answer.poll(cx)).map(|response| response.into().map_body(|_, body| EitherBody::left(body)))
            }
            Step::NotFound => Ok(Response::new(StatusCode::NOT_FOUND).map_body(|_, body| EitherBody::right(body))),
        })
    }
}
