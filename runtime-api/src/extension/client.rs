use std::{fmt, io};

use bytes::Bytes;
use tokio::time::{sleep, timeout};

use super::{API_VERSION, Registration, Response, registration::Registered, send};
use crate::{
    Client, Error,
    address::Address,
    client::USER_AGENT,
    http1::{Connection, ConnectionError, IO_TIMEOUT, ignore_header},
    outage::{OUTAGE_LIMIT, Outage},
    report::{NO_TRACE, error_json, header_error_type},
};

/// A client of the Extensions API for one registered extension.
///
/// The client returns the JSON of Lambda's responses as bytes. The crate
/// [`lodger-extension`](https://docs.rs/lodger-extension) parses them, receives telemetry, and calls handlers.
///
/// Lambda expects this order: [`register`](Self::register), then a subscription to telemetry if there is one, then
/// [`next`](Self::next). The initialization of the function ends after all extensions have called `next`.
///
/// Source: [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
///
/// # Example
///
/// ```no_run
/// use lodger_runtime_api::{ExtensionClient, LifecycleEvent, Registration};
///
/// # async fn run() -> Result<(), lodger_runtime_api::Error> {
/// let registration = Registration::new("log-shipper").events([LifecycleEvent::Shutdown]);
/// let mut client = ExtensionClient::register(&registration).await?;
/// let event = client.next().await?;
/// assert!(event.starts_with(b"{"));
/// # Ok(())
/// # }
/// ```
pub struct ExtensionClient {
    address: Address,
    /// The headers of every request, including the identifier.
    headers: String,
    function: Bytes,
    /// The idle connection.
    connection: Option<Box<Connection>>,
    outage: Outage,
}

impl ExtensionClient {
    /// Registers an extension with the API that `AWS_LAMBDA_RUNTIME_API` names.
    ///
    /// # Errors
    /// The variable is not set or is not an address, the name is invalid, or Lambda cannot be reached or rejects the
    /// registration. Lambda's explanation is a part of the error.
    pub async fn register(registration: &Registration) -> Result<Self, Error> {
        Self::register_with(Client::from_env()?.address, registration).await
    }

    /// Registers an extension with the API at `address`, which has the same form as in [`Client::new`].
    ///
    /// # Errors
    /// As [`register`](Self::register).
    pub async fn register_at(address: &str, registration: &Registration) -> Result<Self, Error> {
        Self::register_with(Client::new(address)?.address, registration).await
    }

    async fn register_with(address: Address, registration: &Registration) -> Result<Self, Error> {
        let mut headers = format!("host: {}\r\nuser-agent: {USER_AGENT}\r\n", address.authority());
        let Registered { connection, identifier, function } = registration.send(&address, &headers).await?;
        headers.extend(["lambda-extension-identifier: ", &identifier, "\r\n"]);
        Ok(Self { address, headers, function, connection, outage: Outage::default() })
    }

    /// The JSON object that describes the function: `functionName`, `functionVersion`, `handler`, and `accountId` if it was
    /// [requested](Registration::accept_account_id).
    #[must_use]
    pub fn function(&self) -> &Bytes {
        &self.function
    }

    /// Waits for the next event, for as long as that takes, and retries requests that fail. Returns the JSON of the event.
    ///
    /// Lambda may freeze the process while this method waits. Dropping the future closes the connection.
    ///
    /// # Errors
    /// Lambda rejects the request, or has been unreachable for a minute. No later call succeeds, so the process has to exit.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub async fn next(&mut self) -> Result<Bytes, Error> {
        let action = "poll for an event of the extension";
        let request = format!("GET {}{API_VERSION}/event/next HTTP/1.1\r\n{}\r\n", self.address.path(), self.headers);
        self.outage.polls();
        loop {
            let kept = self.take_connection();
            let was_kept = kept.is_some();
            match send(&self.address, kept, request.as_bytes(), &mut ignore_header).await {
                Ok(Response { connection, head, body }) => {
                    self.outage.end();
                    self.connection = head.is_reusable.then_some(connection);
                    return match head.status {
                        200 => Ok(body),
                        500 => Err(Error::rejected(action, 500)),
                        status => Err(Error::explained_rejection(action, status, &body)),
                    };
                }
                // Lambda has closed the connection while the process was frozen.
                Err(ConnectionError::Closed(_)) if was_kept => {}
                Err(error) => self.pause(&error.into()).await?,
            }
        }
    }

    /// Sleeps before another attempt, or returns an error if the attempts have failed for too long.
    async fn pause(&mut self, cause: &io::Error) -> Result<(), Error> {
        let address = self.address.authority();
        let Some(pause) = self.outage.fail() else {
            let message = format!("cannot poll the Lambda Extensions API at {address} for {OUTAGE_LIMIT:?}: {cause}");
            return Err(Error::fatal(message, None));
        };
        tracing::warn!("cannot poll the Lambda Extensions API at {address}: {cause}; retrying in {pause:?}");
        sleep(pause).await;
        Ok(())
    }

    /// Subscribes to the Telemetry API. `subscription` is the JSON of the request.
    ///
    /// Returns the status, which is a success: 200 on Lambda, and 202 from emulators that accept the subscription and send no
    /// telemetry.
    ///
    /// Source: [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html).
    ///
    /// # Errors
    /// Lambda cannot be reached, or rejects the subscription. [`Error::status`] is 400 if the schema version is unknown.
    /// Lambda's explanation is a part of the error.
    pub async fn subscribe_to_telemetry(&mut self, subscription: &str) -> Result<u16, Error> {
        self.put("/2022-07-01/telemetry", "subscribe to the Telemetry API", subscription).await
    }

    /// Subscribes to the Logs API, which the Telemetry API supersedes. `subscription` is the JSON of the request.
    ///
    /// Lambda rejects a subscription to both APIs. Managed Instances have no Logs API. The returned status is as in
    /// [`subscribe_to_telemetry`](Self::subscribe_to_telemetry).
    ///
    /// Source: [Logs API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-logs-api.html).
    ///
    /// # Errors
    /// As [`subscribe_to_telemetry`](Self::subscribe_to_telemetry).
    pub async fn subscribe_to_logs(&mut self, subscription: &str) -> Result<u16, Error> {
        self.put("/2020-08-15/logs", "subscribe to the Logs API", subscription).await
    }

    /// Reports that the extension cannot start. Call this method before the first [`next`](Self::next), and exit afterwards.
    ///
    /// `error_type` has the form `Category.Reason`, such as `Extension.NoDatabase`. The header contains the
    /// category and the ASCII letters of the reason. `Extension` is the category of a type without one. `message` is cut after
    /// 32,768 characters.
    ///
    /// # Errors
    /// Lambda did not accept the report.
    pub async fn fail_initialization(&mut self, error_type: &str, message: &str) -> Result<(), Error> {
        self.report("/init/error", "report the initialization error of the extension", error_type, message).await
    }

    /// Reports that the extension cannot go on. Exit afterwards: Lambda rejects every later request.
    ///
    /// The arguments have the same form as in [`fail_initialization`](Self::fail_initialization).
    ///
    /// # Errors
    /// Lambda did not accept the report.
    pub async fn fail_exit(&mut self, error_type: &str, message: &str) -> Result<(), Error> {
        self.report("/exit/error", "report the exit error of the extension", error_type, message).await
    }

    async fn report(&mut self, path: &str, action: &str, error_type: &str, message: &str) -> Result<(), Error> {
        let error_type_header = header_error_type("Extension", error_type);
        let start = format!(
            "POST {}{API_VERSION}{path} HTTP/1.1\r\nlambda-extension-function-error-type: {error_type_header}\r\n",
            self.address.path()
        );
        self.send(&start, action, &error_json(error_type, message, NO_TRACE)).await.map(|_| ())
    }

    async fn put(&mut self, path: &str, action: &str, body: &str) -> Result<u16, Error> {
        let start = format!("PUT {}{path} HTTP/1.1\r\n", self.address.path());
        self.send(&start, action, body).await
    }

    /// Sends a request with a JSON body. Sends the request once more if a kept connection was closed before the response.
    async fn send(&mut self, start: &str, action: &str, body: &str) -> Result<u16, Error> {
        let length = body.len();
        let headers = &self.headers;
        let request =
            format!("{start}{headers}content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}");
        let mut kept = self.take_connection();
        loop {
            let was_kept = kept.is_some();
            let sent =
                timeout(IO_TIMEOUT, send(&self.address, kept.take(), request.as_bytes(), &mut ignore_header)).await;
            let response = match sent {
                Ok(Err(ConnectionError::Closed(_))) if was_kept => continue,
                Ok(sent) => sent.map_err(|error| Error::connection(action, error))?,
                Err(_) => return Err(Error::timeout(action, IO_TIMEOUT)),
            };
            let status = response.head.status;
            self.connection = response.head.is_reusable.then_some(response.connection);
            return match status {
                200..300 => Ok(status),
                500 => Err(Error::rejected(action, status)),
                _ => Err(Error::explained_rejection(action, status, &response.body)),
            };
        }
    }

    /// Takes the kept connection if the peer has not closed it.
    fn take_connection(&mut self) -> Option<Box<Connection>> {
        self.connection.take().filter(|connection| connection.is_idle())
    }
}

impl fmt::Debug for ExtensionClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtensionClient").field("address", &self.address).finish_non_exhaustive()
    }
}
