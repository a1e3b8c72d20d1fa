//! Handlers of events and records: closures and services.

use std::{error::Error, future::poll_fn, marker::PhantomData, pin::Pin};

use tower_service::Service;

/// An error of a handler.
pub type BoxError = Box<dyn Error + Send + Sync>;

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

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
