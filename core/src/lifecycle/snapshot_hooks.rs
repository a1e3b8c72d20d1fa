use std::{fmt, pin::Pin};

use crate::{
    BoxError, Error,
    util::catch_panic::{CatchPanic, Panicked, catch_panic_async},
};

/// What is done around the snapshot that Lambda takes of a process with
/// [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html), before and after it: one hook after the
/// other. Where no snapshot is taken they are dropped.
#[derive(Default)]
pub struct SnapshotHooks {
    before: Vec<Hook>,
    after: Vec<Hook>,
}

pub(crate) type Hook = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

impl SnapshotHooks {
    /// Has `hook` run before the snapshot, and before those that were added earlier.
    pub fn before<E: Into<BoxError>>(&mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) {
        self.before.push(boxed("a hook before the snapshot", hook));
    }

    /// Has `hook` run after the restore, and after those that were added earlier.
    pub fn after<E: Into<BoxError>>(&mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) {
        self.after.push(boxed("a hook after the restore", hook));
    }

    /// Those before and those after, each in the order in which they run.
    #[cfg(feature = "lambda")]
    pub(crate) fn in_order(mut self) -> (Vec<Hook>, Vec<Hook>) {
        // What builds upon something is added later than that, and goes first.
        self.before.reverse();
        (self.before, self.after)
    }
}

fn boxed<E: Into<BoxError>>(what: &'static str, hook: impl Future<Output = Result<(), E>> + Send + 'static) -> Hook {
    // From here on, so that one that never runs panics for itself alone when it is dropped.
    let hook = CatchPanic::new(|| hook);
    Box::pin(async move {
        match catch_panic_async(hook).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::new(format!("{what} failed")).with_source(error)),
            Err(Panicked(message)) => Err(Error::new(format!("{what} panicked: {message}"))),
        }
    })
}

impl fmt::Debug for SnapshotHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SnapshotHooks({} before, {} after)", self.before.len(), self.after.len())
    }
}
