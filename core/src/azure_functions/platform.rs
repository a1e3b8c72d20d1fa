//! The Functions host as the platform of a server.

use std::{future::pending, net::SocketAddr, pin::Pin};

use bytes::Bytes;
use http::{StatusCode, header::CONTENT_TYPE};

use super::{Context, functions::Functions, message::Decoder};
use crate::{
    ClientAddr, Host, Proxies, RequestHead, Settings,
    log::{self, span},
    path::public_paths::path_of,
    server::platform::{DecodedMessage, Platform, PlatformAdmission},
};

/// Set by the Functions host in every request for an invocation. In forwarded requests, the value of the client comes first.
const INVOCATION_ID: &str = "x-azure-functions-invocationid";
const HOST_VERSION: &str = "x-azure-functions-hostversion";
/// The start of the names of all headers that the Functions host adds.
const FUNCTIONS_PREFIX: &str = "x-azure-functions-";
/// The other headers of a message except its content type: HTTP's own, and the headers that .NET's `HttpClient` adds for traces.
///
/// The front end of Azure adds headers to every request of a client, such as `X-Forwarded-For` and `Disguised-Host`. None of these may
/// be in the list: they show that a forwarded request is not a message.
///
/// Source: `AddHeaders` and `ToHttpRequestMessage` of `Azure/azure-functions-host`, and `DiagnosticsHandler` of .NET.
const MESSAGE_HEADERS: [&str; 12] = [
    "accept",
    "baggage",
    "connection",
    "content-length",
    "correlation-context",
    "expect",
    "host",
    "request-id",
    "traceparent",
    "tracestate",
    "transfer-encoding",
    "user-agent",
];

/// The Functions host as the platform of a server.
#[derive(Debug)]
pub(super) struct AzureFunctions {
    functions: Functions,
    decoder: Decoder,
    /// The proxies in front of the function app, if the user has named them.
    proxies: Option<Proxies>,
}

/// The position of the function that a message invokes. Only [`AzureFunctions::admit`] adds this extension.
#[derive(Debug, Clone, Copy)]
struct Invoked(usize);

impl AzureFunctions {
    pub(super) fn new(functions: Functions, settings: &Settings) -> Self {
        Self { functions, decoder: Decoder::new(settings), proxies: settings.proxies.clone() }
    }

    /// The address of the client. Microsoft documents no header with the address, so that the user's proxies decide.
    fn client(&self, head: &dyn RequestHead) -> SocketAddr {
        self.proxies.as_ref().map_or(ClientAddr::UNKNOWN.0, |proxies| proxies.client_of_trusted_peer(head))
    }
}

impl Platform for AzureFunctions {
    fn host(&self) -> Host {
        Host::AzureFunctions
    }

    fn catches_panics(&self) -> bool {
        true
    }

    fn sends_messages(&self) -> bool {
        self.functions.has_messages()
    }

    fn decode(&self, message: http::Request<Bytes>) -> Result<DecodedMessage, Box<http::Response<Bytes>>> {
        let function = message.extensions().get::<Invoked>().and_then(|&Invoked(at)| self.functions.get(at));
        let mut decoded = self.decoder.decode(function, message)?;
        // The headers of the client are in the message.
        let client = self.client(&decoded.request);
        decoded.request.set_client(client);
        Ok(decoded)
    }

    fn admit(&self, head: &mut dyn RequestHead) -> PlatformAdmission {
        let position = self.functions.position(path_of(head.target()));
        if position.is_some()
            && let Err(cause) = check_message(head)
        {
            log::warn!("rejected a request with the path of a message: {cause}; responding with 404");
            return PlatformAdmission::Response(StatusCode::NOT_FOUND, "");
        }
        let mut id = String::new();
        head.for_each_header(&mut |name, value| {
            if name == INVOCATION_ID {
                id = String::from_utf8_lossy(value).into_owned();
            }
        });
        head.remove_headers(&|name| name == INVOCATION_ID || name == HOST_VERSION);
        let mut context = Context::new(id);
        let mut extensions = http::Extensions::new();
        if let Some((position, function)) = position.and_then(|at| Some((at, self.functions.get(at)?))) {
            context = context.with_function_name(&function.name);
            extensions.insert(Invoked(position));
        }
        let span = span::for_azure_functions(context.invocation_id(), context.function_name());
        extensions.insert(context);
        head.extend_extensions(extensions);
        match position {
            // The message has the client, if it is about a request.
            Some(_) => PlatformAdmission::Message { span },
            None => {
                let client = self.client(head);
                head.set_client(client);
                PlatformAdmission::ToApp { span, end: None }
            }
        }
    }

    fn report_listening(&self, _: SocketAddr) -> bool {
        // The Functions host sends requests until one gets a response.
        false
    }

    fn lost(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(pending())
    }
}

/// Checks that a request with the path of a message has only parts that the Functions host sends.
///
/// The path alone is no evidence. The Functions host decodes the paths of forwarded requests, and .NET resolves `..` in them: a client's
/// `POST /api/..%5Corders` may arrive as `POST /orders`.
///
/// # Errors
/// The difference from a message.
fn check_message(head: &dyn RequestHead) -> Result<(), String> {
    if head.method() != "POST" || head.target().contains('?') {
        return Err("it is not a POST without a query".to_owned());
    }
    let (mut is_json, mut foreign) = (false, None);
    head.for_each_header(&mut |name, value| {
        let is_expected = match name == CONTENT_TYPE {
            true => is_json_type(value),
            false => MESSAGE_HEADERS.contains(&name) || name.starts_with(FUNCTIONS_PREFIX),
        };
        is_json |= is_expected && name == CONTENT_TYPE;
        if !is_expected && foreign.is_none() {
            foreign = Some(name.to_owned());
        }
    });
    match foreign {
        Some(name) => Err(format!("the Functions host does not send this header {name:?}")),
        None if !is_json => Err("it has no content type".to_owned()),
        None => Ok(()),
    }
}

fn is_json_type(value: &[u8]) -> bool {
    let media_type = value.split(|&byte| byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderName, HeaderValue, Method, Uri};

    use super::*;
    use crate::{Error, Request, azure_functions::functions::Function, server::Server};

    const OF_HOST: [(&str, &str); 7] = [
        ("host", "127.0.0.1:4000"),
        ("x-azure-functions-hostversion", "4.1040.300.3"),
        ("x-azure-functions-invocationid", "6e4a2b1c"),
        ("user-agent", "Azure-Functions-Host/4.1040.300.3"),
        ("content-type", "application/json; charset=utf-8"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("transfer-encoding", "chunked"),
    ];

    fn platform() -> AzureFunctions {
        let orders = Function { name: "orders".to_owned(), http_trigger: None, http_output: None };
        AzureFunctions::new(Functions::from_iter([orders]), &Settings::default())
    }

    fn request(method: Method, target: &'static str, headers: &[(&'static str, &'static str)]) -> Request {
        let mut request = Request::default();
        *request.method_mut() = method;
        *request.uri_mut() = Uri::from_static(target);
        for (name, value) in headers {
            request.headers_mut().append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        request
    }

    /// Whether a framework with its own server may serve requests of the platform.
    async fn may_leave(platform: AzureFunctions) -> Result<(), Error> {
        let settings = Settings { addr: Some(([127, 0, 0, 1], 0).into()), ..Settings::default() };
        let server = Server::bind(&settings).await.unwrap().with_proxy(Arc::new(platform));
        server.into_external().map(drop)
    }

    #[tokio::test]
    async fn passes_no_messages_to_the_server_of_a_framework() {
        let error = may_leave(platform()).await.unwrap_err();
        assert!(error.is_listen() && error.to_string().contains("call `Server::serve`"), "{error}");
        may_leave(AzureFunctions::new(Functions::default(), &Settings::default())).await.unwrap();
    }

    #[test]
    fn accepts_messages_of_the_functions_host() {
        let mut request = request(Method::POST, "/orders", &OF_HOST);
        assert!(matches!(platform().admit(&mut request), PlatformAdmission::Message { .. }));
        assert_eq!(request.extensions().get::<Context>().unwrap().function_name(), Some("orders"));
    }

    #[test]
    fn rejects_forwarded_requests_with_the_path_of_a_message() {
        let with = |name, value| [&OF_HOST[..], &[(name, value)]].concat();
        let without_type = OF_HOST.into_iter().filter(|(name, _)| *name != "content-type").collect::<Vec<_>>();
        let text = [&without_type[..], &[("content-type", "text/plain")]].concat();
        for (method, target, headers) in [
            (Method::POST, "/orders", with("x-forwarded-for", "192.0.2.1:4000")),
            (Method::POST, "/orders", with("x-original-url", "/api/..%5Corders")),
            (Method::POST, "/orders", with("disguised-host", "my.azurewebsites.net")),
            (Method::POST, "/orders", with("accept-encoding", "gzip")),
            (Method::POST, "/orders", with("x-unknown", "1")),
            (Method::POST, "/orders", with("content-type", "text/plain")),
            (Method::POST, "/orders", without_type.clone()),
            (Method::POST, "/orders", text),
            (Method::POST, "/orders?a=b", OF_HOST.to_vec()),
            (Method::PUT, "/orders", OF_HOST.to_vec()),
            (Method::GET, "/orders", without_type),
        ] {
            let admission = platform().admit(&mut request(method.clone(), target, &headers));
            let is_rejected = matches!(admission, PlatformAdmission::Response(StatusCode::NOT_FOUND, ""));
            assert!(is_rejected, "{method} {target} {headers:?}");
        }
        // Other paths belong to the app.
        let mut other = request(Method::POST, "/orders/1", &with("x-forwarded-for", "192.0.2.1:4000"));
        assert!(matches!(platform().admit(&mut other), PlatformAdmission::ToApp { .. }));
    }
}
