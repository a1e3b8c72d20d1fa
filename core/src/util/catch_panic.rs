//! Turns panics of the app into values.
//!
//! A panic must not end the process: other requests would fail, and Lambda would have to start a new process.

use std::{
    any::Any,
    fmt,
    panic::{self, AssertUnwindSafe},
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

pin_project! {
    /// A future that returns its panics, including those of its destructor.
    ///
    /// For adapters that poll several futures of the app in one task: a panic of one future must not end the others.
    pub struct CatchPanic<F> {
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for CatchPanic<F> {
        fn drop(this: Pin<&mut Self>) {
            // The destructor of a future that did not complete may panic.
            let mut future = this.project().future;
            let _ = catch_panic(|| future.set(None));
        }
    }
}

/// The message of a panic. The panic hook has printed the panic already.
#[derive(Debug, PartialEq, Eq)]
pub struct Panicked(pub(crate) String);

/// Calls `make`, and returns its value or the message of its panic.
///
/// Values that the panic leaves in an invalid state are the app's concern, like under its framework's own server.
pub(crate) fn catch_panic<T>(make: impl FnOnce() -> T) -> Result<T, Panicked> {
    panic::catch_unwind(AssertUnwindSafe(make)).map_err(Panicked::new)
}

/// Awaits a future that [`CatchPanic::new`] made.
pub(crate) async fn catch_panic_async<F: Future>(made: Result<CatchPanic<F>, Panicked>) -> Result<F::Output, Panicked> {
    made?.await
}

impl<F: Future> CatchPanic<F> {
    /// Creates the future that `make` returns. `make` may panic too.
    ///
    /// # Errors
    /// `make` panicked.
    pub fn new(make: impl FnOnce() -> F) -> Result<Self, Panicked> {
        catch_panic(make).map(|future| Self { future: Some(future) })
    }
}

impl<F> fmt::Debug for CatchPanic<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanic").finish_non_exhaustive()
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
                // The destructor may panic again.
                let _ = catch_panic(|| future.set(None));
                Poll::Ready(Err(panicked))
            }
        }
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Panicked {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        if let Some(message) = panic_message(&*payload) {
            return Self(message.to_owned());
        }
        // A payload of any other type may have a destructor that panics.
        std::mem::forget(payload);
        Self("no message".to_owned())
    }
}

/// The message of a panic, if its payload has a type that `panic!` creates.
pub(crate) fn panic_message(payload: &(dyn Any + Send)) -> Option<&str> {
    payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::future::poll_fn;

    use super::*;

    /// A value whose destructor panics.
    pub(crate) struct PanicsOnDrop;

    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }

    async fn message_of_panic<F: Future>(make: impl FnOnce() -> F) -> String {
        catch_panic_async(CatchPanic::new(make)).await.err().unwrap().0
    }

    #[tokio::test]
    async fn catches_a_panic_at_every_stage_of_a_future() {
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
        // An `async` block drops its values during the panic. This future drops its value after the panic.
        let held = PanicsOnDrop;
        let panics_twice = poll_fn(move |_| -> Poll<()> {
            let _held = &held;
            panic!("first")
        });
        assert_eq!(message_of_panic(|| panics_twice).await, "first");
    }

    #[tokio::test]
    async fn returns_the_value_of_a_future_that_does_not_panic() {
        assert_eq!(CatchPanic::new(async || 7).unwrap().await, Ok(7));
    }
}
