//! CORS: preflight responses, and the headers of other responses.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};

use super::{Front, spec::CorsSpec};
use crate::{front_settings::Cors, response::error::FrontResponse};

/// The response headers of CORS.
const CORS_HEADERS: [HeaderName; 6] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_ALLOW_HEADERS,
    header::ACCESS_CONTROL_ALLOW_METHODS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
    header::ACCESS_CONTROL_MAX_AGE,
];

impl Front {
    /// Sets the CORS configuration of an HTTP API or a Function URL. Other fronts ignore it.
    ///
    /// The front responds to preflight requests itself: to `OPTIONS` with `Origin` and `Access-Control-Request-Method`.
    /// [`event`](Self::event) returns this response as an error, and the function is not invoked. The response is the same for
    /// every method and header that the browser asks for, and has no CORS headers if the origin is not allowed.
    ///
    /// The front adds headers to responses whose request has an allowed origin:
    ///
    /// | | HTTP API | Function URL |
    /// |---|---|---|
    /// | status of a preflight response | 204 | 200 |
    /// | CORS headers of the function | removed | kept, so that headers can occur twice |
    /// | responses that the front makes itself, such as 413 | no CORS headers | CORS headers |
    /// | origins such as `https://*` | all origins of the scheme | not a wildcard |
    /// | `Vary: Origin` | never | unless all origins are allowed |
    ///
    /// The headers are those of captured responses, and so is the status 200. Users report the status 204. AWS does not document
    /// the following, so this front chooses:
    ///
    /// - An HTTP API removes the CORS headers of the function for requests without `Origin` too.
    /// - An HTTP API handles preflight requests for every route. Some users report that routes with the method `ANY` get them.
    /// - Origins are compared byte by byte.
    /// - A Function URL sends no `Vary` for `*`.
    ///
    /// [`response`](Self::response) does not know the request, so its responses have no CORS headers of the front. Use
    /// [`response_to`](Self::response_to).
    ///
    /// Sources: [HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html),
    /// [Function URLs](https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors). Captured responses of a
    /// Function URL: [an example with CORS](https://dev.to/rimutaka/aws-lambda-function-url-with-cors-explained-by-example-14df).
    /// The status 204: [a course](https://stevekinney.com/courses/aws-frontend/api-gateway-cors-configuration).
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.settings.cors = self.has_cors().then(|| cors.into());
        self
    }

    /// Returns whether [`cors`](Self::cors) has an effect.
    pub fn has_cors(&self) -> bool {
        self.spec.cors.is_some()
    }

    /// Returns the response to a preflight request, if [`cors`](Self::cors) is set. An authorizer does not see such a request.
    pub fn preflight_response(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let (rules, cors) = self.cors_settings()?;
        let headers = request.headers();
        let is_preflight = request.method() == Method::OPTIONS
            && headers.contains_key(header::ORIGIN)
            && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if !is_preflight {
            return None;
        }
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = rules.preflight_status;
        if let Some(content_type) = rules.preflight_content_type {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        add_vary(rules, cors, response.headers_mut());
        if let Some(origin) = allowed_origin(rules, cors, headers) {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            response.headers_mut().extend(named(cors.preflight_headers()));
        }
        Some(response)
    }

    /// Adds the CORS headers of the front to the response to a request, and removes those of the function if the front does.
    pub(crate) fn add_cors_headers<B>(&self, request: Option<&HeaderMap>, response: &mut Response<B>) {
        let Some((rules, cors)) = self.cors_settings() else { return };
        let is_own = response.extensions().get::<FrontResponse>().is_some();
        if is_own && !rules.covers_own_responses {
            return;
        }
        let headers = response.headers_mut();
        if rules.replaces_headers {
            for name in &CORS_HEADERS {
                headers.remove(name);
            }
        }
        add_vary(rules, cors, headers);
        let Some(origin) = request.and_then(|request| allowed_origin(rules, cors, request)) else { return };
        headers.append(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        for (name, value) in named(cors.response_headers()) {
            headers.append(name, value);
        }
    }

    fn cors_settings(&self) -> Option<(&CorsSpec, &Cors)> {
        Some((self.spec.cors.as_ref()?, self.settings.cors.as_deref()?))
    }
}

fn allowed_origin(rules: &CorsSpec, cors: &Cors, request: &HeaderMap) -> Option<HeaderValue> {
    cors.allowed_origin(request.get(header::ORIGIN)?, rules.has_scheme_wildcards)
}

/// Adds `Vary: Origin` once.
fn add_vary(rules: &CorsSpec, cors: &Cors, headers: &mut HeaderMap) {
    let mut varies = headers.get_all(header::VARY).iter();
    let has_origin = varies.any(|value| value.as_bytes().eq_ignore_ascii_case(b"origin"));
    if rules.sends_vary && !cors.allows_all_origins() && !has_origin {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
}

fn named(
    headers: impl Iterator<Item = (&'static str, HeaderValue)>,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    headers.map(|(name, value)| (HeaderName::from_static(name), value))
}

#[cfg(test)]
mod tests;
