//! A Web Function on a port.

use std::{error::Error, io, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body;
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

type BoxError = Box<dyn Error + Send + Sync>;

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
        Self::with_handler(TcpListener::bind(addr).await?, move |client, request: Request<Incoming>| {
            let function = Arc::clone(&function);
            async move { function.pass_on(client, request.map(DiscardOnDrop::from)).await }
        })
    }
}

impl WebFunction {
    /// Passes a request of a client to the process, and returns its response or that of Lambda.
    ///
    /// The responses of Lambda are those of [`Server::start_web_function`], for a port that has other requests too.
    pub async fn respond<B>(
        &self,
        client: IpAddr,
        request: Request<B>,
    ) -> Response<impl Body<Data = Bytes, Error = BoxError> + Send + use<B>>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        self.pass_on(client, request).await
    }

    async fn pass_on<B>(&self, client: IpAddr, request: Request<B>) -> Response<Logged<ResponseBody>>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let mut entry = self.log.begin_request(request.method(), request.uri());
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
                let _ = self.wait_until_ready().await;
                entry.start(Instant::now(), None);
                match self.send_for(client, request).await {
                    Ok(response) => response.map(Either::Left),
                    Err(cause) => {
                        entry.fail(&cause);
                        failure(&cause)
                    }
                }
            }
        };
        entry.set_status(response.status());
        response.map(|body| Logged { body, entry })
    }
}

/// Makes the response to a request that the process has not answered.
fn failure(cause: &io::Error) -> Response<ResponseBody> {
    let (status, kind) = match cause.kind() {
        io::ErrorKind::TimedOut => (StatusCode::GATEWAY_TIMEOUT, Some("Runtime.RequestTimeout")),
        _ => (StatusCode::BAD_GATEWAY, None),
    };
    error(status, kind, format!("{cause}\n"))
}

fn error(status: StatusCode, kind: Option<&'static str>, text: String) -> Response<ResponseBody> {
    let mut response = Response::new(Either::Right(Full::from(text)));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(kind));
    }
    response
}
