//! An app that panics must not take the process with it: other requests, and Lambda's start of a new one, pay for that.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

#[cfg(any(feature = "lambda", feature = "vercel"))]
use crate::Error;

pin_project! {
    /// A future whose panics are values, those of its destructor included.
    pub(crate) struct CatchPanic<F> {
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for CatchPanic<F> {
        fn drop(this: Pin<&mut Self>) {
            // One that is given up panics as any other does.
            let mut future = this.project().future;
            let _ = catch_panic(|| future.set(None));
        }
    }
}

/// What a panic said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Panicked(pub(crate) String);

/// What `make` gives, or what it said when it panicked.
///
/// What an app leaves behind when it unwinds is its own affair, as it is under its own server.
pub(crate) fn catch_panic<T>(make: impl FnOnce() -> T) -> Result<T, Panicked> {
    panic::catch_unwind(AssertUnwindSafe(make)).map_err(Panicked::new)
}

/// What a future gives, or what it or its maker said when it panicked.
pub(crate) async fn catch_panic_async<F: Future>(made: Result<CatchPanic<F>, Panicked>) -> Result<F::Output, Panicked> {
    made?.await
}

/// What building an app gives; a panic is an error like any other.
#[cfg(any(feature = "lambda", feature = "vercel"))]
pub(crate) async fn catch_build_panic<T>(build: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let panicked = |Panicked(message)| Error::new(format!("the app panicked while it was built: {message}"));
    catch_panic_async(CatchPanic::new(|| build)).await.map_err(panicked).flatten()
}

impl<F: Future> CatchPanic<F> {
    /// The future that `make` makes.
    pub(crate) fn new(make: impl FnOnce() -> F) -> Result<Self, Panicked> {
        catch_panic(make).map(|future| Self { future: Some(future) })
    }
}

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut future = self.project().future;
        let polled = catch_panic(|| {
            let polled = future.as_mut().as_pin_mut().map_or(Poll::Pending, |future| future.poll(cx));
            if polled.is_ready() {
                future.set(None);
            }
            polled
        });
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(panicked) => {
                // What is left of it may panic again.
                let _ = catch_panic(|| future.set(None));
                Poll::Ready(Err(panicked))
            }
        }
    }
}

impl Panicked {
    fn new(panic: Box<dyn Any + Send>) -> Self {
        if let Some(message) = message_of(&*panic) {
            return Self(message.to_owned());
        }
        // Whatever it is, its destructor may panic as well.
        std::mem::forget(panic);
        Self("no message".to_owned())
    }
}

/// The message of a panic, unless its payload is of another type than that of `panic!`.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct PanicsOnDrop;
    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }

    async fn message_of_panic<F: Future>(make: impl FnOnce() -> F) -> String {
        catch_panic_async(CatchPanic::new(make)).await.err().unwrap().0
    }

    #[tokio::test]
    async fn wherever_a_future_panics_it_is_a_value() {
        assert_eq!(message_of_panic(|| -> std::future::Ready<()> { panic!("at once") }).await, "at once");
        assert_eq!(message_of_panic(async || panic!("while {}", "polled")).await, "while polled");
        assert_eq!(
            message_of_panic(async || {
                tokio::task::yield_now().await;
                panic!("later")
            })
            .await,
            "later"
        );
        assert_eq!(
            message_of_panic(async || {
                let _held = PanicsOnDrop;
            })
            .await,
            "in drop"
        );
        assert_eq!(message_of_panic(async || std::panic::panic_any(PanicsOnDrop)).await, "no message");
    }

    #[tokio::test]
    async fn what_does_not_panic_passes() {
        assert_eq!(CatchPanic::new(async || 7).unwrap().await, Ok(7));
    }
}
