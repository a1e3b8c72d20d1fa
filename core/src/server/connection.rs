//! One connection, from accept to close.

mod watchdog;

use std::{
    future::poll_fn,
    mem::replace,
    pin::{Pin, pin},
    sync::Arc,
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
    time::{Sleep, sleep},
};

#[cfg(feature = "http2")]
use crate::util::spawn::spawn;
use crate::{
    App, Host,
    server::{
        connection::watchdog::Watchdog,
        connection_slots::ConnectionSlot,
        flush_tracker::{FlushTracker, PendingFlush},
        limits::ConnectionLimits,
        listener::ServerSocket,
        service::ConnectionService,
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

/// The number of bytes that each stream of HTTP/2 buffers while its client does not read.
///
/// hyper's default is 400 KB: 20 clients with 200 streams each that read nothing held 1,673 MB, and 334 MB with this number
/// (`tests/load.py h2-no-read`). Clients that read lose nothing: h2load received bodies of 1 MB at 450 MB/s, and at 350 MB/s before.
#[cfg(feature = "http2")]
const SEND_BUFFER: usize = 64 << 10;

/// How long a connection stays open after the timeout of the first request.
const LAST_CHANCE: Duration = Duration::from_millis(20);

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

/// Serves one connection until it closes, its client takes too long, or the server shuts down.
///
/// During the shutdown, a connection without a request may still send one within `last_call`.
pub(crate) async fn serve<A>(
    socket: ServerSocket,
    slot: Option<ConnectionSlot>,
    service: ConnectionService<A>,
    limits: Arc<ConnectionLimits>,
    last_call: Duration,
    mut phase: watch::Receiver<Phase>,
) where
    A: App<Future: Send, Body: Send> + Clone + Send,
{
    let pending = service.pending_flush();
    let header_timeout = limits.header_timeout;
    let mut watchdog = Watchdog::new(pending.clone(), header_timeout, limits.stall_timeout);
    let socket = FlushTracker::new(socket, pending.clone(), slot);
    let builder = http_builder(service.host(), &limits);
    #[cfg(feature = "http2")]
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(socket), service);
    #[cfg(not(feature = "http2"))]
    let connection = builder.serve_connection(TokioIo::new(socket), service).with_upgrades();
    let mut connection = pin!(connection);

    // This timeout begins at accept, for every protocol. hyper's own timeout begins once the protocol is known, which never happens
    // for a silent client. hyper's timeout also closes idle connections, and load balancers treat that as an error.
    //
    // `None` once the first request has arrived: a timer takes 90 of 15,000 instructions of each request.
    let mut timer = pin!((!header_timeout.is_zero()).then(|| sleep(header_timeout)));
    let (mut draining, mut is_last_chance) = (false, false);
    loop {
        tokio::select! {
            // In this order: the connection decides whether there is something to watch. A random order would take 50 instructions at
            // each poll.
            biased;
            result = connection.as_mut() => {
                if let Err(error) = result {
                    tracing::debug!(target: "lodger", "connection closed: {error}");
                }
                return;
            }
            stalled = watchdog.wait() => {
                tracing::debug!(target: "lodger", "connection closed: {stalled}");
                return;
            }
            is_first_request = wait_for_first_request(&pending, timer.as_mut()), if timer.is_some() => {
                match is_first_request {
                    true => {
                        timer.set(None);
                        if draining {
                            connection.as_mut().graceful_shutdown();
                        }
                    }
                    false if replace(&mut is_last_chance, true) => {
                        tracing::debug!(target: "lodger", "connection closed: timeout while reading the first request");
                        return;
                    }
                    // After a process was stopped, its timers end before its sockets report the requests that have arrived.
                    false => timer.set(Some(sleep(LAST_CHANCE))),
                }
            }
            is_over = wait_for_shutdown(&mut phase) => {
                if is_over {
                    return;
                }
                draining = true;
                if pending.activity().requests() > 0 {
                    connection.as_mut().graceful_shutdown();
                } else {
                    // A request may be on its way. A client that only holds the connection must not delay the shutdown.
                    timer.set(Some(sleep(last_call)));
                }
            }
        }
    }
}

/// Waits for the first request. Returns `false` if the timer ends before.
///
/// Poll this future after the connection, in the same task: the arrival of the request does not wake the task.
async fn wait_for_first_request(connection: &PendingFlush, mut timer: Pin<&mut Option<Sleep>>) -> bool {
    poll_fn(|cx| match timer.as_mut().as_pin_mut() {
        _ if connection.activity().requests() > 0 => Poll::Ready(true),
        Some(timer) => timer.poll(cx).map(|()| false),
        None => Poll::Pending,
    })
    .await
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
fn http_builder(host: Host, limits: &ConnectionLimits) -> auto::Builder<TaskExecutor> {
    let mut builder = auto::Builder::new(TaskExecutor);
    builder
        .http2()
        // WebSockets over HTTP/2 begin with CONNECT (RFC 8441).
        .enable_connect_protocol()
        .max_concurrent_streams(limits.max_concurrent_streams)
        .max_header_list_size(limits.max_header_list_size())
        .max_send_buf_size(SEND_BUFFER);
    builder.http1().max_buf_size(limits.buffer_size());
    if host != Host::Server {
        builder.http1().max_headers(MAX_HEADERS_OF_PROXY);
    }
    builder
}

/// Returns the settings of HTTP/1.1 for a connection.
#[cfg(not(feature = "http2"))]
fn http_builder(host: Host, limits: &ConnectionLimits) -> Builder {
    let mut builder = Builder::new();
    builder.max_buf_size(limits.buffer_size());
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
