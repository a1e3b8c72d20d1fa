//! An app under actix's own server.

use std::{fmt, future::poll_fn, net::TcpListener, pin::pin, task::Poll, time::Duration};

use actix_http::{Request, Response, body::MessageBody};
use actix_service::{IntoServiceFactory, ServiceFactory};
use actix_web::{HttpServer, dev::AppConfig, http::KeepAlive, rt::net::TcpStream};

use super::{admit::Admitting, in_flight::InFlight};
use crate::{Error, Host, server::ExternalServer};

const A_YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
const A_MOMENT: Duration = Duration::from_millis(500);

/// Serves what `make` makes until the settings say that it is to end, and what is in flight for as long as they grant it.
pub(super) async fn serve<F, I, S, B>(make: F, listener: TcpListener, mut socket: ExternalServer) -> Result<(), Error>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request> + 'static,
    S: ServiceFactory<Request, Config = AppConfig, Response: Into<Response<B>>, Error: Into<actix_web::Error>>
        + 'static,
    S::InitError: fmt::Debug,
    B: MessageBody + 'static,
{
    let (gate, in_flight) = (socket.ingress.clone(), InFlight::default());
    let counted = in_flight.clone();
    let admitting = move || Admitting::new(make(), gate.clone(), counted.clone());
    let server = HttpServer::new(admitting)
        .disable_signals()
        // In whole seconds; the grace itself is seen to below.
        .shutdown_timeout(socket.grace.saturating_add(Duration::from_secs(1)).as_secs())
        // Actix adds it to the time that it is.
        .client_request_timeout(socket.header_timeout.min(A_YEAR));
    let server = match socket.host() {
        Host::Server => server,
        // A host may keep connections for later, and time may stand still meanwhile. Small answers must not wait for the
        // acknowledgement of what went before.
        _ => server.keep_alive(KeepAlive::Os).on_connect(|socket, _| {
            let _ = socket.downcast_ref::<TcpStream>().map(|socket| socket.set_nodelay(true));
        }),
    };
    #[cfg(feature = "actix-web-http2")]
    let server = server.listen_auto_h2c(listener);
    #[cfg(not(feature = "actix-web-http2"))]
    let server = server.listen(listener);
    let server = server.map_err(|error| Error::new("actix-web cannot serve on the socket").with_source(error))?.run();

    let handle = server.handle();
    let mut server = pin!(server);
    let failed = |error| Error::new("the server of actix-web ended").with_source(error);
    // It builds the app for each worker when it is polled for the first time.
    if let Poll::Ready(ended) = poll_fn(|cx| Poll::Ready(server.as_mut().poll(cx))).await {
        return ended.map_err(|error| Error::build("cannot build the app").with_source(error));
    }
    socket.report_listening();
    tokio::select! {
        ended = server.as_mut() => return ended.map_err(failed),
        () = socket.wait_for_shutdown() => {}
    }
    let (stopped, work) = (handle.stop(true), socket.wait_for_work());
    let gracefully = async {
        tokio::select! {
            ended = server.as_mut() => ended.map_err(failed)?,
            () = stopped => {}
        }
        // All responses have been sent, or never will be.
        work.await;
        Ok(())
    };
    tokio::select! {
        ended = gracefully => return ended,
        () = socket.wait_for_grace_period(|| in_flight.is_any()) => {}
    }
    // Not waited for to its end: what was cut off may hold on to its thread.
    let _ = tokio::time::timeout(A_MOMENT, async {
        let _ = tokio::join!(handle.stop(false), server);
        // The workers drop it by themselves, and only then Vercel is told of its end.
        while in_flight.is_any() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    Ok(())
}
