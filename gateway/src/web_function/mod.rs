mod half_duplex;
mod headers;
mod process;
mod server;

use std::{
    error::Error,
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    sync::Semaphore,
    time::{Instant, timeout_at},
};

pub use self::process::WebFunctionBody;
use self::{
    half_duplex::{HalfDuplex, RequestBody},
    process::Process,
};
use crate::{LogEntry, log::Log};

/// The default of `maxConcurrencyPerEnvironment`, and its maximum.
///
/// Source: [Scaling behavior](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html).
const DEFAULT_CONCURRENCY: usize = 64;
const MAX_CONCURRENCY: usize = 128;

/// The default of `timeoutSeconds`.
///
/// Source: [Request timeout](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-revisions-timeout.html).
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// An execution environment of AWS Lambda Web Functions: an address for a process that is an HTTP server, and a proxy that sends it
/// requests.
///
/// The process finds the address in `AWS_LAMBDA_HTTP_ENDPOINT`, and has to listen there within ten seconds. The proxy sends requests
/// over HTTP/1.1, each on its own connection:
///
/// - It [removes and adds headers](Self::add_headers) as Lambda does.
/// - It is half duplex: it reads the response once the process has received the whole request. A process that responds earlier and
///   closes the connection, or waits for a reader of its response, fails the request.
/// - Only [`max_concurrency`](Self::max_concurrency) requests are in the process at once. Further ones wait.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::{BodyExt, Empty};
/// use lodger_gateway::WebFunction;
///
/// # async fn function(address: std::net::SocketAddr) {}
/// # async fn test() -> std::io::Result<()> {
/// let function = WebFunction::new()?;
/// // For an app: lodger::Lodger::new().host(lodger::Host::WebFunctions).addr(function.address()).run(app())
/// tokio::spawn(run_app(function.address()));
/// # async fn run_app(_: std::net::SocketAddr) {}
///
/// let response = function.send(http::Request::get("/hello").body(Empty::<Bytes>::new()).unwrap()).await?;
/// assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
/// # Ok(())
/// # }
/// ```
///
/// Sources: [HTTP requests and responses](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html) and [Execution
/// environment lifecycle](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html). AWS's guide
/// `aws-lambda-web-functions` in `aws/agent-toolkit-for-aws` describes half duplex.
#[derive(Debug)]
pub struct WebFunction {
    process: Process,
    endpoint_name: String,
    client: IpAddr,
    timeout: Duration,
    slots: Arc<Semaphore>,
    sent: AtomicU64,
    log: Log,
}

impl WebFunction {
    /// Selects a free port of the loopback address for the process.
    ///
    /// # Errors
    /// There is no free port.
    pub fn new() -> io::Result<Self> {
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        Ok(Self::on(free.local_addr()?))
    }

    /// Sets the address for the process, such as `0.0.0.0:3000` on Lambda.
    pub fn on(address: SocketAddr) -> Self {
        Self {
            process: Process::new(address),
            endpoint_name: "default".to_owned(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            timeout: DEFAULT_TIMEOUT,
            slots: Arc::new(Semaphore::new(DEFAULT_CONCURRENCY)),
            sent: AtomicU64::new(0),
            log: Log::default(),
        }
    }

    /// Sets the name of the endpoint. The default is `default`.
    #[must_use]
    pub fn endpoint_name(mut self, name: impl Into<String>) -> Self {
        self.endpoint_name = name.into();
        self
    }

    /// Sets the IP address of the client. The default is `127.0.0.1`.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.client = client;
        self
    }

    /// Sets the number of requests in the process at once, from 1 to 128. The default is 64.
    #[must_use]
    pub fn max_concurrency(mut self, requests: usize) -> Self {
        self.slots = Arc::new(Semaphore::new(requests.clamp(1, MAX_CONCURRENCY)));
        self
    }

    /// Sets the time from the start of a request to the last byte of its response. The default is 30 seconds.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Calls `log` at the end of each request to a server from [`Server::start_web_function`](crate::Server::start_web_function).
    #[must_use]
    pub fn on_invocation(mut self, log: impl Fn(&LogEntry) + Send + Sync + 'static) -> Self {
        self.log = Log::new(log);
        self
    }

    /// The address for the process, which is the value of `AWS_LAMBDA_HTTP_ENDPOINT`.
    pub fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Waits until the process accepts connections.
    ///
    /// # Errors
    /// The process does not listen within ten seconds of the first call, which is the limit of Lambda.
    pub async fn wait_until_ready(&self) -> io::Result<()> {
        self.process.wait_until_ready().await
    }

    /// Removes and adds headers of a request as Lambda does.
    ///
    /// Removed are `Connection` and the headers that it names, `Keep-Alive`, `Upgrade`, `Expect`, `TE`, `Trailer`, `X-Real-IP`,
    /// `Proxy-Authenticate`, `Proxy-Authorization`, `Proxy-Connection`, `X-HTTP-Method-Override`, `X-HTTP-Method`,
    /// `X-Method-Override`, and all names that begin with `lambda-web-`. `Host` becomes the domain of the endpoint. The address of
    /// the client is appended to `X-Forwarded-For`. Added are `lambda-web-request-id` and `lambda-web-endpoint-name`.
    ///
    /// Source: [Request headers](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html#web-functions-http-request-headers).
    pub fn add_headers(&self, headers: &mut http::HeaderMap) {
        self.add_headers_of(self.client, headers);
    }

    fn add_headers_of(&self, client: IpAddr, headers: &mut http::HeaderMap) {
        let id = self.sent.fetch_add(1, Relaxed) + 1;
        headers::to_process(headers, client, &request_id(id), &self.endpoint_name);
    }

    /// Sends a request to the process, and returns the response as soon as its head is complete.
    ///
    /// The request gets [the headers of Lambda](Self::add_headers). The place of the request is free again when the body of the
    /// response is dropped.
    ///
    /// # Errors
    /// The process does not listen, closed the connection, or responded before it had received the whole request. The error has the
    /// kind [`TimedOut`](io::ErrorKind::TimedOut) if the timeout elapses before the head of the response, for which Lambda responds
    /// with 504.
    pub async fn send<B>(&self, request: Request<B>) -> io::Result<Response<WebFunctionBody>>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        self.send_for(self.client, request).await
    }

    async fn send_for<B>(&self, client: IpAddr, mut request: Request<B>) -> io::Result<Response<WebFunctionBody>>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        self.wait_until_ready().await?;
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(io::Error::other)?;
        let end = Instant::now() + self.timeout;
        self.add_headers_of(client, request.headers_mut());
        let id = request.headers().get(headers::REQUEST_ID).cloned();
        let sent = async {
            let socket = TcpStream::connect(self.process.reachable_address()).await?;
            socket.set_nodelay(true)?;
            let (socket, gate) = HalfDuplex::new(socket);
            let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
            let request = request.map(|body| RequestBody::new(body, gate));
            tokio::spawn(connection);
            sender.send_request(request).await.map_err(io::Error::other)
        };
        let sent = timeout_at(end, sent).await.map_err(|_| timed_out(self.timeout))?;
        let mut response = sent?.map(|body| WebFunctionBody::new(body, slot, end));
        headers::to_client(response.headers_mut(), id);
        Ok(response)
    }
}

/// An id in the form of those that Lambda gives requests.
fn request_id(number: u64) -> String {
    format!("5e3e4a5c-9d2f-4b6a-8c1d-{number:012x}")
}

fn timed_out(timeout: Duration) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("the process did not respond within {timeout:?}"))
}

impl fmt::Display for WebFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "web-function at {}", self.address())
    }
}

#[cfg(test)]
mod tests;
