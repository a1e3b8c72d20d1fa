use std::{fmt, pin::Pin, sync::Arc};

#[cfg(any(feature = "lambda", feature = "vercel"))]
use crate::{
    log::say,
    panic::{CatchPanic, Panicked, settled},
};

/// What is done each time before the host may freeze the process: nothing by default.
///
/// See [`Settings::before_freeze`](crate::Settings::before_freeze).
#[derive(Clone, Default)]
pub struct BeforeFreeze(Option<Hook>);

type Hook = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl BeforeFreeze {
    /// The future that `hook` makes is what is done.
    pub fn new<F>(hook: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self(Some(Arc::new(move || Box::pin(hook()))))
    }

    /// Whether there is something to be done.
    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Does it, once. A panic goes into the log.
    #[cfg(any(feature = "lambda", feature = "vercel"))]
    pub(crate) async fn run(&self) {
        let Some(hook) = &self.0 else { return };
        if let Err(Panicked(message)) = settled(CatchPanic::new(|| hook())).await {
            say!(ERROR, "what is done before a freeze panicked: {message}");
        }
    }
}

impl fmt::Debug for BeforeFreeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_some() { "BeforeFreeze(a hook)" } else { "BeforeFreeze(nothing)" })
    }
}
