//! The signal to stop polling.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use crate::Shutdown;

/// The signal that stops the slots between two invocations: the user's shutdown, or the stop of the [group](super::group).
pub(crate) enum StopSignal {
    Never,
    When(Pin<Box<dyn Future<Output = ()> + Send>>),
    Received,
}

impl StopSignal {
    pub(crate) fn new(shutdown: Shutdown) -> Self {
        shutdown.take_future().map_or(Self::Never, Self::When)
    }

    /// Returns the output of `future`, or `None` if the signal comes first.
    ///
    /// Does not start `future` after the signal. If both are ready in the same turn of the runtime, `future` wins: its output
    /// may be an invocation, which must not be lost.
    pub(crate) async fn or<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let signal = match self {
            Self::Never => return Some(future.await),
            Self::Received => return None,
            Self::When(signal) => signal,
        };
        let mut future = pin!(future);
        let mut has_started = false;
        let output = poll_fn(|cx| {
            if has_started && let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            if signal.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            if std::mem::replace(&mut has_started, true) { Poll::Pending } else { future.as_mut().poll(cx).map(Some) }
        })
        .await;
        if output.is_some() {
            return output;
        }
        *self = Self::Received;
        if !has_started {
            return None;
        }
        // Data may have arrived that the runtime has not read yet. It does so before it polls this task again.
        tokio::task::yield_now().await;
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "Never",
            Self::When(_) => "When(future)",
            Self::Received => "Received",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn prefers_the_future_once_it_has_started() {
        let mut never = StopSignal::new(Shutdown::default());
        assert_eq!(never.or(ready(1)).await, Some(1));
        let mut later = StopSignal::new(Shutdown::from_future(pending()));
        assert_eq!(later.or(ready(1)).await, Some(1));
        let mut now = StopSignal::new(Shutdown::from_future(ready(())));
        for _ in 0..2 {
            assert_eq!(now.or(async { unreachable!("it was started") }).await, None::<()>);
        }
        // Both become ready at the same time.
        let (both, mut first) = tokio::sync::watch::channel(0);
        let mut second = both.subscribe();
        let mut stop = StopSignal::new(Shutdown::from_future(async move { drop(second.changed().await) }));
        let (output, ()) = tokio::join!(stop.or(first.changed()), async { both.send(1).unwrap() });
        assert!(output.is_some());
    }
}
