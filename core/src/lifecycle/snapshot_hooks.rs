use std::{fmt, pin::Pin};

use crate::{
    BoxError, Error,
    util::catch_panic::{CatchPanic, Panicked, catch_panic_async},
};

/// The hooks that run before and after the snapshot that Lambda takes of a process with
/// [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html).
///
/// The hooks run one after the other. If Lambda takes no snapshot, they are dropped.
#[derive(Default)]
pub struct SnapshotHooks {
    before: Vec<SnapshotHook>,
    after: Vec<SnapshotHook>,
}

pub(crate) type SnapshotHook = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

impl SnapshotHooks {
    /// Adds a hook that runs before the snapshot, and before the hooks that were added earlier.
    pub fn before<E: Into<BoxError>>(&mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) {
        self.before.push(boxed("a hook before the snapshot", hook));
    }

    /// Adds a hook that runs after the restore, and after the hooks that were added earlier.
    pub fn after<E: Into<BoxError>>(&mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) {
        self.after.push(boxed("a hook after the restore", hook));
    }

    /// The hooks before the snapshot and those after the restore, each in the order in which they run.
    #[cfg(feature = "lambda")]
    pub(crate) fn in_order(mut self) -> (Vec<SnapshotHook>, Vec<SnapshotHook>) {
        // A hook may depend on earlier ones, so the last one shuts down first.
        self.before.reverse();
        (self.before, self.after)
    }
}

fn boxed<E: Into<BoxError>>(
    name: &'static str,
    hook: impl Future<Output = Result<(), E>> + Send + 'static,
) -> SnapshotHook {
    // Wrapped here already: the destructor of a hook that never runs may panic.
    let hook = CatchPanic::new(|| hook);
    Box::pin(async move {
        match catch_panic_async(hook).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::new(format!("{name} failed")).with_source(error)),
            Err(Panicked(message)) => Err(Error::new(format!("{name} panicked: {message}"))),
        }
    })
}

impl fmt::Debug for SnapshotHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotHooks({} before, {} after)", self.before.len(), self.after.len())
    }
}
