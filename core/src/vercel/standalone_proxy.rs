//! A server behind the proxy of Vercel's standalone mode.

use std::{future::pending, net::SocketAddr, pin::Pin, sync::Arc};

use tracing::Span;

use crate::{
    Host, RequestHead, Settings,
    log::span,
    request::vercel_headers::VercelHeaders,
    server::{
        Server,
        platform::{Platform, PlatformAdmission},
    },
};

/// Makes a server read the client's address from Vercel's headers, if `settings` say that all requests come from the standalone
/// proxy.
///
/// Without this call, the peer of the connection counts as the client, and Vercel's headers stay in the request.
pub fn trust_standalone_proxy(server: Server, settings: &Settings) -> Server {
    match settings.is_behind_vercels_proxy {
        true => server.with_proxy(Arc::new(StandaloneProxy)),
        false => server,
    }
}

/// A proxy that sends Vercel's headers to a plain server, and expects no reports.
#[derive(Debug)]
struct StandaloneProxy;

impl Platform for StandaloneProxy {
    fn host(&self) -> Host {
        Host::Server
    }

    fn catches_panics(&self) -> bool {
        false
    }

    fn admit(&self, head: &mut dyn RequestHead) -> PlatformAdmission {
        // The proxy removes some of the internal headers. The peer's address is that of the proxy, not of the client.
        VercelHeaders::read(head).apply(head, None);
        PlatformAdmission::ToApp { span: span::for_server().unwrap_or_else(Span::none), end: None }
    }

    fn report_listening(&self, _: SocketAddr) -> bool {
        false
    }

    fn lost(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(pending())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crate::{
        ClientAddr, Request,
        server::{Admission, Ingress},
    };

    const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 4000);

    /// Admits a request from [`PEER`] with headers of Vercel's. Returns the client, and whether the internal header is left.
    fn admit(ingress: &Ingress) -> (SocketAddr, bool) {
        let mut request = Request::default();
        request.headers_mut().insert("x-real-ip", HeaderValue::from_static("192.0.2.1"));
        request.headers_mut().insert("x-vercel-internal-span-id", HeaderValue::from_static("a"));
        assert!(matches!(ingress.admit(&mut request, Some(PEER)), Admission::ToApp(_)));
        let client = request.extensions().get::<ClientAddr>().unwrap().0;
        (client, request.headers().contains_key("x-vercel-internal-span-id"))
    }

    #[tokio::test]
    async fn trusts_the_headers_of_the_proxy_only_if_the_settings_say_so() {
        for is_behind_vercels_proxy in [true, false] {
            let addr = Some(([127, 0, 0, 1], 0).into());
            let settings = Settings { addr, is_behind_vercels_proxy, ..Settings::default() };
            let server = trust_standalone_proxy(Server::bind(&settings).await.unwrap(), &settings);
            assert_eq!((server.host(), server.peers_are_clients()), (Host::Server, !is_behind_vercels_proxy));
            let (_, external) = server.into_external().unwrap();
            let expected = match is_behind_vercels_proxy {
                true => (([192, 0, 2, 1], 0).into(), false),
                false => (PEER, true),
            };
            assert_eq!(admit(&external.ingress), expected);
        }
    }
}
