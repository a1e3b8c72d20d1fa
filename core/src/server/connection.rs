//! One connection, from accept to close.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::{
    sync::watch,
    time::{Instant, Sleep, sleep},
};

use crate::{
    App, Host,
    server::{
        flush_tracker::FlushTracker,
        listener::ServerSocket,
        service::{ConnectionService, FirstRequest},
    },
};

/// The maximum number of headers of a request from a platform's proxy.
///
/// By default, hyper rejects more than 100 before Lodger sees the request. Lodger cannot report the end of such a request, and the
/// proxy waits. Vercel accepts 32 KB of headers, and each header counts for at least 32 bytes if they are counted as in HTTP/2
/// (RFC 9113, section 6.5.2).
const MAX_HEADERS_OF_PROXY: usize = 1024;

/// The phase of a server, which each of its connections watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The server responds to requests.
    Serving,
    /// The server responds to requests in flight. Then the connection closes.
    Draining,
    /// The grace period is over. The connection closes at once.
    Over,
}

/// Serves one connection until it closes, its client takes too long to send the first head, or the server shuts down.
///
/// During the shutdown, a connection without a request may still send one within `last_call`.
pub(crate) async fn serve<A>(
    socket: ServerSocket,
    service: ConnectionService<A>,
    header_timeout: Duration,
    last_call: Duration,
    mut phase: watch::Receiver<Phase>,
) where
    A: App<Future: Send, Body: Send> + Clone + Send,
{
    let first_request = service.first_request();
    let socket = FlushTracker::new(socket, service.pending_flush());
    let builder = http_builder(service.host());
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(socket), service));

    // This timeout begins at accept, for every protocol. hyper's own timeout begins once the protocol is known, which never happens
    // for a silent client. hyper's timeout also closes idle connections, and load balancers treat that as an error.
    let mut has_timeout = !header_timeout.is_zero();
    let mut draining = false;
    let mut timer = pin!(sleep(header_timeout));
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(target: "lodger", "connection closed: {error}");
                }
                return;
            }
            () = wait_for_timeout(&first_request, timer.as_mut()), if has_timeout => {
                tracing::debug!(target: "lodger", "connection closed: timeout while reading the first request");
                return;
            }
            () = first_request.wait(), if draining && has_timeout => {
                has_timeout = false;
                connection.as_mut().graceful_shutdown();
            }
            is_over = wait_for_shutdown(&mut phase) => {
                if is_over {
                    return;
                }
                draining = true;
                if first_request.has_arrived() {
                    connection.as_mut().graceful_shutdown();
                } else {
                    // A request may be on its way. A client that only holds the connection must not delay the shutdown.
                    has_timeout = true;
                    timer.as_mut().reset(Instant::now() + last_call);
                }
            }
        }
    }
}

/// Waits for the timeout of the first request, forever once that request has arrived.
async fn wait_for_timeout(first_request: &FirstRequest, mut timer: Pin<&mut Sleep>) {
    // Checked at every turn, so that the timer is no longer polled after the first request.
    poll_fn(|cx| match first_request.has_arrived() {
        true => Poll::Pending,
        false => timer.as_mut().poll(cx),
    })
    .await;
}

/// Waits for the next phase of the shutdown. Returns whether the grace period is over or the server is gone.
async fn wait_for_shutdown(phase: &mut watch::Receiver<Phase>) -> bool {
    let changed = phase.changed().await;
    changed.is_err() || *phase.borrow_and_update() == Phase::Over
}

/// Returns the settings of HTTP/1.1 and HTTP/2 for a connection.
fn http_builder(host: Host) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // WebSockets over HTTP/2 begin with CONNECT (RFC 8441).
    builder.http2().enable_connect_protocol();
    if host != Host::Server {
        // Only behind a proxy: with a limit of its own, hyper allocates memory for the headers of each request.
        builder.http1().max_headers(MAX_HEADERS_OF_PROXY);
    }
    builder
}
