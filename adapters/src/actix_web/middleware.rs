//! The middleware that passes each request through the [`Ingress`] before the app, under actix's own server.

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

use super::{
    app_factory::AppFactory,
    request_count::{CountedRequest, RequestCounters, WorkerCounter},
    tracked_body::{Guards, TrackedBody},
};
use crate::{
    ClientAddr,
    adapter::{
        copy_extensions,
        own_server::{Admission, GuardedCall, Ingress, RequestGuard, RequestHead},
    },
};

/// An unbuilt app behind the ingress.
pub(super) struct IngressApp<I, S, B> {
    app: I,
    ingress: Ingress,
    counters: RequestCounters,
    _types: PhantomData<fn() -> (S, B)>,
}

impl<I, S, B> IngressApp<I, S, B> {
    pub(super) fn new(app: I, ingress: Ingress, counters: RequestCounters) -> Self {
        Self { app, ingress, counters, _types: PhantomData }
    }
}

impl<I, S, B> IntoServiceFactory<IngressFactory<S, B>, Request> for IngressApp<I, S, B>
where
    I: IntoServiceFactory<S, Request>,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    fn into_factory(self) -> IngressFactory<S, B> {
        let Self { app, ingress, counters, .. } = self;
        IngressFactory { factory: app.into_factory(), ingress, counters, _body: PhantomData }
    }
}

/// Builds an [`IngressService`] for each worker.
pub(super) struct IngressFactory<S, B> {
    factory: S,
    ingress: Ingress,
    counters: RequestCounters,
    _body: PhantomData<fn() -> B>,
}

impl<S, B> ServiceFactory<Request> for IngressFactory<S, B>
where
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Config = AppConfig;
    type Service = IngressService<S::Service, B>;
    type InitError = S::InitError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Service, S::InitError>>>>;

    fn new_service(&self, config: AppConfig) -> Self::Future {
        let service = self.factory.new_service(config);
        let (ingress, counter) = (self.ingress.clone(), self.counters.add_worker());
        Box::pin(async move { Ok(IngressService { service: service.await?, ingress, counter, _body: PhantomData }) })
    }
}

/// The app of one worker, behind the ingress.
pub(super) struct IngressService<S, B> {
    service: S,
    ingress: Ingress,
    counter: WorkerCounter,
    _body: PhantomData<fn() -> B>,
}

impl<S, B> Service<Request> for IngressService<S, B>
where
    S: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = IngressFuture<S::Future, B>;

    fn poll_ready(&self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&self, mut request: Request) -> Self::Future {
        let counted = Some(self.counter.count());
        let peer = request.peer_addr();
        match self.ingress.admit(&mut ActixHead(&mut request), peer) {
            Admission::ToApp(guard) => {
                IngressFuture::App { response: guard.call(|| self.service.call(request)), counted, _body: PhantomData }
            }
            Admission::Response { status, text, guard: request, .. } => {
                IngressFuture::Ready { status, text, guards: Some(Guards { request, _counted: counted }) }
            }
        }
    }
}

/// The head of a request of actix, for the [`Ingress`].
struct ActixHead<'a>(&'a mut Request);

impl RequestHead for ActixHead<'_> {
    fn method(&self) -> &str {
        self.0.method().as_str()
    }

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
        // Both versions of `http` allow the same bytes.
        if let Ok(name) = HeaderName::from_bytes(name.as_str().as_bytes())
            && let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes())
        {
            copy.set_sensitive(value.is_sensitive());
            self.0.headers_mut().insert(name, copy);
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
        copy_extensions(&extensions, &*self.0);
    }
}

type ResponseBody<B> = TrackedBody<EitherBody<B>>;

pin_project! {
    /// The response of the app, or of the ingress.
    #[project = IngressProjection]
    pub(super) enum IngressFuture<F, B> {
        App { #[pin] response: GuardedCall<F>, counted: Option<CountedRequest>, _body: PhantomData<fn() -> B> },
        Ready { status: http::StatusCode, text: &'static str, guards: Option<Guards> },
    }
}

impl<F, R, E, B> Future for IngressFuture<F, B>
where
    F: Future<Output = Result<R, E>>,
    R: Into<Response<B>>,
    E: Into<actix_web::Error>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(match self.project() {
            IngressProjection::App { response, counted, .. } => {
                let (response, request) = ready!(response.poll(cx));
                let guards = Guards { request, _counted: counted.take() };
                match response {
                    Some(Ok(response)) => {
                        app_response(response.into().map_body(|_, body| EitherBody::left(body)), guards)
                    }
                    // Actix's server would make the same response, but drop the guards before sending.
                    Some(Err(error)) => {
                        let response = Response::<BoxBody>::from(error.into());
                        app_response(response.map_body(|_, body| EitherBody::right(body)), guards)
                    }
                    None => text_response(http::StatusCode::INTERNAL_SERVER_ERROR, "internal server error", guards),
                }
            }
            IngressProjection::Ready { status, text, guards } => {
                text_response(*status, text, guards.take().unwrap_or_default())
            }
        }))
    }
}

/// Finishes a response of the app: restores `Location` and adds the guards.
fn app_response<B>(mut response: Response<EitherBody<B>>, mut guards: Guards) -> Response<ResponseBody<B>> {
    let restored = guards.request.restored_location(|| response.headers().get(LOCATION).map(HeaderValue::as_bytes));
    if let Some(restored) = restored
        && let Some(location) = response.headers_mut().get_mut(LOCATION)
        && let Ok(mut restored) = HeaderValue::from_bytes(&restored)
    {
        restored.set_sensitive(location.is_sensitive());
        *location = restored;
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        // The request ends here: actix calls the data of an upgraded connection the body of the response.
        guards.request = RequestGuard::default();
    }
    response.map_body(|_, body| TrackedBody::new(body, guards))
}

/// Makes a response of Lodger's own.
fn text_response<B>(status: http::StatusCode, text: &'static str, guards: Guards) -> Response<ResponseBody<B>> {
    let status = StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::with_body(status, ());
    if !text.is_empty() {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, plain);
    }
    response.map_body(|_, ()| TrackedBody::new(EitherBody::right(BoxBody::new(text)), guards))
}

/// Replaces the path and the query of `uri`. The host of an HTTP/2 request stays.
fn with_target(uri: &Uri, target: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let target: PathAndQuery = target.parse().ok()?;
    if parts.authority.is_none() {
        // Not parsed as a URI: that would make a host from the text after two slashes.
        return Some(Uri::from(target));
    }
    parts.path_and_query = Some(target);
    Uri::from_parts(parts).ok()
}
