use std::{fmt, pin::Pin, sync::Arc};

#[cfg(any(feature = "lambda", feature = "vercel"))]
use crate::{
    log,
    util::catch_panic::{CatchPanic, Panicked, catch_panic_async},
};

/// The hooks that run each time before the host may freeze the process. By default there are none.
///
/// See [`Settings::before_freeze`](crate::Settings::before_freeze).
#[derive(Clone, Default)]
pub struct BeforeFreeze(Vec<FreezeHook>);

type FreezeHook = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

impl BeforeFreeze {
    /// Adds a hook, which runs after the hooks that were added before.
    pub fn add<F>(&mut self, hook: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.0.push(Arc::new(move || Box::pin(hook())));
    }

    /// Returns whether there is a hook.
    #[cfg(any(feature = "lambda", feature = "vercel"))]
    pub(crate) fn is_some(&self) -> bool {
        !self.0.is_empty()
    }

    /// Runs the hooks. A panic is logged, and the next hook runs.
    #[cfg(any(feature = "lambda", feature = "vercel"))]
    pub(crate) async fn run(&self) {
        for hook in &self.0 {
            if let Err(Panicked(message)) = catch_panic_async(CatchPanic::new(|| hook())).await {
                log::error!("a `before_freeze` hook panicked: {message}");
            }
        }
    }
}

impl fmt::Debug for BeforeFreeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BeforeFreeze({} hooks)", self.0.len())
    }
}
