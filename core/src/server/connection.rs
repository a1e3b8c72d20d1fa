//! One connection: from accept to close.

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
    server::{flush_tracker::FlushTracker, service::Service},
};

/// How many headers a request may have that comes through a host's own proxy. What hyper refuses by itself, as it does those
/// with more than 100, never comes to its end there, and the proxy waits. Vercel lets 32 KB of them through, and each counts for
/// 32 bytes or more where they are counted as HTTP/2 does (RFC 9113, section 6.5.2).
const MAX_HEADERS_OF_A_PROXY: usize = 1024;

/// How far the server is in its life, as each connection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Requests are answered as they come.
    Serving,
    /// Those that are in flight are answered; then the connection closes.
    Draining,
    /// The grace is over: the connection is cut off.
    Over,
}

/// Serves one connection until it closes, its client keeps it waiting for a head too long, or the server ends. Then a
/// connection without a request may still bring one for `last_call`.
pub(crate) async fn serve<A>(
    socket: TcpStream,
    service: Service<A>,
    header_timeout: Duration,
    last_call: Duration,
    mut phase: watch::Receiver<Phase>,
) where
    A: App<Future: Send, Body: Send> + Clone + Send,
{
    let first_request = service.first_request();
    let socket = FlushTracker::new(socket, service.unsent());
    let mut builder = Builder::new(TokioExecutor::new());
    // WebSockets over HTTP/2 begin with CONNECT (RFC 8441).
    builder.http2().enable_connect_protocol();
    if service.host() != Host::Server {
        // Not elsewhere: hyper has to have memory for so many at each request then, in place of some on the stack.
        builder.http1().max_headers(MAX_HEADERS_OF_A_PROXY);
    }
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(socket), service));

    // From accept, and whatever the protocol turns out to be: hyper's own time-out begins after it has told HTTP/1 from
    // HTTP/2, which a silent client never lets it do, and closes idle connections, which load balancers take for errors.
    let mut waiting = !header_timeout.is_zero();
    let mut draining = false;
    let mut patience = pin!(sleep(header_timeout));
    loop {
        // Asked about at every turn, as all of these are: after the first request no clock is looked at any more.
        let patience_ends = poll_fn(|cx| match first_request.has_come() {
            true => Poll::Pending,
            false => patience.as_mut().poll(cx),
        });
        tokio::select! {
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(target: "lodger", "connection closed: {error}");
                }
                return;
            }
            () = patience_ends, if waiting => {
                tracing::debug!(target: "lodger", "connection closed: no request came in time");
                return;
            }
            () = first_request.comes(), if draining && waiting => {
                waiting = false;
                connection.as_mut().graceful_shutdown();
            }
            changed = phase.changed() => {
                let now = *phase.borrow_and_update();
                if changed.is_err() || now == Phase::Over {
                    return;
                }
                draining = true;
                if first_request.has_come() {
                    connection.as_mut().graceful_shutdown();
                } else {
                    // One may be on its way; but a client that only holds the connection must not hold the end.
                    waiting = true;
                    patience.as_mut().reset(Instant::now() + last_call);
                }
            }
        }
    }
}
