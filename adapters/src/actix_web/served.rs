//! An app under actix's own server.

use std::{
    fmt,
    future::poll_fn,
    marker::PhantomData,
    net::TcpListener,
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

use super::in_flight::{Count, Counted, InFlight, One};
use crate::{
    ClientAddr, Error,
    server::{Admission, HandedOver, Paths},
};

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const A_MOMENT: Duration = Duration::from_millis(100);

/// Serves what `make` makes until the settings say that it is to end, and what is in flight for as long as they grant it.
pub(super) async fn serve<F, I, S, B>(make: F, listener: TcpListener, mut socket: HandedOver) -> Result<(), Error>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>, Error: Into<actix_web::Error>>
        + 'static,
    S::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    let (paths, in_flight) = (socket.paths.clone(), InFlight::default());
    let counted = in_flight.clone();
    let admitting =
        move || Admitting { app: make(), paths: paths.clone(), in_flight: counted.clone(), made: PhantomData };
    let server = HttpServer::new(admitting)
        .disable_signals()
        // In whole seconds; the grace itself is seen to below.
        .shutdown_timeout(socket.grace.saturating_add(Duration::from_secs(1)).as_secs())
        // Actix adds it to the time that it is.
        .client_request_timeout(socket.header_timeout.min(A_YEAR));
    #[cfg(feature = "actix-web-http2")]
    let server = server.listen_auto_h2c(listener);
    #[cfg(not(feature = "actix-web-http2"))]
    let server = server.listen(listener);
    let server = server.map_err(|error| Error::new("actix-web cannot serve on the socket").because(error))?.run();

    let handle = server.handle();
    let mut server = pin!(server);
    let failed = |error| Error::new("the server of actix-web ended").because(error);
    // It builds the app for each worker when it is polled for the first time.
    if let Poll::Ready(ended) = poll_fn(|cx| Poll::Ready(server.as_mut().poll(cx))).await {
        return ended.map_err(|error| Error::new("the app cannot be built").because(error));
    }
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
        () = socket.grace_is_over(|| in_flight.is_any()) => {}
    }
    // Not waited for to its end: what was cut off may hold on to its thread.
    let _ = tokio::time::timeout(A_MOMENT, async { tokio::join!(handle.stop(false), server) }).await;
    Ok(())
}

/// `uri` with another path and query. The host that HTTP/2 has in it stays.
fn with_target(uri: &Uri, target: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let target: PathAndQuery = target.parse().ok()?;
    if parts.authority.is_none() {
        // From a path alone, so that two slashes do not make a host of what follows them.
        return Some(Uri::from(target));
    }
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).ok()
}

/// What makes an app, with what is done about paths before it.
struct Admitting<I, S, B> {
    app: I,
    paths: Paths,
    in_flight: InFlight,
    made: PhantomData<fn() -> (S, B)>,
}

impl<I, S, B> IntoServiceFactory<Factory<S, B>, Request> for Admitting<I, S, B>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>> + 'static,
    B: MessageBody + 'static,
{
    fn into_factory(self) -> Factory<S, B> {
        let Self { app, paths, in_flight, .. } = self;
        Factory { factory: app.into_factory(), paths, in_flight, body: PhantomData }
    }
}

struct Factory<S, B> {
    factory: S,
    paths: Paths,
    in_flight: InFlight,
    body: PhantomData<fn() -> B>,
}

impl<S, B> ServiceFactory<Request> for Factory<S, B>
where
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>> + 'static,
    B: MessageBody + 'static,
{
    type Response = Response<Counted<EitherBody<B>>>;
    type Error = S::Error;
    type Config = AppConfig;
    type Service = Admit<S::Service, B>;
    type InitError = S::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Service, S::InitError>>>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let service = self.factory.new_service(config);
        let (paths, in_flight) = (self.paths.clone(), self.in_flight.worker());
        Box::pin(async move { Ok(Admit { service: service.await?, paths, in_flight, body: PhantomData }) })
    }
}

struct Admit<S, B> {
    service: S,
    paths: Paths,
    in_flight: Count,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Service<Request> for Admit<S, B>
where
    S: Service<Request, Response: Into<Response<B>>>,
    B: MessageBody,
{
    type Response = Response<Counted<EitherBody<B>>>;
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
            Admission::NotFound => return Answer::NotFound { one: Some(self.in_flight.one()) },
            Admission::Shortened(rest, taken) => {
                let Some(uri) = with_target(request.uri(), rest.as_str()) else {
                    return Answer::NotFound { one: Some(self.in_flight.one()) };
                };
                *request.uri_mut() = uri;
                request.extensions_mut().insert(taken);
            }
        }
        let one = Some(self.in_flight.one());
        Answer::OfApp { answer: self.service.call(request), one, body: PhantomData }
    }
}

pin_project! {
    #[project = Step]
    enum Answer<F, B> {
        OfApp { #[pin] answer: F, one: Option<One>, body: PhantomData<fn() -> B> },
        NotFound { one: Option<One> },
    }
}

impl<F, R, E, B> Future for Answer<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<B>>,
{
    type Output = Result<Response<Counted<EitherBody<B>>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project() {
            Step::OfApp { answer, one, .. } => ready!(answer.poll(cx))
                .map(|response| response.into().map_body(|_, body| Counted::new(EitherBody::left(body), one.take()))),
            Step::NotFound { one } => {
                let response = Response::new(StatusCode::NOT_FOUND);
                Ok(response.map_body(|_, body| Counted::new(EitherBody::right(body), one.take())))
            }
        })
    }
}
