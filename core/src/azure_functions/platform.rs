//! The Functions host as the platform of a server.

use std::{future::pending, net::SocketAddr, pin::Pin};

use bytes::Bytes;

use super::{Context, functions::Functions, message::Decoder};
use crate::{
    ClientAddr, Host, Proxies, RequestHead, Settings,
    log::span,
    path::public_paths::path_of,
    server::platform::{DecodedMessage, Platform, PlatformAdmission},
};

/// Set by the Functions host in every request for an invocation. In forwarded requests, its value follows that of the client.
const INVOCATION_ID: &str = "x-azure-functions-invocationid";
const HOST_VERSION: &str = "x-azure-functions-hostversion";

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
        let client = self.client(head);
        head.set_client(client);
        match position {
            Some(_) => PlatformAdmission::Message { span },
            None => PlatformAdmission::ToApp { span, end: None },
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
