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
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use super::{Queue, Subscription, record::parse_batch};
use crate::{Error, Stats, log};

/// The maximum number of open connections. Lambda opens one.
const MAX_CONNECTIONS: usize = 16;
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
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
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
        let body = Limited::new(request.into_body(), self.max_body).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST }
        })?;
        let body = body.to_bytes();
        let (records, parsed) = parse_batch(&body, self.max_records);
        if let Err(error) = parsed {
            // Accepted: the same batch would be damaged again.
            self.stats.add_damaged_batch();
            let kept = records.len();
            log::warn(format_args!(
                "a batch of telemetry is not an array of JSON: {error}; kept the first {kept} records"
            ));
        }
        let size = body.len().saturating_add(records.len().saturating_mul(RECORD_SIZE));
        drop(body);
        self.queue.push(records, size).await;
        Ok(())
    }
}
