mod connection;
mod ipc;
mod message;
mod server;

use std::{
    error::Error,
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header::HOST};
use http_body::Body;
use http_body_util::{LengthLimitError, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, UnixListener},
    task::JoinHandle,
};

use self::{
    connection::ProcessConnection,
    ipc::{Ipc, invocation_id, listen},
};
use crate::{LogEntry, fronts::vercel::MAX_BODY, log::Log};

pub use message::VercelMessage;

/// The Vercel platform around a function of the runtime `executable`: a Unix socket for messages of the process, and a proxy
/// that sends it requests.
///
/// The process finds the path of the socket in `VERCEL_IPC_PATH`. It reports there that it has started, and the end of each
/// request. The proxy sends requests over HTTP/1.1, each on its own connection and with the headers of the platform.
///
/// All messages are recorded. Everything that the protocol does not allow is a [protocol error](Self::protocol_errors). The drop
/// closes the socket and removes its folder.
///
/// The proxy of the platform is not public. This one follows the runtimes for [Python][python] and Go, and their tests.
///
/// ```
/// use bytes::Bytes;
/// use http_body_util::{BodyExt, Empty};
/// use lodger_gateway::Vercel;
///
/// # async fn function(ipc_path: String) {}
/// # async fn test() -> std::io::Result<()> {
/// let vercel = Vercel::start()?;
/// // For an app: lodger::Lodger::new().host(lodger::Host::Vercel).vercel_ipc_path(vercel.ipc_path()).run(app())
/// tokio::spawn(function(vercel.ipc_path()));
///
/// let mut request = http::Request::get("/hello").body(Empty::<Bytes>::new()).unwrap();
/// let id = vercel.add_headers(request.headers_mut());
/// let response = vercel.send(request).await?;
/// assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
/// vercel.wait_for_end(id).await;
/// assert_eq!(vercel.protocol_errors(), [""; 0]);
/// # Ok(())
/// # }
/// ```
///
/// [python]: https://github.com/vercel/vercel/tree/main/python/vercel-runtime
#[derive(Debug)]
pub struct Vercel {
    folder: PathBuf,
    path: PathBuf,
    client: IpAddr,
    sent: AtomicU64,
    log: Log,
    ipc: Arc<Ipc>,
    listening: JoinHandle<()>,
}

impl Vercel {
    /// Creates the socket in a temporary folder, and listens on it in the current tokio runtime.
    ///
    /// # Errors
    /// The folder cannot be created, or its path is too long for a socket.
    pub fn start() -> io::Result<Self> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let name = format!("lodger-gateway-{}-{}", std::process::id(), STARTED.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let path = folder.join("ipc.sock");
        let listener = UnixListener::bind(&path).inspect_err(|_| drop(fs::remove_dir(&folder)))?;
        let ipc = Arc::new(Ipc::default());
        let listening = tokio::spawn(listen(listener, Arc::clone(&ipc)));
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ok(Self { folder, path, client, sent: AtomicU64::new(0), log: Log::default(), ipc, listening })
    }

    /// Sets the IP address of the client. The default is `127.0.0.1`.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.client = client;
        self
    }

    /// Calls `log` at the end of each request to a server from `Server::start_vercel`.
    ///
    /// The entry of an upgraded connection is written at its start.
    #[must_use]
    pub fn on_invocation(mut self, log: impl Fn(&LogEntry) + Send + Sync + 'static) -> Self {
        self.log = Log::new(log);
        self
    }

    /// Marks the start of the process.
    ///
    /// The [log entry](Self::on_invocation) of the first request has the time from this call until the process reports that it
    /// has started as its [cold start](LogEntry::cold_start).
    pub fn mark_start(&self) {
        self.ipc.mark_start();
    }

    /// The path of the socket, for the variable `VERCEL_IPC_PATH` of the process.
    pub fn ipc_path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Waits until the process has started, and returns the address that it listens on.
    ///
    /// # Errors
    /// The process reported that it cannot start, or closed the socket.
    pub async fn address(&self) -> io::Result<SocketAddr> {
        let port = self.ipc.port().await?;
        Ok((Ipv4Addr::LOCALHOST, port).into())
    }

    /// Adds the headers of the platform to a request, and returns the id of the request.
    pub fn add_headers(&self, headers: &mut HeaderMap) -> u64 {
        self.add_headers_of(self.client, headers)
    }

    /// Adds the headers of the platform for a client with another address.
    fn add_headers_of(&self, client: IpAddr, headers: &mut HeaderMap) -> u64 {
        let id = self.sent.fetch_add(1, Relaxed) + 1;
        let host = headers.entry(HOST).or_insert(HeaderValue::from_static("example.com")).clone();
        let client = client.to_string();
        for (name, value) in [
            ("x-vercel-internal-invocation-id", &*invocation_id(id)),
            ("x-vercel-internal-request-id", &*id.to_string()),
            ("x-vercel-internal-span-id", "53995c3f42cd8ad8"),
            ("x-vercel-internal-trace-id", "0123456789abcdef0123456789abcdef"),
            ("x-vercel-internal-oidc-token", "token"),
            ("x-vercel-sc-runtime-cache", "secret"),
            ("x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab"),
            ("x-vercel-forwarded-for", &client),
            ("x-forwarded-for", &client),
            ("x-forwarded-proto", "https"),
            ("x-real-ip", &client),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers.insert("x-forwarded-host", host);
        // The proxy calls the process by this host. The host of the client is in `x-forwarded-host`.
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1"));
        self.ipc.open(id);
        id
    }

    /// Sends a request to the process, and returns the response as soon as its head is complete.
    ///
    /// A request without the headers of the platform gets [them](Self::add_headers). The connection is closed when the body of the
    /// response is dropped.
    ///
    /// The process may respond before it has read the body. It gets at most 4.5 MB (4,718,592 bytes) of it, which is Vercel's
    /// limit for the [body of a request](https://vercel.com/docs/functions/limitations#request-body-size). Streamed responses
    /// have no limit, and this runtime streams all responses.
    ///
    /// # Errors
    /// The process has not started, or closed the connection. The error has the kind
    /// [`FileTooLarge`](io::ErrorKind::FileTooLarge) if the body exceeds the limit, for which Vercel responds with 413.
    pub async fn send<B>(&self, mut request: Request<B>) -> io::Result<Response<Incoming>>
    where
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        if request.body().size_hint().lower() > MAX_BODY as u64 {
            return Err(body_too_large());
        }
        let addr = self.address().await?;
        if !request.headers().contains_key("x-vercel-internal-request-id") {
            self.add_headers(request.headers_mut());
        }
        let socket = TcpStream::connect(addr).await?;
        socket.set_nodelay(true)?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(ProcessConnection::new(socket))).await.map_err(io::Error::other)?;
        tokio::spawn(connection.with_upgrades());
        let request = request.map(|body| Limited::new(body, MAX_BODY));
        sender.send_request(request).await.map_err(|error| {
            let is_too_large = error.source().is_some_and(|source| source.is::<LengthLimitError>());
            if is_too_large { body_too_large() } else { io::Error::other(error) }
        })
    }

    /// Waits until the process reports the end of a request.
    pub async fn wait_for_end(&self, id: u64) {
        self.ipc.wait_for_end(id).await;
    }

    /// Waits until the process reports an unrecoverable error, and returns its exit code and message.
    pub async fn unrecoverable_error(&self) -> (i64, String) {
        self.ipc.unrecoverable_error().await
    }

    /// Waits for the message with this index, counted from 0.
    pub async fn message(&self, index: usize) -> VercelMessage {
        self.ipc.message(index).await
    }

    /// The messages of the process, in order.
    pub fn messages(&self) -> Vec<VercelMessage> {
        self.ipc.messages()
    }

    /// The violations of the protocol by the process. Empty after a successful test.
    pub fn protocol_errors(&self) -> Vec<String> {
        self.ipc.protocol_errors()
    }

    /// The path of the socket.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the socket, to test how a process handles the loss of the platform.
    pub fn close_socket(&self) {
        self.listening.abort();
    }
}

impl Drop for Vercel {
    fn drop(&mut self) {
        self.listening.abort();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn body_too_large() -> io::Error {
    let limit = "cannot send the request to the function: its body exceeds Vercel's limit of 4.5 MB";
    io::Error::new(io::ErrorKind::FileTooLarge, limit)
}
