//! A server behind the proxy of Vercel's standalone mode.

use std::{future::pending, net::SocketAddr, pin::Pin};

use crate::{
    Host, RequestHead,
    log::span,
    request::platform_headers::PlatformHeaders,
    server::platform::{Platform, PlatformAdmission},
};

/// A proxy that sends Vercel's headers to a plain server, and expects no reports.
#[derive(Debug)]
pub(crate) struct StandaloneProxy;

impl Platform for StandaloneProxy {
    fn host(&self) -> Host {
        Host::Server
    }

    fn catches_panics(&self) -> bool {
        false
    }

    fn admit(&self, head: &mut dyn RequestHead) -> PlatformAdmission {
        // The proxy removes some of the internal headers. The peer's address is that of the proxy, not of the client.
        PlatformHeaders::read(head).apply(head, None);
        PlatformAdmission::ToApp { span: span::for_server(), end: None }
    }

    fn report_listening(&self, _: SocketAddr) -> bool {
        false
    }

    fn lost(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(pending())
    }
}
