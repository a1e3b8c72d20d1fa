//! Hooks around the snapshot of a function with SnapStart.

use crate::{Lodger, adapter::BoxError};

impl Lodger {
    /// Adds a hook that runs before Lambda takes the snapshot of a function with [SnapStart][snapstart].
    ///
    /// The hook closes or drops everything that must not be in the snapshot, such as a connection, or a token that will expire.
    ///
    /// Hooks run one after the other, in the reverse order in which they were added, in the runtime that awaits `run`. They run
    /// after the app has been built and before Lodger polls for an invocation. Their time counts as time of the cold start. If a
    /// hook fails or panics, Lodger reports `Runtime.BeforeSnapshotError` to Lambda, the function does not start, and `run`
    /// returns an error whose [source](std::error::Error::source) is the hook's. None of the methods of [`Error`](crate::Error),
    /// such as `is_build`, matches this error.
    ///
    /// Everywhere except on a function with SnapStart, Lodger drops `hook` without running it.
    ///
    /// # Example
    ///
    /// The book (`docs/src/hosts/snap_start.md` in the repository) has a complete app. In short:
    ///
    /// ```
    /// let lodger = lodger::Lodger::new()
    ///     .before_snapshot(async { Ok::<_, std::io::Error>(()) })
    ///     .after_restore(async { Ok::<_, std::io::Error>(()) });
    /// ```
    ///
    /// [snapstart]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    pub fn before_snapshot<E>(mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) -> Self
    where
        E: Into<BoxError>,
    {
        self.hooks.before(hook);
        self
    }

    /// Adds a hook that runs in each instance that Lambda restores from the snapshot of a function with
    /// [SnapStart][snapstart].
    ///
    /// The hook opens connections again, and creates everything that must differ between instances, such as seeds and ids.
    ///
    /// Hooks run one after the other, in the order in which they were added, in the runtime that awaits `run`. They run before
    /// Lodger polls for an invocation. All of them together have [10 seconds][limit]. If a hook fails or panics, Lodger reports
    /// `Runtime.AfterRestoreError` to Lambda, and `run` returns an error like the one for
    /// [`before_snapshot`](Self::before_snapshot).
    ///
    /// Everywhere except on a function with SnapStart, Lodger drops `hook` without running it. Work that every host needs belongs
    /// before `run` or into [`run_with`](Self::run_with).
    ///
    /// [snapstart]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html
    /// [limit]: https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
    ///
    /// # Example
    ///
    /// The book (`docs/src/hosts/snap_start.md` in the repository) has a complete app.
    pub fn after_restore<E>(mut self, hook: impl Future<Output = Result<(), E>> + Send + 'static) -> Self
    where
        E: Into<BoxError>,
    {
        self.hooks.after(hook);
        self
    }

    /// Sets whether Lambda takes a snapshot before the first invocation.
    ///
    /// For tests against an emulator: Lambda sets `AWS_LAMBDA_INITIALIZATION_TYPE` to `snap-start`. A Runtime API that takes no
    /// snapshots does not know the requests around one, and the function does not start.
    pub fn snap_start(mut self, is_taken: bool) -> Self {
        self.settings.snap_start = is_taken;
        self
    }
}
