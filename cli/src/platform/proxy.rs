//! A request to the program as an HTTP server.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::{
    body::{Body, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::body::{BoxBody, BoxError, RecordedRequestBody, RecordedResponseBody, text};
use crate::{
    function::{LocalPlatform, LocalServer},
    history::Record,
};

/// Passes a request on to the process once it has started, and its response to the client.
pub async fn proxy<B>(
    server: impl Future<Output = io::Result<Arc<LocalServer>>>,
    client: IpAddr,
    mut request: Request<B>,
    record: Arc<Record>,
) -> Response<BoxBody>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    let waiting = WaitingClient(Some(Arc::clone(&record)));
    let server = match server.await {
        Ok(server) => server,
        Err(error) => {
            waiting.end();
            return failed(&error, &record);
        }
    };
    let upgrade = request.headers().contains_key(header::UPGRADE).then(|| hyper::upgrade::on(&mut request));
    let recorded = Arc::clone(&record);
    let request = request.map(|body| RecordedRequestBody { body, record: recorded });
    let sent = send(&server.platform, client, request).await;
    waiting.end();
    let mut response = match sent {
        Ok(response) => response,
        Err(error) => return failed(&error, &record),
    };
    record.begin_response(response.status().as_u16(), response.headers());
    if let (StatusCode::SWITCHING_PROTOCOLS, Some(client)) = (response.status(), upgrade) {
        tokio::spawn(tunnel(client, hyper::upgrade::on(&mut response), Arc::clone(&server)));
    }
    response.map(|body| RecordedResponseBody::new(body, record, server).boxed_unsync())
}

async fn send<B>(platform: &LocalPlatform, client: IpAddr, mut request: Request<B>) -> io::Result<Response<BoxBody>>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    // The target in origin form: the address of this port is no part of it.
    let target = request.uri().path_and_query().cloned().unwrap_or(http::uri::PathAndQuery::from_static("/"));
    *request.uri_mut() = target.into();
    match platform {
        LocalPlatform::Server(address) => Ok(connect_and_send(*address, request).await?.map(boxed)),
        #[cfg(unix)]
        LocalPlatform::Vercel(vercel) => {
            // The platform closes the connection after each response.
            let upgrades = request.headers().contains_key(header::UPGRADE);
            request.headers_mut().remove(header::CONNECTION);
            if upgrades {
                request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            }
            Ok(vercel.send(request).await?.map(boxed))
        }
        LocalPlatform::WebFunction(function) => Ok(function.respond(client, request).await.map(boxed)),
    }
}

async fn connect_and_send<B>(address: SocketAddr, request: Request<B>) -> io::Result<Response<Incoming>>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.map_err(io::Error::other)?;
    tokio::spawn(connection.with_upgrades());
    sender.send_request(request).await.map_err(io::Error::other)
}

fn boxed<B>(body: B) -> BoxBody
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    body.map_err(Into::into).boxed_unsync()
}

/// A client that waits for the head of its response. The drop ends the record: the client has left.
struct WaitingClient(Option<Arc<Record>>);

impl WaitingClient {
    fn end(mut self) {
        self.0 = None;
    }
}

impl Drop for WaitingClient {
    fn drop(&mut self) {
        if let Some(record) = &self.0 {
            record.finish("truncated", Some("the client has left before the response".to_owned()));
        }
    }
}

/// Passes bytes in both directions after an upgrade, such as those of a WebSocket.
async fn tunnel(
    client: hyper::upgrade::OnUpgrade,
    server: hyper::upgrade::OnUpgrade,
    // The process ends with its last owner.
    _process: Arc<LocalServer>,
) {
    let Ok((client, server)) = tokio::try_join!(client, server) else { return };
    let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(server)).await;
}

fn failed(error: &io::Error, record: &Arc<Record>) -> Response<BoxBody> {
    let status = match error.kind() {
        // The limit of Vercel.
        io::ErrorKind::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_GATEWAY,
    };
    let response = text(status, format!("{error}\n"));
    record.begin_response(response.status().as_u16(), response.headers());
    record.finish("complete", Some(error.to_string()));
    response
}
