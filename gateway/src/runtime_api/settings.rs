//! How a Runtime API is set up.

use std::time::Duration;

use tokio::time::Instant;

use super::RuntimeApi;
use crate::{LogEntry, log::Log};

impl RuntimeApi {
    /// Takes requests for this host name as well, without a port, such as `host.docker.internal`.
    ///
    /// A request whose `Host` is neither an IP address nor `localhost` or a name below it gets 403, and so does one with `Origin`
    /// or `Sec-Fetch-Site`, which browsers send: a web page could take the events of a function otherwise, or report errors
    /// of it.
    #[must_use]
    pub fn allow_host(self, name: &str) -> Self {
        self.hosts.allow(name);
        self
    }

    /// How long the function has for an invocation, as its
    /// [timeout](https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html) says on Lambda: half a minute if it is
    /// not set.
    ///
    /// `Lambda-Runtime-Deadline-Ms` tells the function of it. When it is over, the invocation is given up, and an answer that
    /// comes later gets 410 `InvokeTimeout`, which is no complaint: on Managed Instances a function lives on then.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.state.lock().timeout = Some(timeout);
        self
    }

    /// Lets the function have so many invocations open at once, which is what it is told in `AWS_LAMBDA_MAX_CONCURRENCY` on
    /// [Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html),
    /// where `AWS_LAMBDA_INITIALIZATION_TYPE` is `lambda-managed-instances`. Without it, it has one, as on all others.
    ///
    /// A poll beyond these slots, each of which is a poll that waits or an invocation that is open, is a complaint and gets
    /// 500. Each invocation has an id that has to come back (`Lambda-Runtime-Invocation-Id`), and headers with nothing in them
    /// where there is no client context and no Cognito identity: of the versions of the emulator that AWS published, some leave
    /// them out. An error that is reported while a reply is streamed ends the stream.
    #[must_use]
    pub fn max_concurrency(self, slots: usize) -> Self {
        self.state.lock().slots = Some(slots);
        self
    }

    /// Starts the function from a snapshot, as [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html) does, where
    /// `AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`: it asks for what comes after the snapshot
    /// ([`snapshot`](Self::snapshot)), hears of it ([`restore`](Self::restore)), and polls then. Without this there is nothing
    /// to ask for.
    ///
    /// What the Runtime API has for that is documented for the runtimes of AWS only, whose sources say what they ask.
    #[must_use]
    pub fn snap_start(self) -> Self {
        self.state.lock().snap_start = true;
        self
    }

    /// Calls `log` at the end of each invocation, on the task that waited for it, such as to write a line.
    ///
    /// This includes requests that the front responds to itself, such as with 413.
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

    /// Marks the start of the function's process. The [log entry](Self::on_invocation) of its first invocation has the time from
    /// here to the first poll as [cold start](LogEntry::cold_start).
    pub fn mark_start(&self) {
        self.state.lock().function_started = Some(Instant::now());
    }
}
