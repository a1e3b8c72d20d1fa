//! Vercel on a port.

use std::{
    io::{self, ErrorKind},
    net::IpAddr,
    sync::Arc,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::{
    body::Incoming,
    upgrade::{self, OnUpgrade},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    time::Instant,
};

use crate::{
    Front, Server, Vercel,
    body::{DiscardOnDrop, Logged},
};

impl Server {
    /// Starts a server that passes each request to the process on `vercel`. Unix only.
    ///
    /// It streams bodies in both directions and tunnels WebSockets. If the process does not respond, the client gets a 502 with the
    /// error message.
    ///
    /// A request with a body of more than 4.5 MB (4,718,592 bytes) gets 413 with `FUNCTION_PAYLOAD_TOO_LARGE`. If its head has
    /// the length, the process does not get the request. Responses have no limit, because this runtime streams them.
    ///
    /// Source: [Request body size](https://vercel.com/docs/functions/limitations#request-body-size).
    ///
    /// # Errors
    /// The address is not available.
    pub async fn start_vercel(addr: impl ToSocketAddrs, vercel: Arc<Vercel>) -> io::Result<Self> {
        Self::with_handler(TcpListener::bind(addr).await?, move |client, request| {
            let vercel = Arc::clone(&vercel);
            async move { pass_on(&vercel, client, request).await }
        })
    }
}

/// The body of the process, or of an error.
type ResponseBody = Either<Incoming, Full<Bytes>>;

/// Passes a request to the process and returns its response.
async fn pass_on(vercel: &Vercel, client: IpAddr, mut request: Request<Incoming>) -> Response<Logged<ResponseBody>> {
    let mut entry = vercel.log.begin_request(request.method(), request.uri());
    vercel.add_headers_of(client, request.headers_mut());
    let client_upgrade = upgrade::on(&mut request);
    // The duration of the request does not include the start of the process. `send` reports an error of the start.
    let _ = vercel.address().await;
    let at = Instant::now();
    let sent = vercel.send(request.map(DiscardOnDrop::from)).await;
    let is_too_large = sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::FileTooLarge);
    if !is_too_large {
        entry.start(at, vercel.ipc.take_cold_start());
    }
    entry.succeed(None);
    let response = match sent {
        Ok(mut response) => {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                tokio::spawn(tunnel(client_upgrade, upgrade::on(&mut response)));
            }
            response.map(Either::Left)
        }
        Err(_) if is_too_large => {
            Front::vercel().error_response(StatusCode::PAYLOAD_TOO_LARGE).map(|body| Either::Right(Full::new(body)))
        }
        Err(error) => {
            entry.fail(&error);
            let mut response = Response::new(Either::Right(Full::from(format!("{error}\n"))));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        }
    };
    entry.set_status(response.status());
    response.map(|body| Logged { body, entry })
}

/// Copies bytes in both directions until both sides have closed.
async fn tunnel(client: OnUpgrade, process: OnUpgrade) {
    if let (Ok(client), Ok(process)) = tokio::join!(client, process) {
        // An error closes both connections, which both sides notice.
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(process)).await;
    }
}
