//! An app under actix's own server.

use std::{future::poll_fn, io, pin::Pin, task::Poll, time::Duration};

use actix_http::{Request, body::MessageBody};
use actix_service::IntoServiceFactory;
use actix_web::{HttpServer, dev, http::KeepAlive, rt::net::TcpStream};

use super::{app_factory::AppFactory, middleware::IngressApp, request_count::RequestCounters};
use crate::{
    Error, Host,
    adapter::own_server::{ExternalServer, Server, StdListener},
};

/// Actix adds a timeout to the current time, which would overflow without this limit.
const MAX_HEADER_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Timeout for workers to drop requests after the grace period. A request may block its thread.
const FORCED_STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// Serves the apps of `new_app` until the shutdown signal, then waits for requests in flight, up to the grace period.
pub(super) async fn serve<F, I, S, B>(new_app: F, server: Server) -> Result<(), Error>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    let (listener, mut external) = server.into_external()?;
    let counters = RequestCounters::default();
    let mut server = build_server(new_app, listener, &external, &counters)?;
    // The first poll builds the app of each worker.
    if let Poll::Ready(result) = poll_fn(|cx| Poll::Ready(Pin::new(&mut server).poll(cx))).await {
        return result.map_err(|error| Error::build("cannot build the app").with_source(error));
    }
    external.report_listening();
    tokio::select! {
        result = &mut server => return result.map_err(stopped),
        () = external.wait_for_shutdown() => {}
    }
    stop_gracefully(server, external, &counters).await
}

/// Configures and starts the server of actix, which does not accept connections before its first poll.
fn build_server<F, I, S, B>(
    new_app: F,
    listener: StdListener,
    external: &ExternalServer,
    counters: &RequestCounters,
) -> Result<dev::Server, Error>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: AppFactory<B>,
    B: MessageBody + 'static,
{
    let (ingress, counters) = (external.ingress.clone(), counters.clone());
    let server = HttpServer::new(move || IngressApp::new(new_app(), ingress.clone(), counters.clone()))
        .disable_signals()
        // Whole seconds only: `wait_for_grace_period` in `stop_gracefully` waits for the exact time.
        .shutdown_timeout(external.grace.saturating_add(Duration::from_secs(1)).as_secs())
        .client_request_timeout(external.header_timeout.min(MAX_HEADER_TIMEOUT));
    let server = match external.host() {
        Host::Server => server,
        // A platform's proxy keeps idle connections, on Vercel while the process is frozen, so that a keep-alive timeout
        // would be wrong. Without Nagle's algorithm, a small response does not wait for an acknowledgement.
        _ => server.keep_alive(KeepAlive::Os).on_connect(|socket, _| {
            let _ = socket.downcast_ref::<TcpStream>().map(|socket| socket.set_nodelay(true));
        }),
    };
    let server = match listener {
        #[cfg(feature = "actix-web-http2")]
        StdListener::Tcp(listener) => server.listen_auto_h2c(listener),
        #[cfg(not(feature = "actix-web-http2"))]
        StdListener::Tcp(listener) => server.listen(listener),
        #[cfg(unix)]
        StdListener::Unix(listener) => server.listen_uds(listener),
        _ => Err(io::ErrorKind::Unsupported.into()),
    };
    let cannot_serve = |error| Error::new("cannot serve with actix-web on the listener").with_source(error);
    Ok(server.map_err(cannot_serve)?.run())
}

/// Stops accepting connections, and waits for requests in flight, up to the grace period.
async fn stop_gracefully(
    mut server: dev::Server,
    mut external: ExternalServer,
    counters: &RequestCounters,
) -> Result<(), Error> {
    let handle = server.handle();
    let (graceful_stop, work) = (handle.stop(true), external.wait_for_work());
    let done = async {
        tokio::select! {
            result = &mut server => result.map_err(stopped)?,
            () = graceful_stop => {}
        }
        // No response is in flight any more.
        work.await;
        Ok(())
    };
    tokio::select! {
        result = done => return result,
        () = external.wait_for_grace_period(|| counters.is_any_in_flight()) => {}
    }
    let _ = tokio::time::timeout(FORCED_STOP_TIMEOUT, async {
        let _ = tokio::join!(handle.stop(false), server);
        // Workers drop their requests in their own time, and each drop reports the end of a request to Vercel.
        while counters.is_any_in_flight() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    Ok(())
}

fn stopped(error: io::Error) -> Error {
    Error::new("the server of actix-web stopped").with_source(error)
}
