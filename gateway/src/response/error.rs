//! Responses of fronts in place of a function.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

/// Marks a response that the front made itself, in the extensions of the response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrontResponse;

/// A JSON response of a front in place of a function.
pub(crate) struct FixedResponse {
    pub(crate) status: StatusCode,
    /// A header besides the content type.
    pub(crate) header: Option<(&'static str, &'static str)>,
    pub(crate) body: &'static str,
}

impl FixedResponse {
    /// Returns the response.
    pub(crate) fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from_static(self.body.as_bytes()));
        *response.status_mut() = self.status;
        response.extensions_mut().insert(FrontResponse);
        let headers = [Some(("content-type", "application/json")), self.header];
        for (name, value) in headers.into_iter().flatten() {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

/// The body of an error response.
#[derive(Debug)]
pub(crate) struct ErrorBody {
    pub(crate) content_type: &'static str,
    pub(crate) text: String,
}

impl ErrorBody {
    /// Returns a JSON object with a `message`.
    pub(crate) fn json_message(message: &str) -> Self {
        Self { content_type: "application/json", text: format!(r#"{{"message":"{message}"}}"#) }
    }

    /// Returns a page with the status as its title.
    pub(crate) fn html_page(status: StatusCode, reason: &str) -> Self {
        let title = format!("{} {reason}", status.as_u16());
        let text = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
        );
        Self { content_type: "text/html", text }
    }
}

/// Returns an error response. `body` gets the status and its reason.
pub(crate) fn error_response(status: StatusCode, body: fn(StatusCode, &str) -> ErrorBody) -> Response<Bytes> {
    let reason = if status == StatusCode::PAYLOAD_TOO_LARGE {
        // AWS uses the reason of RFC 2616, the http crate the one of RFC 9110.
        "Request Entity Too Large"
    } else {
        status.canonical_reason().unwrap_or_default()
    };
    let ErrorBody { content_type, text } = body(status, reason);
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.extensions_mut().insert(FrontResponse);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
