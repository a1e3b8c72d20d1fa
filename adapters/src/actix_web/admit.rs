//! What stands before an app under actix's own server.

use std::{
    marker::PhantomData,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_http::{
    HttpMessage as _, Request, Response,
    body::{BoxBody, EitherBody, MessageBody},
};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::{
    dev::AppConfig,
    http::{
        StatusCode, Uri,
        header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION},
        uri::PathAndQuery,
    },
};
use pin_project_lite::pin_project;

use super::in_flight::{Both, Count, InFlight, Kept, One};
use crate::{
    ClientAddr,
    server::{Admission, GuardedCall, Ingress, RequestGuard, RequestHead},
};

/// What makes an app, with a gate before it.
pub(super) struct Admitting<I, S, B> {
    app: I,
    gate: Ingress,
    in_flight: InFlight,
    made: PhantomData<fn() -> (S, B)>,
}

impl<I, S, B> Admitting<I, S, B> {
    pub(super) fn new(app: I, gate: Ingress, in_flight: InFlight) -> Self {
        Self { app, gate, in_flight, made: PhantomData }
    }
}

impl<I, S, B> IntoServiceFactory<Factory<S, B>, Request> for Admitting<I, S, B>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>, Error: Into<actix_web::Error>>
        + 'static,
    B: MessageBody + 'static,
{
    fn into_factory(self) -> Factory<S, B> {
        let Self { app, gate, in_flight, .. } = self;
        Factory { factory: app.into_factory(), gate, in_flight, body: PhantomData }
    }
}

pub(super) struct Factory<S, B> {
    factory: S,
    gate: Ingress,
    in_flight: InFlight,
    body: PhantomData<fn() -> B>,
}

impl<S, B> ServiceFactory<Request> for Factory<S, B>
where
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>, Error: Into<actix_web::Error>>
        + 'static,
    B: MessageBody + 'static,
{
    type Response = Response<Body<B>>;
    type Error = S::Error;
    type Config = AppConfig;
    type Service = Admit<S::Service, B>;
    type InitError = S::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Service, S::InitError>>>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let service = self.factory.new_service(config);
        let (gate, in_flight) = (self.gate.clone(), self.in_flight.worker());
        Box::pin(async move { Ok(Admit { service: service.await?, gate, in_flight, body: PhantomData }) })
    }
}

pub(super) struct Admit<S, B> {
    service: S,
    gate: Ingress,
    in_flight: Count,
    body: PhantomData<fn() -> B>,
}

impl<S, B> Service<Request> for Admit<S, B>
where
    S: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody,
{
    type Response = Response<Body<B>>;
    type Error = S::Error;
    type Future = Answer<S::Future, B>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&self, mut request: Request) -> Self::Future {
        let one = self.in_flight.one();
        let peer = request.peer_addr();
        match self.gate.admit(&mut Served(&mut request), peer) {
            Admission::ToApp(pass) => {
                Answer::OfApp { answer: pass.call(|| self.service.call(request)), one: Some(one), body: PhantomData }
            }
            Admission::Response(status, text, pass) => Answer::Ready { status, text, kept: Some((pass, Some(one))) },
        }
    }
}

/// A request of actix's, as a [`Ingress`] sees it.
struct Served<'a>(&'a mut Request);

impl RequestHead for Served<'_> {
    fn target(&self) -> &str {
        self.0.uri().path_and_query().map_or("", PathAndQuery::as_str)
    }

    fn set_target(&mut self, target: http::uri::PathAndQuery) -> bool {
        let uri = with_target(self.0.uri(), target.as_str());
        uri.map(|uri| *self.0.uri_mut() = uri).is_some()
    }

    fn for_each_header(&self, visit: &mut dyn FnMut(&str, &[u8])) {
        self.0.headers().iter().for_each(|(name, value)| visit(name.as_str(), value.as_bytes()));
    }

    fn set_header(&mut self, name: http::HeaderName, value: http::HeaderValue) {
        // What stands in the one type may stand in the other.
        if let Ok(name) = HeaderName::from_bytes(name.as_str().as_bytes())
            && let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes())
        {
            copy.set_sensitive(value.is_sensitive());
            let value = copy;
            self.0.headers_mut().insert(name, value);
        }
    }

    fn remove_headers(&mut self, is_removed: &dyn Fn(&str) -> bool) {
        self.0.headers_mut().retain(|name, _| !is_removed(name.as_str()));
    }

    fn set_client(&mut self, client: SocketAddr) {
        self.0.head_mut().peer_addr = Some(client);
        self.0.extensions_mut().insert(ClientAddr(client));
    }

    fn insert_extension<T: Clone + Send + Sync + 'static>(&mut self, extension: T) {
        self.0.extensions_mut().insert(extension);
    }

    fn extend_extensions(&mut self, extensions: http::Extensions) {
        // actix has a map of its own, which takes values one by one.
        #[cfg(feature = "vercel")]
        if let Some(context) = extensions.get::<crate::vercel::Context>() {
            self.insert_extension(context.clone());
        }
        let _ = extensions;
    }
}

type Body<B> = Kept<EitherBody<B>>;

pin_project! {
    #[project = Step]
    pub(super) enum Answer<F, B> {
        OfApp { #[pin] answer: GuardedCall<F>, one: Option<One>, body: PhantomData<fn() -> B> },
        Ready { status: http::StatusCode, text: &'static str, kept: Option<Both> },
    }
}

impl<F, R, E, B> Future for Answer<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<B>>,
    E: Into<actix_web::Error>,
{
    type Output = Result<Response<Body<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project() {
            Step::OfApp { answer, one, .. } => {
                let (answer, pass) = ready!(answer.poll(cx));
                let kept = (pass, one.take());
                match answer {
                    Some(Ok(response)) => of_app(response.into().map_body(|_, body| EitherBody::left(body)), kept),
                    // As actix's server makes one of it, which would let go of what is kept before it is sent.
                    Some(Err(error)) => {
                        let response = Response::<BoxBody>::from(error.into());
                        of_app(response.map_body(|_, body| EitherBody::right(body)), kept)
                    }
                    None => answered(http::StatusCode::INTERNAL_SERVER_ERROR, "internal server error", kept),
                }
            }
            Step::Ready { status, text, kept } => answered(*status, text, kept.take().unwrap_or_default()),
        }))
    }
}

/// An answer of the app's.
fn of_app<B>(mut response: Response<EitherBody<B>>, mut kept: Both) -> Response<Body<B>> {
    let restored = kept.0.restored_location(|| response.headers().get(LOCATION).map(HeaderValue::as_bytes));
    if let Some(restored) = restored
        && let Some(location) = response.headers_mut().get_mut(LOCATION)
        && let Ok(mut restored) = HeaderValue::from_bytes(&restored)
    {
        restored.set_sensitive(location.is_sensitive());
        *location = restored;
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // What follows is no response any more, though actix has it as the body of one.
        kept.0 = RequestGuard::default();
    }
    response.map_body(|_, body| Kept::new(body, kept))
}

/// An answer of the server's own.
fn answered<B>(status: http::StatusCode, text: &'static str, kept: Both) -> Response<Body<B>> {
    let status = StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::with_body(status, ());
    if !text.is_empty() {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
    }
    response.map_body(|_, ()| Kept::new(EitherBody::right(BoxBody::new(text)), kept))
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
