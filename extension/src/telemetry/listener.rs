//! The HTTP server that receives records.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{sleep, timeout},
};

use super::{Queue, Subscription, record::parse_batch};
use crate::{Error, Stats, log};

/// The maximum number of open connections. Lambda opens one.
const MAX_CONNECTIONS: usize = 16;
/// The timeout of reading the head or the body of a request. Connections without a request close after this time.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// The memory that a record takes besides its JSON, in bytes. Rounded up.
const RECORD_SIZE: usize = 128;
/// The pause after a failed `accept`, for example if the process has too many open files.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A server that runs until this value is dropped.
#[derive(Debug)]
pub(crate) struct Listener {
    port: u16,
    task: JoinHandle<()>,
}

/// The parts of the server that every connection shares.
#[derive(Debug, Clone)]
struct Receiver {
    queue: Queue,
    stats: Stats,
    max_body: usize,
    max_records: usize,
}

impl Listener {
    /// Listens on the address of `subscription`, and adds the batches that arrive to `queue`.
    pub(crate) async fn start(subscription: &Subscription, queue: Queue, stats: Stats) -> Result<Self, Error> {
        let addr = subscription.listen_addr();
        let failed = |error| Error::io(&format!("listen on {addr} for telemetry"), error);
        let listener = TcpListener::bind(addr).await.map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let receiver =
            Receiver { queue, stats, max_body: subscription.max_body(), max_records: subscription.max_records() };
        Ok(Self { port, task: tokio::spawn(accept(listener, receiver)) })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, receiver: Receiver) {
    // Aborts the connections when it is dropped.
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= MAX_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((socket, _)) => {
                connections.spawn(serve(socket, receiver.clone()));
            }
            Err(error) => {
                log::warn(format_args!("cannot accept a connection for telemetry: {error}"));
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(socket: TcpStream, receiver: Receiver) {
    let service = service_fn(|request| receiver.receive(request));
    // A connection that fails loses no batch: Lambda sends a batch again if it received no response.
    let mut builder = http1::Builder::new();
    // The time without a request counts too, so that idle connections do not take the place of Lambda's.
    builder.timer(TokioTimer::new()).header_read_timeout(READ_TIMEOUT);
    let _ = builder.serve_connection(TokioIo::new(socket), service).await;
}

impl Receiver {
    async fn receive(&self, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
        let status = match self.receive_batch(request).await {
            Ok(()) => StatusCode::OK,
            Err(status) => {
                self.stats.add_rejected_request();
                log::warn(format_args!("rejected a request to the listener for telemetry with {status}"));
                status
            }
        };
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        Ok(response)
    }

    /// Adds the batch to the queue. Returns the status of a request that contains no batch.
    async fn receive_batch(&self, request: Request<Incoming>) -> Result<(), StatusCode> {
        if request.method() != Method::POST {
            return Err(StatusCode::METHOD_NOT_ALLOWED);
        }
        if usize::try_from(request.body().size_hint().lower()).is_ok_and(|length| length > self.max_body) {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        let body = timeout(READ_TIMEOUT, Limited::new(request.into_body(), self.max_body).collect()).await;
        let body = body.map_err(|_| StatusCode::REQUEST_TIMEOUT)?.map_err(|error| {
            if error.is::<LengthLimitError>() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST }
        })?;
        let body = body.to_bytes();
        let (records, parsed) = parse_batch(&body, self.max_records);
        if let Err(error) = parsed {
            // Accepted: the same batch would be damaged again.
            self.stats.add_damaged_batch();
            let kept = records.len();
            log::warn(format_args!("a batch of telemetry is not a JSON array: {error}; kept the first {kept} records"));
        }
        let size = body.len().saturating_add(records.len().saturating_mul(RECORD_SIZE));
        drop(body);
        self.queue.push(records, size).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const BATCH: &[u8] = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n[]";

    /// Opens as many connections as the listener accepts, sends `start` on each, and then a batch on one more.
    async fn receives_a_batch_after(start: &[u8]) {
        let stats = Stats::default();
        let (queue, _batches) = Queue::new(1 << 20, stats.clone());
        let subscription = Subscription::new().listen(([127, 0, 0, 1], 0));
        let listener = Listener::start(&subscription, queue, stats).await.unwrap();
        let connect = async || TcpStream::connect(("127.0.0.1", listener.port())).await.unwrap();
        let mut idle = vec![];
        for _ in 0..MAX_CONNECTIONS {
            let mut socket = connect().await;
            socket.write_all(start).await.unwrap();
            idle.push(socket);
        }
        let mut last = connect().await;
        last.write_all(BATCH).await.unwrap();
        let mut head = [0; 12];
        let read = timeout(READ_TIMEOUT * 3, last.read_exact(&mut head)).await;
        read.expect("no response").unwrap();
        assert_eq!(&head, b"HTTP/1.1 200");
    }

    #[tokio::test(start_paused = true)]
    async fn closes_idle_connections() {
        receives_a_batch_after(b"").await;
        receives_a_batch_after(b"POST / HT").await;
        receives_a_batch_after(BATCH).await;
    }

    #[tokio::test(start_paused = true)]
    async fn closes_connections_that_stop_in_the_middle_of_a_batch() {
        receives_a_batch_after(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n[").await;
    }
}
