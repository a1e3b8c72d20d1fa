//! One connection, from accept to close.

use std::{
    future::poll_fn,
    mem::replace,
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

#[cfg(not(feature = "http2"))]
use hyper::server::conn::http1::Builder;
use hyper_util::rt::TokioIo;
#[cfg(feature = "http2")]
use hyper_util::server::conn::auto;
use tokio::{
    sync::watch,
    task::unconstrained,
    time::{Instant, Sleep, sleep},
};

#[cfg(feature = "http2")]
use crate::util::spawn::spawn;
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
///
/// Only behind a proxy: with a limit of its own, hyper allocates memory for the headers of each request.
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
    #[cfg(feature = "http2")]
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
    #[cfg(not(feature = "http2"))]
    let connection = builder.serve_connection(TokioIo::new(socket), service).with_upgrades();
    let mut connection = pin!(connection);

    // This timeout begins at accept, for every protocol. hyper's own timeout begins once the protocol is known, which never happens
    // for a silent client. hyper's timeout also closes idle connections, and load balancers treat that as an error.
    let mut has_timeout = !header_timeout.is_zero();
    let mut draining = false;
    let mut timer = pin!(sleep(header_timeout));
    loop {
        tokio::select! {
            // In this order, because choosing a random one takes 50 instructions at each poll.
            biased;
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
///
/// Await it in the task of the connection only: it keeps the waker of its first poll. Each request polls it several times, and
/// registering the waker again would take 100 of 15,000 instructions.
async fn wait_for_shutdown(phase: &mut watch::Receiver<Phase>) -> bool {
    let current = phase.clone();
    let has_changed = || current.has_changed().unwrap_or(true);
    let mut is_registered = false;
    let changed = {
        // Unconstrained: without budget, the first poll would not register the waker.
        let mut changed = pin!(unconstrained(phase.changed()));
        poll_fn(|cx| {
            if replace(&mut is_registered, true) && !has_changed() {
                return Poll::Pending;
            }
            changed.as_mut().poll(cx)
        })
        .await
    };
    changed.is_err() || *phase.borrow_and_update() == Phase::Over
}

/// Returns the settings of HTTP/1.1 and HTTP/2 for a connection.
#[cfg(feature = "http2")]
fn http_builder(host: Host) -> auto::Builder<TaskExecutor> {
    let mut builder = auto::Builder::new(TaskExecutor);
    // WebSockets over HTTP/2 begin with CONNECT (RFC 8441).
    builder.http2().enable_connect_protocol();
    if host != Host::Server {
        builder.http1().max_headers(MAX_HEADERS_OF_PROXY);
    }
    builder
}

/// Returns the settings of HTTP/1.1 for a connection.
#[cfg(not(feature = "http2"))]
fn http_builder(host: Host) -> Builder {
    let mut builder = Builder::new();
    if host != Host::Server {
        builder.max_headers(MAX_HEADERS_OF_PROXY);
    }
    builder
}

/// Runs the requests of HTTP/2 as tasks.
#[cfg(feature = "http2")]
#[derive(Clone)]
struct TaskExecutor;

#[cfg(feature = "http2")]
impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for TaskExecutor {
    fn execute(&self, future: F) {
        spawn(future);
    }
}

#[cfg(test)]
mod tests;
