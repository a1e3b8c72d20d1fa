use std::{
    convert::Infallible,
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt as _, Either, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    Front, RuntimeApi, StreamedResponse,
    accept::accept_connection,
    access::{Hosts, forbidden},
    discard::discard,
    streamed::ResponseBody,
};

/// API Gateway's limit for a request body, which is the largest of all fronts.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// An HTTP/1.1 server that is a front for browsers and other clients.
///
/// Each request becomes an event for the function that polls a [`RuntimeApi`], and the reply becomes the response. The client
/// address is the address of the connection.
///
/// Behind a front that [streams](Front::streaming), the server sends the body as it arrives. If the stream fails, the server closes
/// the connection. As on AWS, the function does not notice when a client closes its connection: its reply is discarded.
///
/// After the drop, the server accepts no connections. Open connections end after their current request.
///
/// ```
/// use std::sync::Arc;
/// use lodger_gateway::{Front, RuntimeApi, Server};
///
/// # async fn example() -> std::io::Result<()> {
/// let api = Arc::new(RuntimeApi::start().await?);
/// let server = Server::start("127.0.0.1:0", Front::rest_api(), Arc::clone(&api)).await?;
/// println!("http://{} for the function at {}", server.address(), api.address());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    hosts: Arc<Hosts>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server on an address, in the current tokio runtime. Port 0 selects a free port.
    ///
    /// On the domain that AWS gives an API, its URLs begin with the stage: `/prod/pets`. Any other path gets 403 from a REST
    /// API, and 404 from an HTTP API whose stage is not `$default`. Behind a [custom domain](Front::custom_domain) the stage
    /// is not part of the path: `/pets`.
    ///
    /// # Errors
    /// The address is not available.
    pub async fn start(addr: impl ToSocketAddrs, front: Front, api: Arc<RuntimeApi>) -> io::Result<Self> {
        let custom_domain = front.settings.custom_domain.clone();
        let server = Self::with_handler(TcpListener::bind(addr).await?, move |client, request| {
            let (front, api) = (front.clone().client(client), Arc::clone(&api));
            async move { pass_on(&front, &api, request).await }
        })?;
        Ok(match custom_domain {
            Some(name) => server.allow_host(&name),
            None => server,
        })
    }

    /// Allows requests for this host name, without a port, such as `app.test`.
    ///
    /// A server that listens on a loopback address responds with 403 to a request whose `Host` is neither an IP address nor
    /// `localhost`, a name below it (`app.localhost`) or the [custom domain](Front::custom_domain) of the front. Otherwise a web
    /// page whose name its owner points at that address could call the function and read its responses
    /// ([DNS rebinding](https://en.wikipedia.org/wiki/DNS_rebinding)). A server on another address allows all names.
    ///
    /// Such a server also checks the `Origin` of a WebSocket handshake, because browsers let a page of any origin read a WebSocket. The
    /// response is 403, unless the page is of this server, a loopback address, `localhost`, a name below it or an allowed name.
    /// For other requests `Origin` is not checked, because an app may serve pages of other origins.
    #[must_use]
    pub fn allow_host(self, name: &str) -> Self {
        self.hosts.allow(name);
        self
    }

    /// Starts a server that calls `handler` with the client address and the request.
    pub(crate) fn with_handler<H, F, B>(listener: TcpListener, handler: H) -> io::Result<Self>
    where
        H: Fn(IpAddr, Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let addr = listener.local_addr()?;
        let hosts = Arc::new(Hosts::for_address(addr.ip()));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&hosts), handler));
        Ok(Self { addr, hosts, accepting })
    }

    /// The address that the server listens on.
    pub fn address(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts connections and serves their requests.
async fn accept<H, F, B>(listener: TcpListener, hosts: Arc<Hosts>, handler: H)
where
    H: Fn(IpAddr, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    // The drop of this future closes the channel, which ends the connections.
    let alive = watch::Sender::new(());
    loop {
        let (socket, client) = accept_connection(&listener).await;
        let (handler, hosts) = (handler.clone(), Arc::clone(&hosts));
        let service = service_fn(move |request: Request<Incoming>| {
            let response = match hosts.check(&request) {
                Ok(()) => Ok(handler(client.ip(), request)),
                Err(error) => {
                    discard(request.into_body());
                    Err(error)
                }
            };
            async move {
                Ok::<_, Infallible>(match response {
                    Ok(response) => response.await.map(Either::Left),
                    Err(error) => forbidden::<Full<Bytes>>(error).map(Either::Right),
                })
            }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
        let mut alive = alive.subscribe();
        tokio::spawn(async move {
            let mut connection = pin!(connection.with_upgrades());
            tokio::select! {
                ended = connection.as_mut() => ended,
                _ = alive.changed() => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        });
    }
}

/// Passes a request through a front and returns the response.
async fn pass_on(front: &Front, api: &RuntimeApi, request: Request<Incoming>) -> Response<ResponseBody> {
    let mut entry = api.begin_entry(request.method(), request.uri());
    let (mut parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    let sent = match front.uri_below_stage(&parts.uri) {
        Ok(uri) => {
            parts.uri = uri;
            read_body(body).await.map_err(|status| front.error_response(status))
        }
        Err(response) => {
            discard(body);
            Err(*response)
        }
    };
    let response = match sent {
        Ok(body) => api.stream_with_entry(front, &Request::from_parts(parts, body), entry).await,
        Err(response) => {
            entry.succeed(None);
            StreamedResponse::whole(response).with_entry(entry)
        }
    };
    let mut response = response.into_response();
    if !is_head {
        // hyper sets the length of the body. Only the response to a HEAD keeps the length of the reply (rule 92).
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

/// Reads a request body.
///
/// # Errors
/// The status of the response if the body is too large or incomplete.
pub(crate) async fn read_body(mut body: Incoming) -> Result<Bytes, StatusCode> {
    if body.size_hint().lower() > MAX_BODY as u64 {
        // At once: a client with `Expect: 100-continue` does not send the body.
        discard(body);
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let collected = Limited::new(&mut body, MAX_BODY).collect().await;
    discard(body);
    collected.map(|body| body.to_bytes()).map_err(|error: Box<dyn Error + Send + Sync>| {
        if error.is::<http_body_util::LengthLimitError>() {
            StatusCode::PAYLOAD_TOO_LARGE
        } else {
            StatusCode::BAD_REQUEST
        }
    })
}
