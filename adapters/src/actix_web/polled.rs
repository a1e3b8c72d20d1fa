//! An app that is called in process, for what is polled for.

use std::{
    fmt,
    marker::PhantomData,
    num::NonZeroUsize,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_http::{Request, Response, body::MessageBody};
use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::dev::AppConfig;
use pin_project_lite::pin_project;

use super::{request, response, thread};
use crate::{App, Error, lambda::Runtime};

/// Answers what is polled for on a thread of its own, as a worker of actix's server would: handlers stay on it, and the
/// socket is there too, so that no answer has to wake another thread. Where there may be several invocations at once there
/// are as many such threads as there are processors, each with an app of its own.
pub(super) async fn poll<F, I, S, B>(make: F, polling: Runtime) -> Result<(), Error>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>, Error: Into<actix_web::Error>>
        + 'static,
    S::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    let processors = match polling.slots() {
        1 => 1,
        _ => std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
    };
    let start = |mut polling: Runtime| {
        let make = make.clone();
        thread::run(move || async move {
            let app = polling.build(build(make)).await?;
            // Boxed for the same reason as in `thread::run`.
            Box::pin(polling.answer(app)).await
        })
    };
    let mut threads = polling.split(processors).into_iter().map(start).collect::<Result<Vec<_>, _>>()?;
    let mut result = Ok(());
    for thread in &mut threads {
        result = result.and(thread.ended().await);
    }
    result
}

async fn build<F, I, S, B>(make: F) -> Result<InProcess<S::Service, B>, Error>
where
    F: Fn() -> I,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig>,
    S::InitError: fmt::Debug,
{
    // What the app is told of its server counts where a request has no host, and each has one.
    let service = make().into_factory().new_service(AppConfig::default()).await;
    let service = service.map_err(|error| Error::build(format!("cannot build the app: {error:?}")))?;
    Ok(InProcess { service: Rc::new(service), body: PhantomData })
}

/// An actix app as an [`App`].
struct InProcess<S, B> {
    service: Rc<S>,
    body: PhantomData<fn() -> B>,
}

impl<S, B> App for InProcess<S, B>
where
    S: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>> + 'static,
    B: MessageBody + 'static,
{
    type Body = response::Body<B>;
    type Future = Answer<S, B>;

    fn call(&self, request: crate::Request) -> Self::Future {
        match request::of(request) {
            Some(request) => {
                Answer::Waiting { service: Rc::clone(&self.service), request: Some(request), body: PhantomData }
            }
            None => Answer::Refused,
        }
    }
}

pin_project! {
    /// One call of an app: waits until it is ready, then calls it.
    #[project = Step]
    enum Answer<S: Service<Request>, B> {
        Waiting { service: Rc<S>, request: Option<Request>, body: PhantomData<fn() -> B> },
        Called { #[pin] answer: S::Future },
        Refused,
    }
}

impl<S, B> Future for Answer<S, B>
where
    S: Service<Request, Response: Into<Response<B>>, Error: Into<actix_web::Error>>,
    B: MessageBody + 'static,
{
    type Output = http::Response<response::Body<B>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answered = loop {
            let answer = match self.as_mut().project() {
                Step::Refused => return Poll::Ready(response::bad_request()),
                Step::Called { answer } => break ready!(answer.poll(cx)),
                Step::Waiting { service, request, .. } => {
                    if let Err(error) = ready!(service.poll_ready(cx)) {
                        break Err(error);
                    }
                    // It is taken once: what follows is `Called`.
                    let Some(request) = request.take() else {
                        return Poll::Pending;
                    };
                    service.call(request)
                }
            };
            self.set(Self::Called { answer });
        };
        Poll::Ready(match answered {
            Ok(answer) => response::of(answer.into().map_body(|_, body| actix_http::body::EitherBody::left(body))),
            Err(error) => response::of_error(&error.into()),
        })
    }
}
