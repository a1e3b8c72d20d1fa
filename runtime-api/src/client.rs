use std::{fmt, sync::Arc, time::Duration};

use tokio::time::sleep;

use crate::{
    Error, InternalExtension,
    address::Address,
    http1::{Connection, ConnectionError, ResponseHead, ignore_header},
    outage::{FIRST_PAUSE, LONGEST_PAUSE, Outage},
    report::{ErrorTarget, NO_TRACE},
    timer::ReusableTimer,
};

pub(crate) const API_VERSION: &str = "/2018-06-01/runtime";
pub(crate) const USER_AGENT: &str = concat!("lodger/", env!("CARGO_PKG_VERSION"));

/// A client of the Runtime API that receives one invocation at a time.
///
/// The client opens one connection with the first call and keeps it open. If Lambda has closed the connection, the client opens
/// another one.
pub struct Client {
    pub(crate) address: Address,
    /// The idle connection.
    pub(crate) connection: Option<Box<Connection>>,
    /// A new connection for the next poll.
    pub(crate) opened: Option<PollConnection>,
    /// The connection on which the next invocation has begun to arrive.
    pub(crate) arriving: Option<Box<Connection>>,
    pub(crate) timer: ReusableTimer,
    pub(crate) outage: Outage,
    /// The request that polls for the next invocation.
    pub(crate) poll_head: String,
    /// The head of the last POST request. Kept for its memory.
    pub(crate) post_head: String,
    /// The headers of every request.
    headers: String,
    on_retry: Option<OnRetry>,
}

/// A connection on which the next poll is sent.
#[derive(Debug)]
pub(crate) struct PollConnection {
    pub(crate) connection: Box<Connection>,
    pub(crate) origin: Origin,
}

/// The origin of the connection of a poll. Decides whether the poll is repeated at once if Lambda closes the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Kept from an earlier request. Lambda has probably closed the connection while the process was frozen.
    Kept,
    New,
    /// Opened because Lambda had closed another connection during a poll.
    Replacement,
}

type OnRetry = Arc<dyn Fn(fmt::Arguments<'_>) + Send + Sync>;

impl Client {
    /// Creates a client of the Runtime API that `AWS_LAMBDA_RUNTIME_API` names. Opens no connection yet.
    ///
    /// # Errors
    /// The variable is not set, or is not an address.
    pub fn from_env() -> Result<Self, Error> {
        let address = std::env::var("AWS_LAMBDA_RUNTIME_API").map_err(|_| Error::missing_address())?;
        Self::new(&address)
    }

    /// Creates a client of the Runtime API at `address`: a host and a port, optionally with `http://` before and a path after
    /// them. Opens no connection yet.
    ///
    /// # Errors
    /// `address` has another form.
    pub fn new(address: &str) -> Result<Self, Error> {
        let address = Address::parse(address).ok_or_else(|| Error::invalid_address(address))?;
        Ok(Self::with(address, Outage::default(), None))
    }

    /// The address of the Runtime API: a host, a port, and a path if there is one.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.authority() + self.address.path()
    }

    /// Creates another client of the same process, with a connection of its own, to receive a second invocation at the same
    /// time.
    #[must_use]
    pub fn sibling(&self) -> Self {
        Self::with(self.address.clone(), self.outage.sibling(), self.on_retry.clone())
    }

    /// Calls `report` before every retry of a poll. Without this method, `tracing` logs the message at level `WARN`.
    #[must_use]
    pub fn on_retry(mut self, report: impl Fn(fmt::Arguments<'_>) + Send + Sync + 'static) -> Self {
        self.on_retry = Some(Arc::new(report));
        self
    }

    fn with(address: Address, outage: Outage, on_retry: Option<OnRetry>) -> Self {
        let headers = format!("host: {}\r\nuser-agent: {USER_AGENT}\r\n", address.authority());
        let poll_head = format!("GET {}{API_VERSION}/invocation/next HTTP/1.1\r\n{headers}\r\n", address.path());
        Self {
            address,
            connection: None,
            opened: None,
            arriving: None,
            timer: ReusableTimer::default(),
            outage,
            poll_head,
            post_head: String::new(),
            headers,
            on_retry,
        }
    }

    /// Registers an internal extension without events, so that Lambda sends SIGTERM before it ends the process.
    ///
    /// Lambda sends no signal to a process without extensions. Keep the returned value for as long as the process runs. No two
    /// extensions of a function may have the same `name`, which consists of ASCII letters, digits, `.`, `_` and `-`.
    ///
    /// Source: [the lifecycle of the execution environment](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown).
    ///
    /// # Errors
    /// `name` is invalid. Lambda rejects the registration, or does not respond within three seconds. No error is
    /// [fatal](Error::is_fatal): the process works without the extension.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn register_extension(&self, name: &str) -> Result<InternalExtension, Error> {
        InternalExtension::register(&self.address, &self.headers, name).await
    }

    /// Reports that the process cannot start. The process has to exit afterwards.
    ///
    /// `error_type` has the form `Runtime.Word` or `Function.Word`. A header contains the type as well, in the form that
    /// [`Invocation::fail`](crate::Invocation::fail) describes. `message` is cut after 32,768 characters.
    ///
    /// # Errors
    /// Lambda did not accept the report.
    pub async fn fail_initialization(&mut self, error_type: &str, message: &str) -> Result<(), Error> {
        self.report_error(ErrorTarget::Initialization, error_type, message, NO_TRACE).await
    }

    /// Reports that the process cannot go on after the restore from a snapshot. The process has to exit afterwards.
    ///
    /// The arguments have the same form as in [`fail_initialization`](Self::fail_initialization).
    ///
    /// # Errors
    /// Lambda did not accept the report.
    pub async fn fail_restore(&mut self, error_type: &str, message: &str) -> Result<(), Error> {
        self.report_error(ErrorTarget::Restore, error_type, message, NO_TRACE).await
    }

    /// Lets Lambda take the [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html) snapshot, and returns in
    /// an environment that was restored from the snapshot.
    ///
    /// Call this method once, before the first poll, if `AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`. Use a
    /// [`sibling`](Self::sibling): a connection from before the snapshot is dead after the restore.
    ///
    /// # Errors
    /// Lambda cannot be reached, or does not take a snapshot. Do not repeat the call: the snapshot may have been taken.
    pub async fn wait_for_restore(&mut self) -> Result<(), Error> {
        let address = self.address.authority();
        let failed = |cause: String, source| {
            let message = format!("cannot restore from a snapshot with the Lambda Runtime API at {address}{cause}");
            Error::fatal(message, source)
        };
        match self.request_restore().await {
            Ok(200) => Ok(()),
            Ok(status) => Err(failed(format!(": restore/next returned {status} instead of 200"), None)),
            Err(error) => Err(failed(String::new(), Some(error.into()))),
        }
    }

    async fn request_restore(&mut self) -> Result<u16, ConnectionError> {
        let head = format!("GET {}{API_VERSION}/restore/next HTTP/1.1\r\n{}\r\n", self.address.path(), self.headers);
        let mut connection = self.connect(None).await?;
        connection.send(head.as_bytes(), &mut self.timer).await?;
        connection.wait().await?;
        let (head, _) = connection.response(&mut self.timer, &mut ignore_header).await?;
        Ok(head.status)
    }

    /// Starts the head of a POST request to `path`.
    pub(crate) fn start_post(&mut self, path: [&str; 3], invocation_id: Option<&str>) -> String {
        let mut head = std::mem::take(&mut self.post_head);
        head.clear();
        head.extend(["POST ", self.address.path(), API_VERSION]);
        head.extend(path);
        head.extend([" HTTP/1.1\r\n", &self.headers]);
        if let Some(id) = invocation_id {
            head.extend(["lambda-runtime-invocation-id: ", id, "\r\n"]);
        }
        head
    }

    /// Returns `kept`, or a new connection. Retries for some seconds if the Runtime API cannot be reached.
    pub(crate) async fn connect(&self, mut kept: Option<Box<Connection>>) -> Result<Box<Connection>, ConnectionError> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.address.connection(kept.take()).await {
                Err(ConnectionError::Unreachable(_)) if pause < LONGEST_PAUSE => pause = wait_and_double(pause).await,
                connection => return connection,
            }
        }
    }

    /// Takes the kept connection if the peer has not closed it.
    pub(crate) fn take_connection(&mut self) -> Option<Box<Connection>> {
        self.connection.take().filter(|connection| connection.is_idle())
    }

    /// Keeps `connection` for the next request, unless the response closes it.
    pub(crate) fn keep(&mut self, connection: Box<Connection>, head: &ResponseHead) {
        self.connection = head.is_reusable.then_some(connection);
    }

    pub(crate) fn report_retry(&self, message: fmt::Arguments<'_>) {
        match &self.on_retry {
            Some(report) => report(message),
            None => tracing::warn!("{message}"),
        }
    }
}

/// Sleeps for `pause`, and returns the next pause.
pub(crate) async fn wait_and_double(pause: Duration) -> Duration {
    sleep(pause).await;
    pause * 2
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("address", &self.address).finish_non_exhaustive()
    }
}
