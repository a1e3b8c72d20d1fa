mod body;
mod check;
mod extension_requests;
mod extensions;
mod freeze;
mod function_info;
mod head;
#[cfg(feature = "process")]
mod idle;
mod ids;
mod invoke;
mod lifecycle;
mod next;
mod phases;
mod prelude;
mod reply;
mod responses;
mod send;
mod server;
mod settings;
mod state;
mod stream;
mod telemetry;
mod telemetry_requests;

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    net::{TcpListener, ToSocketAddrs},
    task::JoinHandle,
};

use crate::{FunctionError, Warning, access::Hosts, log::Log};

#[cfg(feature = "process")]
pub(crate) use self::extensions::SHUTDOWN_TIMEOUT;
pub use self::extensions::{ExtensionError, ShutdownReason};
#[cfg(feature = "process")]
pub(crate) use self::freeze::Freeze;
#[cfg(feature = "websocket")]
pub(crate) use self::send::error_response;
pub(crate) use self::state::SharedState;

/// A [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) on a port, for one function and its
/// extensions.
///
/// The function has one invocation at a time, unless [`max_concurrency`](Self::max_concurrency) allows more.
///
/// The API checks every request of the function. A reply with an unknown request id gets 400, a reply that is too large gets
/// 413. Everything that the protocol does not allow is a [protocol error](Self::protocol_errors). The drop stops the server.
///
/// The same port has the APIs of extensions:
///
/// | API | requests |
/// |---|---|
/// | [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html) | `/2020-01-01/extension/register`, `event/next`, `init/error` and `exit/error` |
/// | [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html) | `/2022-07-01/telemetry`, schemas 2022-07-01, 2022-12-13 and 2025-01-29 |
/// | [Logs API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html) | `/2020-08-15/logs`, schemas 2020-08-15 and 2021-03-18 |
///
/// Telemetry has the records that AWS documents, except those of restored snapshots and members whose value only AWS has, such as
/// `runtimeVersion`. `maxMemoryUsedMB` is the peak of the function's process, or 0 without `/proc`. A batch that its destination
/// does not accept is sent again, five times in all, and then counts in `platform.logsDropped`. After a timeout Lambda starts
/// the processes again, which this API does not.
#[derive(Debug)]
pub struct RuntimeApi {
    addr: SocketAddr,
    state: Arc<SharedState>,
    hosts: Arc<Hosts>,
    log: Log,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Starts a Runtime API on a free loopback port, in the current tokio runtime.
    ///
    /// # Errors
    /// No loopback port is available.
    pub async fn start() -> io::Result<Self> {
        Self::start_on("127.0.0.1:0").await
    }

    /// Starts a Runtime API on an address, in the current tokio runtime.
    ///
    /// # Errors
    /// The address is not available.
    pub async fn start_on(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(SharedState::default());
        let hosts = Arc::new(Hosts::for_private_api());
        let server = tokio::spawn(server::serve(listener, Arc::clone(&state), Arc::clone(&hosts)));
        Ok(Self { addr, state, hosts, log: Log::default(), server })
    }

    /// The host and the port for the variable `AWS_LAMBDA_RUNTIME_API` of the function.
    pub fn address(&self) -> String {
        self.addr.to_string()
    }

    #[cfg(feature = "process")]
    pub(crate) fn state(&self) -> &Arc<SharedState> {
        &self.state
    }

    /// Waits until the function reports an initialization error.
    pub async fn init_error(&self) -> FunctionError {
        self.state.wait_for(|state| state.init_error.clone()).await
    }

    /// Waits until the function is ready for its snapshot: its hooks have run, and it has requested the restore.
    pub async fn wait_for_snapshot(&self) {
        self.state.wait_for(|state| state.has_snapshot.then_some(())).await;
    }

    /// Restores the function from its snapshot. If it is not ready yet, it is restored as soon as it is.
    pub fn restore(&self) {
        self.state.lock().is_restored = true;
        self.state.changed.notify_waiters();
    }

    /// Waits until the function reports a restore error.
    pub async fn restore_error(&self) -> FunctionError {
        self.state.wait_for(|state| state.restore_error.clone()).await
    }

    /// Returns whether the function has reported an init or restore error, and has not polled since.
    pub fn has_failed_to_start(&self) -> bool {
        self.state.lock().has_failed_to_start
    }

    /// Returns whether the last invocation has timed out. Lambda ends the process then.
    pub fn has_timed_out(&self) -> bool {
        self.state.lock().has_timed_out
    }

    /// The violations of the protocol by the function. Empty after a successful test.
    pub fn protocol_errors(&self) -> Vec<String> {
        self.state.lock().protocol_errors.clone()
    }

    /// The losses of clients because settings do not match, the first of each kind.
    ///
    /// They come from [`send`](Self::send), [`stream`](Self::stream) and [`Server`](crate::Server).
    pub fn warnings(&self) -> Vec<Warning> {
        self.state.lock().warnings.clone()
    }

    /// Waits for the warning with this index, counted from 0.
    pub async fn warning(&self, index: usize) -> Warning {
        self.state.wait_for(|state| state.warnings.get(index).cloned()).await
    }

    /// The number of polls, which are requests of the function for an invocation.
    pub fn poll_count(&self) -> usize {
        self.state.lock().poll_count
    }

    /// The number of polls that wait for an invocation: the idle slots of the function.
    pub fn waiting_poll_count(&self) -> usize {
        self.state.lock().waiting_polls
    }

    /// Waits until the function has polled this many times.
    ///
    /// A function polls for the first time when its initialization has ended, and then after each reply.
    pub async fn wait_for_polls(&self, count: usize) {
        self.state.wait_for(|state| (state.poll_count >= count).then_some(())).await;
    }

    /// The number of connections that the function has opened. One is enough.
    pub fn connection_count(&self) -> usize {
        self.state.lock().connection_count
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}
