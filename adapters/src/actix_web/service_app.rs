//! An app that Lodger calls in process.

use std::{
    marker::PhantomData,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_http::{
    Request, Response,
    body::{EitherBody, MessageBody},
};
use actix_service::{IntoServiceFactory, Service};
use actix_web::dev::AppConfig;
use pin_project_lite::pin_project;

use super::{
    app_factory::AppFactory,
    request,
    response::{self, HostBody},
};
use crate::{Error, adapter::App};

/// Builds an app on this thread.
pub(super) async fn build<F, I, S, B>(new_app: F) -> Result<ServiceApp<S::Service, B>, Error>
where
    F: Fn() -> I,
    I: IntoServiceFactory<S, Request>,
    S: AppFactory<B>,
{
    // The default is enough: actix uses this configuration only for requests without a host, and each request has one.
    let service = new_app().into_factory().new_service(AppConfig::default()).await;
    let service = service.map_err(|error| Error::build(format!("cannot build the app: {error:?}")))?;
    Ok(ServiceApp { service: Rc::new(service), _body: PhantomData })
}

/// An actix service as an [`App`].
pub(super) struct ServiceApp<S, B> {
    service: Rc<S>,
    _body: PhantomData<fn() -> B>,
}

impl<S, B> App for ServiceApp<S, B>
where
    S: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>> + 'static,
    B: MessageBody + 'static,
{
    type Body = HostBody<B>;
    type Future = ServiceFuture<S, B>;

    fn call(&self, request: crate::Request) -> Self::Future {
        match request::from_host(request) {
            Some(request) => {
                ServiceFuture::Waiting { service: Rc::clone(&self.service), request: Some(request), _body: PhantomData }
            }
            None => ServiceFuture::BadRequest,
        }
    }
}

pin_project! {
    /// One call of a service: waits until the service is ready, then calls it.
    #[project = ServiceProjection]
    pub(super) enum ServiceFuture<S: Service<Request>, B> {
        Waiting { service: Rc<S>, request: Option<Request>, _body: PhantomData<fn() -> B> },
        Called { #[pin] response: S::Future },
        BadRequest,
    }
}

impl<S, B> Future for ServiceFuture<S, B>
where
    S: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody + 'static,
{
    type Output = http::Response<HostBody<B>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = loop {
            let response = match self.as_mut().project() {
                ServiceProjection::BadRequest => return Poll::Ready(response::bad_request()),
                ServiceProjection::Called { response } => break ready!(response.poll(cx)),
                ServiceProjection::Waiting { service, request, .. } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        break Err(error);
                    }
                    // `None` cannot happen: the next state is `Called`.
                    let Some(request) = request.take() else {
                        return Poll::Pending;
                    };
                    service.call(request)
                }
            };
            self.set(Self::Called { response });
        };
        Poll::Ready(match result {
            Ok(response) => response::to_host(response.into().map_body(|_, body| EitherBody::left(body))),
            Err(error) => response::from_error(&error.into()),
        })
    }
}
