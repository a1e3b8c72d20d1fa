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

use super::body::{DiscardOnDrop, Logged};
use crate::{Front, Server, Vercel};

impl Server {
    /// Starts one that brings each request to the process that runs on `vercel`. Bodies pass as they come, and so do
    /// WebSockets; a process that does not answer is a 502 that says why. Unix only.
    ///
    /// A request with a body of more than 4.5 MB (4,718,592 bytes) gets 413 with `FUNCTION_PAYLOAD_TOO_LARGE`. If its head has
    /// the length, the process does not see it. Responses have no limit, because those of this runtime are streamed.
    ///
    /// Source: [Request body size](https://vercel.com/docs/functions/limitations#request-body-size).
    ///
    /// # Errors
    /// The address is not to be had.
    pub async fn start_vercel(addr: impl ToSocketAddrs, vercel: Arc<Vercel>) -> io::Result<Self> {
        Self::answering(TcpListener::bind(addr).await?, move |client, request| {
            let vercel = Arc::clone(&vercel);
            async move { through(&vercel, client, request).await }
        })
    }
}

type Responded = Either<Incoming, Full<Bytes>>;

async fn through(vercel: &Vercel, client: IpAddr, mut request: Request<Incoming>) -> Response<Logged<Responded>> {
    let mut entry = vercel.log.begin_request(request.method(), request.uri());
    vercel.add_headers_of(client, request.headers_mut());
    let of_client = upgrade::on(&mut request);
    // The start of the process is not a part of the request's duration. If it fails, sending reports why.
    let _ = vercel.address().await;
    let at = Instant::now();
    let sent = vercel.send(request.map(DiscardOnDrop::from)).await;
    let is_too_large = sent.as_ref().is_err_and(|error| error.kind() == ErrorKind::FileTooLarge);
    if !is_too_large {
        entry.hand_out(at, vercel.state.take_cold_start());
    }
    entry.succeed(None);
    let response = match sent {
        Ok(mut response) => {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                tokio::spawn(tunnel(of_client, upgrade::on(&mut response)));
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

/// Passes on what either says, until both have ended.
async fn tunnel(client: OnUpgrade, process: OnUpgrade) {
    if let (Ok(client), Ok(process)) = tokio::join!(client, process) {
        // Whoever breaks off knows it.
        let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(process)).await;
    }
}
