//! Messages: the JSON in which the Functions host sends an invocation.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, StatusCode, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST},
    uri::PathAndQuery,
};

use super::{client_request, functions::Function, reply};
use crate::{
    PathPrefix, Request, Settings, log,
    path::{
        location,
        public_paths::{PathView, PublicPaths},
    },
    server::platform::DecodedMessage,
};

/// Decodes messages for an app.
#[derive(Debug)]
pub(super) struct Decoder {
    /// The rules for the paths of clients' requests.
    paths: PublicPaths,
    rewrites_location: bool,
    /// The route for events.
    events_path: Option<PathAndQuery>,
}

impl Decoder {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            paths: PublicPaths::new(settings, None),
            rewrites_location: settings.rewrites_location(),
            events_path: settings.events_path.as_deref().and_then(|path| path.parse().ok()),
        }
    }

    /// Decodes the message of an invocation of `function`.
    ///
    /// # Errors
    /// The response to a message that is not valid, or that the app has no route for.
    pub(super) fn decode(
        &self,
        function: Option<&Function>,
        message: http::Request<Bytes>,
    ) -> Result<DecodedMessage, Box<http::Response<Bytes>>> {
        let Some(function) = function else { return Err(failed(StatusCode::NOT_FOUND, String::new())) };
        let name = function.name.clone();
        match &function.http_trigger {
            Some(trigger) => self.decode_http(trigger, function.http_output.clone(), name, message),
            None => self.decode_event(name, message),
        }
    }

    /// Decodes a message about an HTTP request.
    fn decode_http(
        &self,
        trigger: &str,
        output: Option<String>,
        name: String,
        message: http::Request<Bytes>,
    ) -> Result<DecodedMessage, Box<http::Response<Bytes>>> {
        let (parts, body) = message.into_parts();
        let mut request = client_request::parse(&body, trigger).map_err(|error| {
            log::error!("cannot decode the request to the function {name:?}: {error}; responding with 400");
            failed(StatusCode::BAD_REQUEST, error)
        })?;
        *request.extensions_mut() = parts.extensions;
        let prefix = match self.paths.view(request.uri().path_and_query().map_or("", PathAndQuery::as_str)) {
            PathView::Unchanged => None,
            PathView::Shortened(rest, prefix) => {
                *request.uri_mut() = rest.into();
                request.extensions_mut().insert(prefix.clone());
                Some(prefix)
            }
            PathView::Reserved => return Err(reserved(output.as_deref())),
        };
        let prefix: Option<PathPrefix> = prefix.filter(|_| self.rewrites_location);
        let encode = Box::new(move |mut response: http::Response<Bytes>| {
            if let Some(prefix) = &prefix {
                location::restore(prefix, response.headers_mut());
            }
            reply::to_client(&response, output.as_deref(), &name)
        });
        Ok(DecodedMessage { request, encode })
    }

    /// Makes a request to the route for events, whose body is the message.
    fn decode_event(
        &self,
        name: String,
        message: http::Request<Bytes>,
    ) -> Result<DecodedMessage, Box<http::Response<Bytes>>> {
        let Some(path) = &self.events_path else {
            log::error!(
                "cannot handle an event of the function {name:?}: there is no route for events; set LODGER_EVENTS_PATH or call \
                 `Lodger::events_path`"
            );
            return Err(failed(StatusCode::INTERNAL_SERVER_ERROR, "there is no route for events".to_owned()));
        };
        let (parts, body) = message.into_parts();
        let mut request = Request::default();
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from(path.clone());
        *request.headers_mut() = event_headers(&parts.headers, body.len());
        *request.extensions_mut() = parts.extensions;
        #[cfg(feature = "lambda")]
        request.extensions_mut().insert(crate::lambda::SyntheticRequest);
        *request.body_mut() = body.into();
        Ok(DecodedMessage { request, encode: Box::new(move |response| reply::to_event(&response, &name)) })
    }
}

/// The headers of a request to the route for events.
fn event_headers(of_message: &HeaderMap, length: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(host) = of_message.get(HOST) {
        headers.insert(HOST, host.clone());
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_LENGTH, length.into());
    headers
}

/// The reply to a client whose request has a reserved path.
fn reserved(output: Option<&str>) -> Box<http::Response<Bytes>> {
    let mut response = http::Response::default();
    *response.status_mut() = StatusCode::NOT_FOUND;
    Box::new(reply::to_client(&response, output, ""))
}

/// A response that makes the invocation fail.
fn failed(status: StatusCode, text: String) -> Box<http::Response<Bytes>> {
    let mut response = http::Response::new(text.into());
    *response.status_mut() = status;
    Box::new(response)
}
