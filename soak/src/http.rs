//! Clients of a server: they check each response, and some leave in the middle.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request,
    client::conn::{http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    Result,
    child::Child,
    memory::Memory,
    work::{Expected, Work},
};

/// How long a response may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The clients at once.
const CLIENTS: usize = 16;

/// The protocol of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    Http1,
    Http2,
}

/// Whether the client of a request leaves before the end.
pub fn is_from_a_client_that_leaves(number: u64) -> bool {
    number.is_multiple_of(997)
}

/// Returns how many of the first requests have work after the response.
pub fn count_work_after(requests: u64) -> u64 {
    let has_work = |number: &u64| !is_from_a_client_that_leaves(*number) && Work::new(*number).has_work_after();
    (0..requests).filter(has_work).count() as u64
}

/// The headers that a proxy adds to the request with a number.
pub type Headers = Arc<dyn Fn(u64) -> Vec<(&'static str, String)> + Send + Sync>;

/// Requests to one server.
pub struct Load {
    pub address: SocketAddr,
    pub version: Version,
    pub headers: Headers,
    /// The number of the first request, and of the request after the last.
    next: AtomicU64,
    end: u64,
    step: u64,
    memory: Mutex<Memory>,
}

impl Load {
    pub fn new(address: SocketAddr, version: Version, headers: Headers, numbers: std::ops::Range<u64>) -> Self {
        let step = ((numbers.end - numbers.start) / 100).max(1);
        let (next, end) = (AtomicU64::new(numbers.start), numbers.end);
        Self { address, version, headers, next, end, step, memory: Mutex::default() }
    }

    /// Sends all requests, from several clients at once.
    pub async fn run(self: Arc<Self>, name: &str, child: &Arc<Child>) -> Result<()> {
        let clients = (0..CLIENTS).map(|_| tokio::spawn(Arc::clone(&self).client(Arc::clone(child))));
        for client in clients.collect::<Vec<_>>() {
            client.await?.map_err(|error| format!("{name}: {error}"))?;
        }
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).check(name)
    }

    async fn client(self: Arc<Self>, child: Arc<Child>) -> Result<()> {
        let mut connection = None;
        loop {
            let number = self.next.fetch_add(1, Relaxed);
            if number >= self.end {
                return Ok(());
            }
            if number.is_multiple_of(self.step) {
                self.memory.lock().unwrap_or_else(PoisonError::into_inner).add(number, child.memory()?);
            }
            if is_from_a_client_that_leaves(number) {
                self.leave(number).await?;
                continue;
            }
            let work = Work::new(number);
            let sender = match connection.take() {
                Some(sender) => sender,
                None => Sender::connect(self.address, self.version).await?,
            };
            let sent = timeout(TIMEOUT, sender.send(&work, (self.headers)(number))).await;
            match (sent.map_err(|_| format!("request {number} has no response"))?, &work.expected) {
                (Ok((response, sender)), expected) if response == *expected => connection = Some(sender),
                (Ok((Expected::Response(500, _), sender)), Expected::Failure) => connection = Some(sender),
                (Err(_), Expected::Failure) => {}
                (Ok((response, _)), _) => {
                    return Err(format!("wrong response to the request {number}: {response:?}").into());
                }
                (Err(error), _) => return Err(format!("no response to the request {number}: {error}").into()),
            }
        }
    }

    /// Sends a request, and leaves before the end: of the body of the request, or of the response.
    async fn leave(&self, number: u64) -> Result<()> {
        let mut socket = TcpStream::connect(self.address).await?;
        let (head, reads) = match number % 2 {
            0 => (format!("POST /echo/{number} HTTP/1.1\r\ncontent-length: 100000\r\n"), 0),
            _ => (format!("GET /stream/100000/{number} HTTP/1.1\r\n"), 4_000),
        };
        let headers: String =
            (self.headers)(number).iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        socket.write_all(format!("{head}host: soak.example.com\r\n{headers}\r\npart of a body").as_bytes()).await?;
        // The request has arrived once a byte of the response comes. For an upload there is none.
        let mut received = vec![0; reads];
        socket.read_exact(&mut received).await?;
        Ok(())
    }
}

/// A connection of a client.
enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

impl Sender {
    async fn connect(address: SocketAddr, version: Version) -> Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let socket = TokioIo::new(socket);
        Ok(match version {
            Version::Http1 => {
                let (sender, connection) = http1::handshake(socket).await?;
                tokio::spawn(connection);
                Self::Http1(sender)
            }
            Version::Http2 => {
                let (sender, connection) = http2::handshake(TokioExecutor::new(), socket).await?;
                tokio::spawn(connection);
                Self::Http2(sender)
            }
        })
    }

    /// Sends a request, and returns its response and the connection, which is ready for another.
    async fn send(mut self, work: &Work, headers: Vec<(&'static str, String)>) -> Result<(Expected, Self)> {
        let (scheme, host) = ("http", "soak.example.com");
        let mut request = Request::builder().method(work.method);
        request = match self {
            Self::Http1(_) => request.uri(&work.path).header("host", host),
            Self::Http2(_) => request.uri(format!("{scheme}://{host}{}", work.path)),
        };
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(work.body.clone()))?;
        let response = match &mut self {
            Self::Http1(sender) => sender.send_request(request).await?,
            Self::Http2(sender) => sender.send_request(request).await?,
        };
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        match &mut self {
            Self::Http1(sender) => sender.ready().await?,
            Self::Http2(sender) => sender.ready().await?,
        }
        Ok((Expected::Response(status, body), self))
    }
}
