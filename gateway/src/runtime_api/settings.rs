//! Settings of a Runtime API.

use std::time::Duration;

use tokio::time::Instant;

use super::RuntimeApi;
use crate::{LogEntry, log::Log};

impl RuntimeApi {
    /// Allows requests for this host name, without a port, such as `host.docker.internal`.
    ///
    /// The API rejects requests of web pages with 403. A page could take events of the function or report errors. It rejects
    /// requests with the header `Origin` or `Sec-Fetch-Site`, which browsers send, and requests whose `Host` is neither an IP
    /// address nor `localhost`, a name below it or an allowed name.
    #[must_use]
    pub fn allow_host(self, name: &str) -> Self {
        self.hosts.allow(name);
        self
    }

    /// Sets the [timeout](https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html) of invocations. The default is
    /// 30 seconds.
    ///
    /// The function gets the deadline in `Lambda-Runtime-Deadline-Ms`. A reply after the deadline gets 410 `InvokeTimeout`. This
    /// is not a protocol error, because the process of a function on Managed Instances continues after a timeout.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.state.lock().timeout = Some(timeout);
        self
    }

    /// Allows this many invocations at once, like
    /// [Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html).
    ///
    /// Lambda sets `AWS_LAMBDA_INITIALIZATION_TYPE` to `lambda-managed-instances` there, and `AWS_LAMBDA_MAX_CONCURRENCY` to
    /// this number. Every other function has one invocation at a time, which is the default.
    ///
    /// Every waiting poll and every open invocation occupies a slot. A poll without a free slot is a protocol error and gets
    /// 500. The reply must repeat the `Lambda-Runtime-Invocation-Id` of its invocation. The headers for the client context and the
    /// Cognito identity are empty. An error that the function reports while it streams the reply ends the stream.
    #[must_use]
    pub fn max_concurrency(self, slots: usize) -> Self {
        self.state.lock().slots = Some(slots);
        self
    }

    /// Starts the function from a snapshot, as [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html) does.
    ///
    /// Lambda sets `AWS_LAMBDA_INITIALIZATION_TYPE` to `snap-start` then. The function requests the restore when it is
    /// [ready for the snapshot](Self::wait_for_snapshot), waits for the [restore](Self::restore), and then polls. Without this
    /// setting, the API rejects these requests. AWS documents them only for its own runtimes, whose source code shows them.
    #[must_use]
    pub fn snap_start(self) -> Self {
        self.state.lock().has_snap_start = true;
        self
    }

    /// Gives invocations random request and trace ids, like those of AWS.
    ///
    /// By default request ids count from 1 and the trace id is constant, which suits tests. A tool with several functions needs ids that
    /// differ.
    #[must_use]
    pub fn random_ids(self) -> Self {
        self.state.lock().has_random_ids = true;
        self
    }

    /// Calls `log` at the end of each invocation, on the task that waits for it.
    ///
    /// This includes requests to which the front itself responds, for example with 413.
    ///
    /// ```
    /// use lodger_gateway::RuntimeApi;
    ///
    /// # async fn example() -> std::io::Result<()> {
    /// let api = RuntimeApi::start().await?;
    /// let api = api.on_invocation(|entry| eprintln!("{:?} {:?} {:?}", entry.name, entry.status, entry.duration));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn on_invocation(mut self, log: impl Fn(&LogEntry) + Send + Sync + 'static) -> Self {
        self.log = Log::new(log);
        self
    }

    /// Marks the start of the function's process.
    ///
    /// The [log entry](Self::on_invocation) of the first invocation has the time from this call to the first poll as its
    /// [cold start](LogEntry::cold_start).
    pub fn mark_start(&self) {
        let mut state = self.state.lock();
        state.started_at = Some(Instant::now());
        state.begin_init();
    }
}
