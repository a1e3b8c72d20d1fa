//! Calls of handlers, whose panics become errors.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    task::{Context, Poll},
};

use crate::{
    handler::{BoxError, BoxFuture, BoxHandler},
    log,
};

/// Calls `handler`, and returns its error or the message of its panic.
pub(crate) async fn call<T>(handler: &mut BoxHandler<T>, input: T) -> Result<(), BoxError> {
    // The handler is called again after a panic. Values that the panic leaves in an invalid state are the handler's concern.
    let mut running = Running(Some(catch(|| handler.call(input)).map_err(panicked)?));
    let result = poll_fn(|cx| running.poll(cx)).await;
    result.and(running.end())
}

/// The future of a handler. No panic of the future or its destructor leaves this type.
struct Running<'a>(Option<BoxFuture<'a, Result<(), BoxError>>>);

impl Running<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match &mut self.0 {
            Some(future) => {
                catch(|| future.as_mut().poll(cx)).unwrap_or_else(|message| Poll::Ready(Err(panicked(message))))
            }
            None => Poll::Ready(Ok(())),
        }
    }

    /// Drops the future.
    fn end(&mut self) -> Result<(), BoxError> {
        let future = self.0.take();
        catch(|| drop(future)).map_err(panicked)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // A handler that is cancelled, or whose error is already known.
        if let Err(error) = self.end() {
            log::error(format_args!("cannot drop the future of a handler: {error}"));
        }
    }
}

/// Calls `function`, and returns the message of its panic as an error.
pub(crate) fn catch<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(function)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        text.unwrap_or("the panic has no message").to_owned()
    })
}

fn panicked(message: String) -> BoxError {
    format!("the handler panicked: {message}").into()
}

#[cfg(test)]
mod tests {
    use std::{io, pin::Pin, time::Duration};

    use tokio::time::timeout;

    use super::*;
    use crate::handler::{Handler, boxed};

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

    /// A future that panics when it is dropped.
    struct BadDrop {
        is_ready: bool,
    }

    impl Future for BadDrop {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            if self.is_ready { Poll::Ready(()) } else { Poll::Pending }
        }
    }

    impl Drop for BadDrop {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }

    /// A handler whose future panics when it is polled, and again when it is dropped.
    struct BadPoll;

    impl Handler<u8, ()> for BadPoll {
        fn call(&mut self, _: u8) -> impl Future<Output = Result<(), BoxError>> + Send {
            let dropped = BadDrop { is_ready: false };
            poll_fn(move |_| {
                let _dropped_with_the_future = &dropped;
                panic!("in poll")
            })
        }
    }

    #[tokio::test]
    async fn returns_panics_of_destructors() {
        let error = error_of(|_: u8| BadDrop { is_ready: true }).await.unwrap();
        assert_eq!(error, "the handler panicked: in the destructor");
        assert_eq!(error_of(BadPoll).await.unwrap(), "the handler panicked: in poll");
    }

    #[tokio::test(start_paused = true)]
    async fn survives_the_panic_of_a_destructor_after_a_timeout() {
        let mut handler = boxed(|_: u8| BadDrop { is_ready: false });
        let called = timeout(Duration::from_secs(1), call(&mut handler, 7)).await;
        assert!(called.is_err());
    }
}
