mod body;
mod connection;
mod message;
mod server;
mod socket;

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

use self::{connection::Connection, socket::State};
use crate::{LogEntry, fronts::vercel::MAX_BODY, log::Log};

pub use message::VercelMessage;

/// Vercel, as a function of the runtime `executable` finds it: a Unix socket on which the process says that it has started, and a
/// proxy that brings requests over HTTP/1.1, with headers of its own, and is told of the end of each.
///
/// The process finds the socket in `VERCEL_IPC_PATH`. Each request has a connection of its own. What the process tells is
/// recorded, and what the protocol does not allow is a [complaint](Self::protocol_errors); nothing else is judged. It ends when it is
/// dropped.
///
/// The platform's own proxy is not public. This one does what the runtimes for [Python][python] and Go, and the tests of those,
/// say of it.
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
/// vercel.end(id).await;
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
    state: Arc<State>,
    listening: JoinHandle<()>,
}

impl Vercel {
    /// Starts one in a folder of its own among the temporary ones, in the runtime that this is called in.
    ///
    /// # Errors
    /// There is no such folder to be had, or its path is longer than that of a socket may be.
    pub fn start() -> io::Result<Self> {
        static STARTED: AtomicU64 = AtomicU64::new(0);
        let name = format!("lodger-gateway-{}-{}", std::process::id(), STARTED.fetch_add(1, Relaxed));
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;
        let path = folder.join("ipc.sock");
        let listener = UnixListener::bind(&path).inspect_err(|_| drop(fs::remove_dir(&folder)))?;
        let state = Arc::new(State::default());
        let listening = tokio::spawn(socket::listen(listener, Arc::clone(&state)));
        let client = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Ok(Self { folder, path, client, sent: AtomicU64::new(0), log: Log::default(), state, listening })
    }

    /// The address that clients call from. `127.0.0.1` if it is not set.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.client = client;
        self
    }

    /// Calls `log` at the end of each request to a server that was started with `Server::start_vercel`, such as to write a line.
    /// An upgraded connection ends when it begins.
    #[must_use]
    pub fn on_invocation(mut self, log: impl Fn(&LogEntry) + Send + Sync + 'static) -> Self {
        self.log = Log::new(log);
        self
    }

    /// Marks the start of the process. The [log entry](Self::on_invocation) of its first request has the time from here until the
    /// process says that it has started as [cold start](LogEntry::cold_start).
    pub fn mark_start(&self) {
        self.state.mark_start();
    }

    /// What a process finds in `VERCEL_IPC_PATH`.
    pub fn ipc_path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    /// Waits until the process has started, and gives the address that it listens on.
    ///
    /// # Errors
    /// It says that it cannot start, or has closed the socket.
    pub async fn address(&self) -> io::Result<SocketAddr> {
        let port = self.state.port().await?;
        Ok((Ipv4Addr::LOCALHOST, port).into())
    }

    /// Puts into a request what the platform puts there, and gives the id that its end will have.
    pub fn add_headers(&self, headers: &mut HeaderMap) -> u64 {
        self.add_headers_of(self.client, headers)
    }

    /// Likewise, for a client that calls from elsewhere.
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
        // Only the proxy itself is called by the address that it calls.
        headers.insert(HOST, HeaderValue::from_static("127.0.0.1"));
        self.state.open(id);
        id
    }

    /// Brings a request to the process, [marked](Self::add_headers) if it is not, and gives what it answers once the head of that is
    /// there. Once the body of the answer is dropped, the connection is closed.
    ///
    /// The process may respond before it has read the body. It gets at most 4.5 MB (4,718,592 bytes) of it, which is Vercel's
    /// limit for the [body of a request](https://vercel.com/docs/functions/limitations#request-body-size). Streamed responses
    /// have no limit, and all responses of this runtime are streamed.
    ///
    /// # Errors
    /// The process has not started, or has closed the connection. The error has the kind
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
            http1::handshake(TokioIo::new(Connection::new(socket))).await.map_err(io::Error::other)?;
        tokio::spawn(connection.with_upgrades());
        let request = request.map(|body| Limited::new(body, MAX_BODY));
        sender.send_request(request).await.map_err(|error| {
            let is_too_large = error.source().is_some_and(|source| source.is::<LengthLimitError>());
            if is_too_large { body_too_large() } else { io::Error::other(error) }
        })
    }

    /// Waits until the process says that a request is at its end.
    pub async fn end(&self, id: u64) {
        self.state.ended(id).await;
    }

    /// Waits until the process says that it cannot go on, and gives the exit code and the message that it says.
    pub async fn unrecoverable_error(&self) -> (i64, String) {
        self.state.unrecoverable_error().await
    }

    /// Waits until the process has said so much, and gives what it said: 0 is the first of its messages.
    pub async fn message(&self, index: usize) -> VercelMessage {
        self.state.message(index).await
    }

    /// What the process has said, in order.
    pub fn messages(&self) -> Vec<VercelMessage> {
        self.state.messages()
    }

    /// What the process did that the protocol does not allow, in words. Empty after a test that went well.
    pub fn protocol_errors(&self) -> Vec<String> {
        self.state.protocol_errors()
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes the socket, as the platform never does while all is well.
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

/// The id of the invocation that a request is of.
fn invocation_id(request_id: u64) -> String {
    format!("invocation-{request_id}")
}
