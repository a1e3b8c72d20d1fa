//! Handlers of events and records: closures and services.

use std::{
    any::Any,
    error::Error,
    future::poll_fn,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

use tower_service::Service;

/// An error of a handler.
pub type BoxError = Box<dyn Error + Send + Sync>;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A handler of events or records.
///
/// Async closures and functions are handlers if they return `()` or a `Result<(), E>`, where `E` converts into a boxed error.
/// A `tower::Service` with the response `()` is a handler too. `Marker` keeps the two kinds apart, and is inferred.
///
/// An async closure cannot use state that it captures. Write a closure that returns an `async move` block with clones of the
/// state:
///
/// ```
/// use std::sync::{Arc, atomic::{AtomicUsize, Ordering}};
///
/// use lodger_extension::{Extension, telemetry::Record};
///
/// let count = Arc::new(AtomicUsize::new(0));
/// let extension = Extension::new().on_telemetry(move |records: Vec<Record>| {
///     let count = Arc::clone(&count);
///     async move { count.fetch_add(records.len(), Ordering::Relaxed); }
/// });
/// ```
///
/// A type of yours can implement this trait, with the marker `()`. Its state needs no lock, because the extension calls a handler
/// once at a time:
///
/// ```
/// use lodger_extension::{Extension, handler::{BoxError, Handler}, telemetry::Record};
///
/// struct Counter(usize);
///
/// impl Handler<Vec<Record>, ()> for Counter {
///     async fn call(&mut self, records: Vec<Record>) -> Result<(), BoxError> {
///         self.0 += records.len();
///         Ok(())
///     }
/// }
///
/// let extension = Extension::new().on_telemetry(Counter(0));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler of `{T}`",
    note = "a handler is an async closure such as `async |input: {T}| {{ .. }}` that returns `()` or a `Result`, \
            or a `tower::Service<{T}>` with the response `()`; its future is `Send`"
)]
pub trait Handler<T, Marker>: Send + 'static {
    /// Handles one input.
    fn call(&mut self, input: T) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// The marker of handlers that are closures or functions.
#[derive(Debug)]
pub struct Closure(());

/// The marker of handlers that are services.
#[derive(Debug)]
pub struct TowerService(());

impl<T, F, R> Handler<T, Closure> for F
where
    F: FnMut(T) -> R + Send + 'static,
    R: Future<Output: HandlerOutput> + Send + 'static,
{
    fn call(&mut self, input: T) -> impl Future<Output = Result<(), BoxError>> + Send {
        let future = self(input);
        async { future.await.into_result() }
    }
}

impl<T, S> Handler<T, TowerService> for S
where
    T: Send + 'static,
    S: Service<T, Response = (), Error: Into<BoxError>, Future: Send> + Send + 'static,
{
    async fn call(&mut self, input: T) -> Result<(), BoxError> {
        poll_fn(|cx| self.poll_ready(cx)).await.map_err(Into::into)?;
        Service::call(self, input).await.map_err(Into::into)
    }
}

/// The output of a closure: `()` or a `Result<(), E>`.
pub trait HandlerOutput: Send {
    /// Returns the output as a result.
    ///
    /// # Errors
    /// The closure returned an error.
    fn into_result(self) -> Result<(), BoxError>;
}

impl HandlerOutput for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError> + Send> HandlerOutput for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// A handler of unknown type.
pub(crate) type BoxHandler<T> = Box<dyn ErasedHandler<T>>;

pub(crate) fn boxed<T: 'static, M: 'static>(handler: impl Handler<T, M>) -> BoxHandler<T> {
    Box::new(Erased { handler, marker: PhantomData })
}

pub(crate) trait ErasedHandler<T>: Send {
    fn call(&mut self, input: T) -> BoxFuture<'_, Result<(), BoxError>>;
}

struct Erased<H, M> {
    handler: H,
    marker: PhantomData<fn() -> M>,
}

impl<T: 'static, M: 'static, H: Handler<T, M>> ErasedHandler<T> for Erased<H, M> {
    fn call(&mut self, input: T) -> BoxFuture<'_, Result<(), BoxError>> {
        Box::pin(self.handler.call(input))
    }
}

/// Calls `handler`, and returns its error or the message of its panic.
pub(crate) async fn call<T>(handler: &mut BoxHandler<T>, input: T) -> Result<(), BoxError> {
    // The handler is called again after a panic. Values that the panic leaves in an invalid state are the handler's concern.
    let mut future = catch_unwind(AssertUnwindSafe(|| handler.call(input))).map_err(panicked)?;
    poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(polled) => polled,
        Err(panic) => Poll::Ready(Err(panicked(panic))),
    })
    .await
}

fn panicked(panic: Box<dyn Any + Send>) -> BoxError {
    let message = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", message.unwrap_or("the panic has no message")).into()
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    async fn error_of<M: 'static>(handler: impl Handler<u8, M>) -> Option<String> {
        call(&mut boxed(handler), 7).await.err().map(|error| error.to_string())
    }

    #[tokio::test]
    async fn calls_closures_and_services() {
        assert_eq!(error_of(async |_: u8| {}).await, None);
        assert_eq!(error_of(async |input: u8| Err::<(), _>(format!("no {input}"))).await.unwrap(), "no 7");
        assert_eq!(error_of(async |_: u8| Err::<(), _>(io::Error::other("io"))).await.unwrap(), "io");
        let service = tower::service_fn(|input: u8| async move { Err::<(), _>(io::Error::other(input.to_string())) });
        assert_eq!(error_of(service).await.unwrap(), "7");
    }

    #[tokio::test]
    async fn returns_panics_and_calls_again() {
        let mut calls = 0;
        let mut handler = boxed(move |input: u8| {
            calls += 1;
            assert!(calls != 1, "before the future");
            async move {
                tokio::task::yield_now().await;
                assert!(calls != 2, "in the future of {input}");
            }
        });
        let mut error = async || call(&mut handler, 7).await.err().map(|error| error.to_string());
        assert_eq!(error().await.unwrap(), "the handler panicked: before the future");
        assert_eq!(error().await.unwrap(), "the handler panicked: in the future of 7");
        assert_eq!(error().await, None);
    }
}
