use std::{fmt, pin::Pin, sync::Arc};

#[cfg(any(feature = "lambda", feature = "vercel"))]
use crate::{
    log,
    util::catch_panic::{CatchPanic, Panicked, catch_panic_async},
};

/// What is done each time before the host may freeze the process: nothing by default.
///
/// See [`Settings::before_freeze`](crate::Settings::before_freeze).
#[derive(Clone, Default)]
pub struct BeforeFreeze(Vec<Hook>);

type Hook = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl BeforeFreeze {
    /// What the future that `hook` makes does is done as well, after all that was added before.
    pub fn add<F>(&mut self, hook: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.0.push(Arc::new(move || Box::pin(hook())));
    }

    /// Whether there is something to be done.
    #[cfg(any(feature = "lambda", feature = "vercel"))]
    pub(crate) fn is_some(&self) -> bool {
        !self.0.is_empty()
    }

    /// Does it, once. A panic goes into the log, and ends nothing else.
    #[cfg(any(feature = "lambda", feature = "vercel"))]
    pub(crate) async fn run(&self) {
        for hook in &self.0 {
            if let Err(Panicked(message)) = catch_panic_async(CatchPanic::new(|| hook())).await {
                log::error!("what is done before a freeze panicked: {message}");
            }
        }
    }
}

impl fmt::Debug for BeforeFreeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BeforeFreeze({} hooks)", self.0.len())
    }
}
