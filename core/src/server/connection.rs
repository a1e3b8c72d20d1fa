//! One connection, from accept to close.

use std::{future::poll_fn, pin::pin, task::Poll, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::{
    net::TcpStream,
    sync::watch,
    time::{Instant, sleep},
};

use crate::{
    App, Host,
    server::{flush_tracker::FlushTracker, service::ConnectionService},
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
    socket: TcpStream,
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
        // Checked at every turn, so that the timer is no longer polled after the first request.
        let timed_out = poll_fn(|cx| match first_request.has_arrived() {
            true => Poll::Pending,
            false => timer.as_mut().poll(cx),
        });
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(target: "lodger", "connection closed: {error}");
                }
                return;
            }
            () = timed_out, if has_timeout => {
                tracing::debug!(target: "lodger", "connection closed: timeout while reading the first request");
                return;
            }
            () = first_request.wait(), if draining && has_timeout => {
                has_timeout = false;
                connection.as_mut().graceful_shutdown();
            }
            changed = phase.changed() => {
                let now = *phase.borrow_and_update();
                if changed.is_err() || now == Phase::Over {
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
