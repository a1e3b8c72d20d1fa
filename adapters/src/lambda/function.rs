//! Functions that handle events only: services over [`LambdaEvent`].

use std::{
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
    task::{Context as TaskContext, Poll},
};

use lodger_core::{
    BoxError, Error,
    lambda::{Context, EventHandler, FromEvent, HandlerFuture, HandlerResult, IncomingEvent},
};
use tower_service::Service;

use super::{IntoErrorReport, IntoResult, handlers::invalid_event};
use crate::adapter::{Run, Runner};

/// An event with the metadata of its invocation: the request of a service that handles events.
///
/// [`lodger::run`](crate::run) accepts a `Service<LambdaEvent<T>>`, such as [`service_fn`] makes one. `T` implements
/// [`FromEvent`]: a type of the crate `aws_lambda_events`, any type that implements `DeserializeOwned`, or the
/// [`Event`](super::Event) itself.
#[derive(Debug, Clone)]
pub struct LambdaEvent<T> {
    /// The event.
    pub payload: T,
    /// The metadata of the invocation.
    pub context: Context,
}

impl<T> LambdaEvent<T> {
    /// Creates an event, for tests of a service.
    ///
    /// # Example
    ///
    /// ```
    /// use lodger::lambda::{Context, LambdaEvent};
    ///
    /// let event = LambdaEvent::new("payload", Context::default());
    /// assert_eq!(event.into_parts().0, "payload");
    /// ```
    pub fn new(payload: T, context: Context) -> Self {
        Self { payload, context }
    }

    /// Returns the payload and the metadata.
    pub fn into_parts(self) -> (T, Context) {
        (self.payload, self.context)
    }
}

/// Creates a service from an async function. `tower::service_fn` works as well.
///
/// # Example
///
/// ```no_run
/// use lodger::lambda::{Error, LambdaEvent, service_fn};
/// use serde_json::{Value, json};
///
/// async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
///     let name = event.payload["name"].as_str().unwrap_or("world");
///     Ok(json!({"message": format!("Hello, {name}!"), "id": event.context.request_id()}))
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     lodger::run(service_fn(handler)).await?;
///     Ok(())
/// }
/// ```
pub fn service_fn<F>(handler: F) -> ServiceFn<F> {
    ServiceFn(handler)
}

/// Runs a function like [`lodger::run`](crate::run), with the error of lambda_runtime.
///
/// A `main` that was written for `lambda_runtime::run` stays as it is, except for the import.
///
/// # Errors
/// As [`lodger::run`](crate::run).
///
/// # Panics
/// As [`lodger::run`](crate::run).
///
/// # Example
///
/// ```no_run
/// use lodger::lambda::{Error, LambdaEvent, run, service_fn};
/// use serde_json::Value;
///
/// async fn handler(event: LambdaEvent<Value>) -> Result<Value, Error> {
///     Ok(event.payload)
/// }
///
/// #[tokio::main]
/// async fn main() -> Result<(), Error> {
///     run(service_fn(handler)).await
/// }
/// ```
pub async fn run<S, T>(service: S) -> Result<(), BoxError>
where
    S: Run<FunctionMarker<T>>,
{
    Ok(crate::run(service).await?)
}

/// A service made by [`service_fn`].
#[derive(Clone, Copy)]
pub struct ServiceFn<F>(F);

impl<F, T, R, Output, E> Service<LambdaEvent<T>> for ServiceFn<F>
where
    F: FnMut(LambdaEvent<T>) -> R,
    R: Future<Output = Result<Output, E>>,
{
    type Response = Output;
    type Error = E;
    type Future = R;

    fn poll_ready(&mut self, _: &mut TaskContext<'_>) -> Poll<Result<(), E>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<T>) -> R {
        (self.0)(event)
    }
}

impl<F> fmt::Debug for ServiceFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceFn")
    }
}

/// The marker of services over [`LambdaEvent`].
pub struct FunctionMarker<T>(PhantomData<fn() -> T>);

impl<T> fmt::Debug for FunctionMarker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunctionMarker")
    }
}

impl<S, T> Run<FunctionMarker<T>> for S
where
    S: Service<LambdaEvent<T>, Response: IntoResult, Error: IntoErrorReport, Future: Send> + Clone + Send + 'static,
    T: FromEvent + Send + 'static,
{
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        runner.run_function(Arc::new(Function { service: Mutex::new(self), _event: PhantomData })).await
    }
}

/// A service as the handler of every event.
struct Function<S, T> {
    /// Locked for a clone only.
    service: Mutex<S>,
    _event: PhantomData<fn() -> T>,
}

impl<S, T> EventHandler for Function<S, T>
where
    S: Service<LambdaEvent<T>, Response: IntoResult, Error: IntoErrorReport, Future: Send> + Clone + Send + 'static,
    T: FromEvent + Send + 'static,
{
    fn handle(&self, incoming: &IncomingEvent<'_>) -> Option<HandlerFuture> {
        let context = incoming.context.clone();
        let service = self.service.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(match T::from_event(incoming.event, &context) {
            Ok(payload) => Box::pin(call(service, LambdaEvent { payload, context })),
            Err(error) => Box::pin(std::future::ready(invalid_event(error))),
        })
    }

    fn event_types(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_whole_function(&self) -> bool {
        true
    }
}

/// Calls a service once it is ready.
async fn call<S, T>(mut service: S, event: LambdaEvent<T>) -> HandlerResult
where
    S: Service<LambdaEvent<T>, Response: IntoResult, Error: IntoErrorReport>,
{
    // Not in one `match`, because the error would be kept until the response and might not be `Send`.
    let ready = std::future::poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed);
    let response = match ready {
        Ok(()) => service.call(event),
        Err(result) => return result,
    };
    response.await.map_or_else(failed, IntoResult::into_result)
}

fn failed(error: impl IntoErrorReport) -> HandlerResult {
    HandlerResult::Error(error.into_error_report())
}
