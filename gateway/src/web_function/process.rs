//! The process of a Web Function, and the bodies of its responses.

use std::{
    error::Error,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::{
    net::TcpStream,
    sync::{OnceCell, OwnedSemaphorePermit},
    time::{Instant, Sleep, sleep_until, timeout},
};

/// The time in which the process has to listen.
///
/// Source: [Execution environment lifecycle](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-env-lifecycle.html).
const INIT_TIMEOUT: Duration = Duration::from_secs(10);
/// The pause between two attempts to connect.
const PAUSE: Duration = Duration::from_millis(5);

/// The process at an address.
#[derive(Debug)]
pub(super) struct Process {
    address: SocketAddr,
    /// Set once the process listens.
    ready: OnceCell<()>,
}

impl Process {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self { address, ready: OnceCell::new() }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address with a loopback address instead of one that stands for all interfaces.
    pub(super) fn reachable_address(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        address
    }

    pub(super) async fn wait_until_ready(&self) -> io::Result<()> {
        let connect = async {
            while TcpStream::connect(self.reachable_address()).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        };
        let late = || {
            let message = format!(
                "the process does not listen on {} within {INIT_TIMEOUT:?}; listen on the address in AWS_LAMBDA_HTTP_ENDPOINT",
                self.address
            );
            io::Error::new(io::ErrorKind::ConnectionRefused, message)
        };
        let ready = self.ready.get_or_try_init(|| async { timeout(INIT_TIMEOUT, connect).await.map_err(|_| late()) });
        ready.await.copied()
    }
}

/// The body of a response of a Web Function. It ends with an error when the timeout of the request elapses.
#[derive(Debug)]
pub struct WebFunctionBody {
    body: Incoming,
    end: Pin<Box<Sleep>>,
    /// The place among the concurrent requests.
    _slot: OwnedSemaphorePermit,
}

impl WebFunctionBody {
    pub(super) fn new(body: Incoming, slot: OwnedSemaphorePermit, end: Instant) -> Self {
        Self { body, end: Box::pin(sleep_until(end)), _slot: slot }
    }
}

impl Body for WebFunctionBody {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            // Lambda does not send trailers to the client.
            return Poll::Ready(match frame {
                Some(Ok(frame)) if frame.is_trailers() => None,
                frame => frame.map(|frame| frame.map_err(Into::into)),
            });
        }
        self.end.as_mut().poll(cx).map(|()| Some(Err("the timeout of the request has elapsed".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
