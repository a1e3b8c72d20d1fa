//! When to poll no more.

use std::{
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use crate::Shutdown;

/// The user's own shutdown, if there is one, until it has come.
pub(super) enum End {
    Never,
    When(Pin<Box<dyn Future<Output = ()> + Send>>),
    HasCome,
}

impl End {
    pub(super) fn new(shutdown: Shutdown) -> Self {
        shutdown.own().map_or(Self::Never, Self::When)
    }

    /// What `future` gives; `None` if the end comes first. Once it has come, no future is begun.
    pub(super) async fn or<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let Self::When(end) = self else {
            return if matches!(self, Self::Never) { Some(future.await) } else { None };
        };
        let mut future = pin!(future);
        let value = poll_fn(|cx| match end.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(None),
            Poll::Pending => future.as_mut().poll(cx).map(Some),
        })
        .await;
        if value.is_none() {
            *self = Self::HasCome;
        }
        value
    }
}

impl fmt::Debug for End {
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
        let mut never = End::new(Shutdown::default());
        assert_eq!(never.or(ready(1)).await, Some(1));
        let mut later = End::new(Shutdown::when(pending()));
        assert_eq!(later.or(ready(1)).await, Some(1));
        let mut now = End::new(Shutdown::when(ready(())));
        for _ in 0..2 {
            assert_eq!(now.or(async { unreachable!("it was begun") }).await, None::<()>);
        }
    }
}
