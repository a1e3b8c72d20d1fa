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
    access::{Hosts, forbidden},
    discard::discard,
    streamed::ResponseBody,
};

/// What API Gateway takes as a body; no front takes more.
const MAX_BODY: usize = 10 * 1024 * 1024;

/// An HTTP/1.1 server that is a front: what a browser sends becomes an event for the function that polls a
/// [`RuntimeApi`], and its reply the response.
///
/// Behind a front that [streams](Front::streaming), the body of a response is sent as it arrives. If it does not come to its end,
/// neither does the response: the connection is closed. A client that goes away is none of the function's business, as on
/// AWS: its answer is taken, and lost. But a stream is cut off, which AWS takes to its end.
///
/// The address that a client calls from is the one of its connection. Once this is dropped, no connection is taken any
/// more, and those that there are end after the request that they are busy with.
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
    /// Starts one on an address, where port 0 means any, in the runtime that this is called in.
    ///
    /// On the domain that AWS gives an API, its URLs begin with the stage: `/prod/pets`. Any other path gets 403 from a REST
    /// API, and 404 from an HTTP API whose stage is not `$default`. Behind a [custom domain](Front::custom_domain) the stage
    /// is not part of the path: `/pets`.
    ///
    /// # Errors
    /// The address is not to be had.
    pub async fn start(addr: impl ToSocketAddrs, front: Front, api: Arc<RuntimeApi>) -> io::Result<Self> {
        let custom_domain = front.settings.custom_domain.clone();
        let server = Self::answering(TcpListener::bind(addr).await?, move |client, request| {
            let (front, api) = (front.clone().client(client), Arc::clone(&api));
            async move { through(&front, &api, request).await }
        })?;
        Ok(match custom_domain {
            Some(name) => server.allow_host(&name),
            None => server,
        })
    }

    /// Takes requests for this host name as well, without a port, such as `app.test`.
    ///
    /// A server that listens on a loopback address responds with 403 to a request whose `Host` is neither an IP address nor
    /// `localhost`, a name below it (`app.localhost`) or the [custom domain](Front::custom_domain) of the front. Otherwise a web
    /// page whose name its owner points at that address could call the function and read its responses
    /// ([DNS rebinding](https://en.wikipedia.org/wiki/DNS_rebinding)). A server on another address takes all names.
    ///
    /// `Origin` is not checked, because an app may serve pages of other origins.
    #[must_use]
    pub fn allow_host(self, name: &str) -> Self {
        self.hosts.allow(name);
        self
    }

    /// Starts one that answers each request, and the address that it comes from, as it is told.
    pub(crate) fn answering<A, F, B>(listener: TcpListener, answer: A) -> io::Result<Self>
    where
        A: Fn(IpAddr, Request<Incoming>) -> F + Clone + Send + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        let addr = listener.local_addr()?;
        let hosts = Arc::new(Hosts::of_front(addr.ip()));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&hosts), answer));
        Ok(Self { addr, hosts, accepting })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.addr
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept<A, F, B>(listener: TcpListener, hosts: Arc<Hosts>, answer: A)
where
    A: Fn(IpAddr, Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    // Dropped together with this future, which tells the connections to end.
    let alive = watch::Sender::new(());
    loop {
        let Ok((socket, client)) = listener.accept().await else {
            // Most often there are too many open files, which takes a while to change.
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        let (answer, hosts) = (answer.clone(), Arc::clone(&hosts));
        let service = service_fn(move |request: Request<Incoming>| {
            let answered = match hosts.check(&request) {
                Ok(()) => Ok(answer(client.ip(), request)),
                Err(why) => {
                    discard(request.into_body());
                    Err(why)
                }
            };
            async move {
                Ok::<_, Infallible>(match answered {
                    Ok(answered) => answered.await.map(Either::Left),
                    Err(why) => forbidden::<Full<Bytes>>(why).map(Either::Right),
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

/// Sends a request through a front.
async fn through(front: &Front, api: &RuntimeApi, request: Request<Incoming>) -> Response<ResponseBody> {
    let mut entry = api.begin_entry(request.method(), request.uri());
    let (mut parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    let sent = match front.uri_below_stage(&parts.uri) {
        Ok(uri) => {
            parts.uri = uri;
            whole(body).await.map_err(|status| front.error_response(status))
        }
        Err(response) => {
            discard(body);
            Err(*response)
        }
    };
    let response = match sent {
        Ok(body) => api.stream_with_entry(front, &Request::from_parts(parts, body), entry).await,
        Err(refusal) => {
            entry.succeed(None);
            StreamedResponse::whole(refusal).with_entry(entry)
        }
    };
    let mut response = response.into_response();
    if !is_head {
        // The server tells it of the body; only to a HEAD there is more to tell (rule 92).
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}

/// A body that is not too large, and came to its end.
pub(crate) async fn whole(mut body: Incoming) -> Result<Bytes, StatusCode> {
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
