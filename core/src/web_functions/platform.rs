//! Web Functions as the platform of a server.

use std::{future::pending, net::SocketAddr, pin::Pin};

use crate::{
    Host, Proxies, RequestHead,
    log::span,
    server::platform::{Platform, PlatformAdmission},
    web_functions::Context,
};

/// The beginning of the names of Lambda's headers. Lambda removes such headers from the requests of clients.
const OWN: &str = "lambda-web-";

/// Lambda Web Functions as the platform of a server.
#[derive(Debug)]
pub(super) struct WebFunctions {
    /// Lambda, and proxies such as CloudFront in front of Lambda.
    pub(super) proxies: Proxies,
}

impl Platform for WebFunctions {
    fn host(&self) -> Host {
        Host::WebFunctions
    }

    fn catches_panics(&self) -> bool {
        true
    }

    fn reads_whole_requests(&self) -> bool {
        true
    }

    fn admit(&self, head: &mut dyn RequestHead) -> PlatformAdmission {
        let headers = Headers::read(head);
        let context = Context::new(headers.request_id, headers.endpoint_name);
        let span = span::for_web_functions(context.request_id(), context.endpoint_name());
        // First, because `extend` is cheapest for a request that has no extensions yet.
        let mut extensions = http::Extensions::new();
        extensions.insert(context);
        head.extend_extensions(extensions);
        head.remove_headers(&|name| name.starts_with(OWN));
        // The peer of the connection is Lambda.
        head.set_client(self.proxies.client_of_trusted_peer(head));
        PlatformAdmission::ToApp { span, end: None }
    }

    fn report_listening(&self, _: SocketAddr) -> bool {
        // Lambda connects to the address until the server accepts the connection.
        false
    }

    fn lost(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(pending())
    }
}

/// The headers of a request that Lambda sets.
#[derive(Debug, Default)]
struct Headers {
    request_id: String,
    endpoint_name: String,
}

impl Headers {
    fn read(head: &dyn RequestHead) -> Self {
        let mut headers = Self::default();
        head.for_each_header(&mut |name, value| match name {
            "lambda-web-request-id" => headers.request_id = String::from_utf8_lossy(value).into_owned(),
            "lambda-web-endpoint-name" => headers.endpoint_name = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        });
        headers
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::{
        ClientAddr, Request, Settings,
        server::{Admission, Ingress, Server},
        web_functions::trust_lambda,
    };

    /// Admits a request with `headers`.
    async fn admitted(headers: &[(&'static str, &[u8])]) -> Request {
        admitted_behind(None, headers).await
    }

    /// Admits a request with `headers` behind `proxies`.
    async fn admitted_behind(proxies: Option<Proxies>, headers: &[(&'static str, &[u8])]) -> Request {
        let mut request = Request::default();
        for (name, value) in headers {
            request.headers_mut().append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        let ingress = server(None, proxies).await.ingress;
        assert!(matches!(ingress.admit(&mut request, Some(([127, 0, 0, 1], 4000).into())), Admission::ToApp(_)));
        request
    }

    struct Bound {
        ingress: Ingress,
        grace: std::time::Duration,
    }

    async fn server(grace: Option<std::time::Duration>, proxies: Option<Proxies>) -> Bound {
        let addr = Some(([127, 0, 0, 1], 0).into());
        let settings = Settings { host: Some(Host::WebFunctions), addr, grace, proxies, ..Settings::default() };
        let server = trust_lambda(Server::bind(&settings).await.unwrap(), &settings);
        assert_eq!(server.host(), Host::WebFunctions);
        let (_, external) = server.into_external().unwrap();
        Bound { ingress: external.ingress, grace: external.grace }
    }

    fn client(request: &Request) -> String {
        request.extensions().get::<ClientAddr>().unwrap().0.to_string()
    }

    #[tokio::test]
    async fn moves_the_ids_from_headers_into_the_context() {
        let request = admitted(&[
            ("lambda-web-request-id", b"8476a536"),
            ("lambda-web-endpoint-name", b"default"),
            ("lambda-web-other", b"x"),
            ("x-lambda-web-a", b"stays"),
        ])
        .await;
        let context = request.extensions().get::<Context>().unwrap();
        assert_eq!((context.request_id(), context.endpoint_name()), ("8476a536", "default"));
        assert_eq!(request.headers().keys().collect::<Vec<_>>(), ["x-lambda-web-a"]);
    }

    #[tokio::test]
    async fn believes_only_the_last_forwarded_address() {
        let forwarded = "x-forwarded-for";
        for (lines, expected) in [
            (&[&b"192.0.2.1"[..]][..], "192.0.2.1:0"),
            (&[b"6.6.6.6, 192.0.2.1"], "192.0.2.1:0"),
            (&[b"6.6.6.6", b"7.7.7.7 ,192.0.2.1 "], "192.0.2.1:0"),
            (&[b"2001:db8::1"], "[2001:db8::1]:0"),
            (&[b"192.0.2.1, unknown"], "0.0.0.0:0"),
            (&[b"192.0.2.1,"], "0.0.0.0:0"),
            (&[b"192.0.2.1", b"\xff"], "0.0.0.0:0"),
            (&[], "0.0.0.0:0"),
        ] {
            let headers: Vec<_> = lines.iter().map(|&line| (forwarded, line)).collect();
            assert_eq!(client(&admitted(&headers).await), expected, "{lines:?}");
        }
    }

    #[tokio::test]
    async fn counts_cloudfront_if_the_setting_says_so() {
        let headers: &[(_, &[u8])] = &[("x-forwarded-for", b"6.6.6.6, 192.0.2.1, 130.176.0.1")];
        let client = async |proxies| client(&admitted_behind(proxies, headers).await);
        assert_eq!(client(None).await, "130.176.0.1:0");
        assert_eq!(client(Some(Proxies::count(2))).await, "192.0.2.1:0");
        assert_eq!(client(Some(Proxies::count(0))).await, "0.0.0.0:0");
    }

    #[tokio::test]
    async fn has_a_grace_period_below_one_second_unless_it_is_set() {
        assert_eq!(server(None, None).await.grace.as_millis(), 900);
        assert_eq!(server(Some(std::time::Duration::from_secs(5)), None).await.grace.as_secs(), 5);
    }
}
