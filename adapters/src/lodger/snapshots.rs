//! What is done around the snapshot of a process with SnapStart.

use crate::{Lodger, adapter::BoxError};

impl Lodger {
    /// Runs `hook` before the snapshot that Lambda takes with [SnapStart](crate#snapstart): what is not to be in it is closed
    /// here, as a connection, or forgotten, as a token that will have expired.
    ///
    /// Hooks run one after the other, the one that was added last first, in the runtime that `run` is awaited in: once the
    /// app has been built, and before any invocation is asked for. Their time is that of the start of the function. One that
    /// fails or panics is reported to Lambda as the reason why the function does not start (`Runtime.BeforeSnapshotError`),
    /// and `run` ends with it.
    ///
    /// Where no snapshot is taken, which is everywhere but on a function with SnapStart, `hook` is dropped, and does not run.
    ///
    /// # Example
    ///
    /// [In the root of this crate](crate#snapstart), and in short:
    ///
    /// ```
    /// let lodger = lodger::Lodger::new()
    ///     .before_snapshot(async { Ok::<_, std::io::Error>(()) })
    ///     .after_restore(async { Ok::<_, std::io::Error>(()) });
    /// ```
    pub fn before_snapshot<E>(mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) -> Self
    where
        E: Into<BoxError>,
    {
        self.hooks.before(hook);
        self
    }

    /// Runs `hook` in each instance that is restored from the snapshot that Lambda takes with [SnapStart](crate#snapstart):
    /// what was closed is opened here, and what no two instances may have in common is made, as seeds and ids.
    ///
    /// Hooks run one after the other, in the order in which they were added, in the runtime that `run` is awaited in: before
    /// any invocation is asked for. All of them together have [10 seconds][limit]. One that fails or panics is reported to
    /// Lambda as the reason why the instance cannot go on (`Runtime.AfterRestoreError`), and `run` ends with it.
    ///
    /// Where no snapshot is taken, which is everywhere but on a function with SnapStart, `hook` is dropped, and does not run:
    /// what is to be done on every host is done before `run`, or in [`run_with`](Self::run_with).
    ///
    /// [limit]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
    ///
    /// # Example
    ///
    /// [In the root of this crate](crate#snapstart).
    pub fn after_restore<E>(mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) -> Self
    where
        E: Into<BoxError>,
    {
        self.hooks.after(hook);
        self
    }

    /// Whether Lambda takes a snapshot before the first invocation. For tests against an emulator; Lambda sets
    /// `AWS_LAMBDA_INITIALIZATION_TYPE`, to `snap-start` where it does. Where it does not, there is no answer to what is asked
    /// of it then, and the function does not start.
    pub fn snap_start(mut self, is_taken: bool) -> Self {
        self.settings.snap_start = is_taken;
        self
    }
}
