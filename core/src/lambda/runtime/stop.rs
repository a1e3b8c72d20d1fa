//! When to poll no more.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use crate::Shutdown;

/// The user's own shutdown, if there is one, until it has come.
pub(crate) enum StopSignal {
    Never,
    When(Pin<Box<dyn Future<Output = ()> + Send>>),
    HasCome,
}

impl StopSignal {
    pub(crate) fn new(shutdown: Shutdown) -> Self {
        shutdown.into_future().map_or(Self::Never, Self::When)
    }

    /// What `future` gives; `None` if the end comes first. Once it has come, no future is begun; one that has been begun
    /// and is done at the same moment counts as the first.
    pub(crate) async fn or<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let Self::When(end) = self else {
            return if matches!(self, Self::Never) { Some(future.await) } else { None };
        };
        let mut future = pin!(future);
        let mut is_begun = false;
        let value = poll_fn(|cx| {
            if is_begun && let Poll::Ready(value) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(value));
            }
            if end.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            if std::mem::replace(&mut is_begun, true) { Poll::Pending } else { future.as_mut().poll(cx).map(Some) }
        })
        .await;
        if value.is_some() {
            return value;
        }
        *self = Self::HasCome;
        if !is_begun {
            return None;
        }
        // What has arrived may not have been looked at yet: the runtime does so before it comes back to this.
        tokio::task::yield_now().await;
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "Never",
            Self::When(_) => "When(own future)",
            Self::HasCome => "HasCome",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    #[tokio::test]
    async fn what_is_first_is_what_counts_and_the_end_is_asked_first() {
        let mut never = StopSignal::new(Shutdown::default());
        assert_eq!(never.or(ready(1)).await, Some(1));
        let mut later = StopSignal::new(Shutdown::from_future(pending()));
        assert_eq!(later.or(ready(1)).await, Some(1));
        let mut now = StopSignal::new(Shutdown::from_future(ready(())));
        for _ in 0..2 {
            assert_eq!(now.or(async { unreachable!("it was begun") }).await, None::<()>);
        }
        // Both at once, after a while.
        let (both, first) = tokio::sync::watch::channel(0);
        let mut second = both.subscribe();
        let mut end = StopSignal::new(Shutdown::from_future(async move { drop(second.changed().await) }));
        let mut first = first;
        let (value, ()) = tokio::join!(end.or(first.changed()), async { both.send(1).unwrap() });
        assert!(value.is_some());
    }
}
