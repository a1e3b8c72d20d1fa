//! A Web Function on a port.

use std::{io, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    time::Instant,
};

use super::{WebFunctionBody, headers::ERROR_TYPE};
use crate::{
    Server, WebFunction,
    body::{DiscardOnDrop, Logged},
};

/// The methods that an endpoint accepts.
///
/// Source: [HTTP methods](https://docs.aws.amazon.com/lambda/latest/dg/web-functions-http.html#web-functions-http-methods).
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::OPTIONS, Method::DELETE];

/// The body of the process, or of an error.
type ResponseBody = Either<WebFunctionBody, Full<Bytes>>;

impl Server {
    /// Starts a server that passes each request to the process of a Web Function.
    ///
    /// A request gets 505 if it uses HTTP/1.0, and 400 if its method is not one of those that Lambda accepts. It gets 504 with
    /// `lambda-web-error-type: Runtime.RequestTimeout` at the timeout, and 502 with the error if the process does not respond.
    ///
    /// # Errors
    /// The address is not available.
    pub async fn start_web_function(addr: impl ToSocketAddrs, function: Arc<WebFunction>) -> io::Result<Self> {
        Self::with_handler(TcpListener::bind(addr).await?, move |client, request| {
            let function = Arc::clone(&function);
            async move { pass_on(&function, client, request).await }
        })
    }
}

/// Passes a request to the process and returns its response.
async fn pass_on(function: &WebFunction, client: IpAddr, request: Request<Incoming>) -> Response<Logged<ResponseBody>> {
    let mut entry = function.log.begin_request(request.method(), request.uri());
    let rejected = match request.version() {
        Version::HTTP_10 | Version::HTTP_09 => Some(StatusCode::HTTP_VERSION_NOT_SUPPORTED),
        _ if !METHODS.contains(request.method()) => Some(StatusCode::BAD_REQUEST),
        _ => None,
    };
    entry.succeed(None);
    let response = match rejected {
        Some(status) => error(status, None, String::new()),
        None => {
            // The duration of the request does not include the start of the process. `send` reports an error of the start.
            let _ = function.wait_until_ready().await;
            entry.start(Instant::now(), None);
            match function.send_for(client, request.map(DiscardOnDrop::from)).await {
                Ok(response) => response.map(Either::Left),
                Err(cause) => {
                    entry.fail(&cause);
                    match cause.kind() {
                        io::ErrorKind::TimedOut => {
                            error(StatusCode::GATEWAY_TIMEOUT, Some("Runtime.RequestTimeout"), format!("{cause}\n"))
                        }
                        _ => error(StatusCode::BAD_GATEWAY, None, format!("{cause}\n")),
                    }
                }
            }
        }
    };
    entry.set_status(response.status());
    response.map(|body| Logged { body, entry })
}

fn error(status: StatusCode, kind: Option<&'static str>, text: String) -> Response<ResponseBody> {
    let mut response = Response::new(Either::Right(Full::from(text)));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
    }
    response
}
