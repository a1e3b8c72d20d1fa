//! Bodies, and whether they travel as base64.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, header};

use super::text;
use crate::{Warning, front::Front, kind::Kind, media_type};

/// The body as a string, and whether that is base64.
pub(super) fn of(front: &Front, request: &Request<Bytes>) -> (String, bool) {
    let body = request.body();
    if body.is_empty() {
        return (String::new(), false);
    }
    let content_type = content_type(request);
    let as_text = match front.kind {
        // Rule 66: what is not binary is text, whatever that does to it.
        Kind::RestApi if media_type::is_among(&content_type, &front.binary_media_types) => None,
        Kind::RestApi => Some(String::from_utf8_lossy(body).into_owned()),
        // Rule 64: forms and what has no type are binary.
        Kind::FunctionUrl | Kind::HttpApi | Kind::HttpApiV1 => as_text(&content_type, body),
        // Rule 65; Lattice has it in the same words.
        _ if request.headers().contains_key(header::CONTENT_ENCODING) => None,
        _ => as_text(&content_type, body),
    };
    as_text.map_or_else(|| (STANDARD.encode(body), true), |text| (text, false))
}

/// The warning for a body that its front damages on the way to the function (rule 66).
pub(crate) fn warning(front: &Front, request: &Request<Bytes>) -> Option<Warning> {
    if front.kind != Kind::RestApi || std::str::from_utf8(request.body()).is_ok() {
        return None;
    }
    let content_type = content_type(request);
    let is_binary = media_type::is_among(&content_type, &front.binary_media_types);
    (!is_binary).then_some(Warning::DamagedRequestBody { content_type })
}

fn content_type(request: &Request<Bytes>) -> String {
    request.headers().get(header::CONTENT_TYPE).map(text).unwrap_or_default()
}

/// The body of a type of text. JSON cannot carry what is no UTF-8, whatever its type says.
fn as_text(content_type: &str, body: &[u8]) -> Option<String> {
    let types = ["text/*", "application/json", "application/javascript", "application/xml"];
    let body = std::str::from_utf8(body).ok()?;
    media_type::is_among(content_type, &types).then(|| body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(front: &Front, headers: &[(&'static str, &str)], body: &'static [u8]) -> (String, bool) {
        let request = Request::post("/");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        of(front, &request.body(Bytes::from_static(body)).unwrap())
    }

    #[test]
    fn a_few_types_are_text_at_all_but_rest_apis() {
        for front in Front::all().into_iter().filter(|front| ![Kind::RestApi, Kind::Vercel].contains(&front.kind)) {
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
    fn a_coding_is_looked_at_by_those_that_are_no_apis() {
        for front in Front::all() {
            let front = front.binary_media_types(["*/*"]);
            let headers = [("content-type", "text/plain"), ("content-encoding", "gzip")];
            let is_api = matches!(front.kind, Kind::FunctionUrl | Kind::HttpApi | Kind::HttpApiV1);
            assert_eq!(body(&front, &headers, b"x").1, !is_api, "{front}");
        }
    }

    #[test]
    fn a_rest_api_damages_a_body_without_a_binary_media_type() {
        let png = |front: &Front| body(front, &[("content-type", "image/png")], b"\x89PNG");
        let warning = |front: &Front| {
            let request = Request::post("/").header("content-type", "image/png");
            super::warning(front, &request.body(Bytes::from_static(b"\x89PNG")).unwrap())
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
        // No type is set by default, as on AWS; text is not damaged.
        assert_eq!(png(&Front::rest_api()), ("\u{fffd}PNG".into(), false));
        assert_eq!(body(&Front::rest_api(), &[], "é".as_bytes()), ("é".into(), false));
        let text = Request::post("/").body(Bytes::from_static("é".as_bytes())).unwrap();
        assert_eq!(super::warning(&Front::rest_api(), &text), None);
        assert_eq!(warning(&Front::http_api_v1()), None);
    }
}
