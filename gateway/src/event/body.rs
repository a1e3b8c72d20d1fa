//! Request bodies in events.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, header};

use crate::{Warning, event::json::header_text, front_settings::FrontSettings, media_type};

/// The body of an event.
#[derive(Debug, Default)]
pub(crate) struct EncodedBody {
    pub(crate) text: String,
    pub(crate) is_base64: bool,
}

/// When a front sends a body as text. It encodes other bodies in base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyRule {
    /// Never.
    Base64,
    /// If the content type is one of a few (rule 64).
    TextTypes,
    /// If the content type is one of a few, and there is no `Content-Encoding` (rule 65).
    TextTypesWithoutEncoding,
    /// Unless the content type is among the binary media types. Replaces bytes that are not UTF-8 (rule 66).
    BinaryMediaTypes,
}

impl BodyRule {
    /// Encodes the body of a request.
    pub(crate) fn encode(self, request: &Request<Bytes>, settings: &FrontSettings) -> EncodedBody {
        let body = request.body();
        if body.is_empty() {
            return EncodedBody::default();
        }
        let text = match self {
            Self::Base64 => None,
            Self::TextTypes => text_of_type(request),
            Self::TextTypesWithoutEncoding if request.headers().contains_key(header::CONTENT_ENCODING) => None,
            Self::TextTypesWithoutEncoding => text_of_type(request),
            Self::BinaryMediaTypes if is_binary(request, settings) => None,
            Self::BinaryMediaTypes => Some(String::from_utf8_lossy(body).into_owned()),
        };
        match text {
            Some(text) => EncodedBody { text, is_base64: false },
            None => EncodedBody { text: STANDARD.encode(body), is_base64: true },
        }
    }

    /// Returns a warning if the front replaces bytes of the body (rule 66).
    pub(crate) fn warning(self, request: &Request<Bytes>, settings: &FrontSettings) -> Option<Warning> {
        let is_damaged = self == Self::BinaryMediaTypes
            && std::str::from_utf8(request.body()).is_err()
            && !is_binary(request, settings);
        is_damaged.then(|| Warning::DamagedRequestBody { content_type: content_type(request) })
    }
}

fn content_type(request: &Request<Bytes>) -> String {
    request.headers().get(header::CONTENT_TYPE).map(header_text).unwrap_or_default()
}

fn is_binary(request: &Request<Bytes>, settings: &FrontSettings) -> bool {
    media_type::matches_any(&content_type(request), &settings.binary_media_types)
}

/// Returns the body if its type is a text type and its bytes are UTF-8. JSON cannot contain other bytes.
fn text_of_type(request: &Request<Bytes>) -> Option<String> {
    let types = ["text/*", "application/json", "application/javascript", "application/xml"];
    let text = std::str::from_utf8(request.body()).ok()?;
    media_type::matches_any(&content_type(request), &types).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Front;

    fn body(front: &Front, headers: &[(&'static str, &str)], body: &'static [u8]) -> (String, bool) {
        let request = Request::post("/");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Bytes::from_static(body)).unwrap();
        let encoded = front.spec.body.encode(&request, &front.settings);
        (encoded.text, encoded.is_base64)
    }

    #[test]
    fn sends_a_few_content_types_as_text() {
        for front in Front::all().into_iter().filter(|front| !["rest-api", "vercel"].contains(&front.name())) {
            for text in ["text/html", "application/json; charset=utf-8", "Application/XML", "application/javascript"] {
                assert_eq!(body(&front, &[("content-type", text)], b"x"), ("x".into(), false), "{front}: {text}");
            }
            for binary in ["", "application/x-www-form-urlencoded", "application/problem+json", "application/json5"] {
                assert_eq!(body(&front, &[("content-type", binary)], b"x"), ("eA==".into(), true), "{front}: {binary}");
            }
            assert_eq!(body(&front, &[], b"x"), ("eA==".into(), true), "{front}");
            assert_eq!(body(&front, &[("content-type", "text/plain")], b"\xff"), ("/w==".into(), true), "{front}");
            assert_eq!(body(&front, &[], b""), (String::new(), false), "{front}");
        }
    }

    #[test]
    fn encodes_a_body_with_content_encoding_except_behind_apis() {
        for front in Front::all() {
            let front = front.binary_media_types(["*/*"]);
            let headers = [("content-type", "text/plain"), ("content-encoding", "gzip")];
            let is_text = ["function-url", "http-api", "http-api-v1"].contains(&front.name());
            assert_eq!(body(&front, &headers, b"x").1, !is_text, "{front}");
        }
    }

    #[test]
    fn damages_a_body_without_a_binary_media_type_of_the_rest_api() {
        let png = |front: &Front| body(front, &[("content-type", "image/png")], b"\x89PNG");
        let warning = |front: &Front| {
            let request = Request::post("/").header("content-type", "image/png");
            front.request_warning(&request.body(Bytes::from_static(b"\x89PNG")).unwrap())
        };
        for types in [&[][..], &["image/gif"], &["text/*", "image/gif"]] {
            let front = Front::rest_api().binary_media_types(types.iter().copied());
            assert_eq!(png(&front), ("\u{fffd}PNG".into(), false), "{types:?}");
            assert_eq!(warning(&front), Some(Warning::DamagedRequestBody { content_type: "image/png".into() }));
        }
        for types in ["*/*", "image/*", "image/png"] {
            let front = Front::rest_api().binary_media_types([types]);
            assert_eq!(png(&front), ("iVBORw==".into(), true), "{types}");
            assert_eq!(warning(&front), None, "{types}");
        }
        // By default there is no binary media type, like on AWS. Text is not damaged.
        assert_eq!(png(&Front::rest_api()), ("\u{fffd}PNG".into(), false));
        assert_eq!(body(&Front::rest_api(), &[], "é".as_bytes()), ("é".into(), false));
        let text = Request::post("/").body(Bytes::from_static("é".as_bytes())).unwrap();
        assert_eq!(Front::rest_api().request_warning(&text), None);
        assert_eq!(warning(&Front::http_api_v1()), None);
    }
}
