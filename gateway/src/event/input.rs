//! The input of the functions that make events.

use bytes::Bytes;
use http::{Request, Version, header};

use crate::{
    event::{
        body::{BodyRule, EncodedBody},
        headers::{HeaderRules, event_headers},
        json::header_text,
        multi_map::MultiMap,
    },
    front_settings::FrontSettings,
};

/// A request, with the headers and the encoded body of its event.
#[derive(Debug)]
pub(crate) struct EventInput<'a> {
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) settings: &'a FrontSettings,
    pub(crate) headers: MultiMap,
    pub(crate) body: EncodedBody,
}

impl<'a> EventInput<'a> {
    /// Applies the rules of a front to the headers and the body of a request.
    pub(crate) fn new(
        request: &'a Request<Bytes>,
        settings: &'a FrontSettings,
        headers: &HeaderRules,
        body: BodyRule,
    ) -> Self {
        Self {
            request,
            settings,
            headers: event_headers(request, settings, headers),
            body: body.encode(request, settings),
        }
    }

    pub(crate) fn method(&self) -> &'a str {
        self.request.method().as_str()
    }

    /// The path, percent-encoded.
    pub(crate) fn path(&self) -> &'a str {
        self.request.uri().path()
    }

    /// The query without `?`. Empty if there is none.
    pub(crate) fn query(&self) -> &'a str {
        self.request.uri().query().unwrap_or_default()
    }

    /// The path with the query.
    pub(crate) fn target(&self) -> &'a str {
        self.request.uri().path_and_query().map_or("/", |target| target.as_str())
    }

    pub(crate) fn user_agent(&self) -> Option<String> {
        user_agent(self.request)
    }

    /// The version of HTTP, such as `HTTP/1.1`.
    pub(crate) fn protocol(&self) -> &'static str {
        match self.request.version() {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2.0",
            _ => "HTTP/1.1",
        }
    }
}

/// Returns the `User-Agent` of a request.
pub(crate) fn user_agent(request: &Request<Bytes>) -> Option<String> {
    request.headers().get(header::USER_AGENT).map(header_text)
}
