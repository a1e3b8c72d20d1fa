//! Payload format version 2.0: HTTP APIs and Function URLs.

use bytes::Bytes;
use http::{HeaderValue, Response, header};

use super::{
    MAX_API_HEADERS, assemble, default_content_type,
    reply::{Reply, header_value},
    size,
};
use crate::{front::Front, kind::Kind};

/// The response; `None` if the reply is not what AWS takes.
pub(super) fn response(front: &Front, reply: &[u8]) -> Option<Response<Bytes>> {
    let Some(reply) = Reply::lenient(reply).filter(|reply| reply.has("statusCode")) else {
        return Some(inferred(front, reply));
    };
    // Rule 75: `multiValueHeaders` is not of this version, and is not looked at.
    let mut headers = reply.single("headers")?;
    let cookies = reply.get("cookies").map_or(Some([].as_slice()), |cookies| Some(cookies.as_array()?.as_slice()))?;
    for cookie in cookies {
        headers.push((header::SET_COOKIE, header_value(cookie.as_str()?)?));
    }
    let mut response = assemble(reply.status()?, headers, reply.body()?);
    let default = if front.kind == Kind::HttpApi { "text/plain; charset=utf-8" } else { "application/json" };
    if !reply.suppresses(&header::CONTENT_TYPE, &["headers"]) {
        default_content_type(&mut response, default);
    }
    Some(response).filter(|response| front.kind == Kind::FunctionUrl || size(response.headers()) <= MAX_API_HEADERS)
}

/// Rule 89: a reply without a status, whatever it is, is a body of JSON. An HTTP API decodes a string.
fn inferred(front: &Front, reply: &[u8]) -> Response<Bytes> {
    let body = match serde_json::from_slice::<String>(reply) {
        Ok(text) if front.kind == Kind::HttpApi => text.into(),
        _ => Bytes::copy_from_slice(reply),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::of;

    fn response(reply: &str) -> Response<Bytes> {
        of(&Front::http_api(), reply.as_bytes())
    }

    #[test]
    fn a_reply_is_read_as_it_is_meant() {
        let response = response(
            r#"{"statusCode":201,"headers":{"x-a":"1, 2"},"cookies":["a=1","b=2"],"body":"iVBO","isBase64Encoded":true,
            "multiValueHeaders":{"x-lost":["1"]}}"#,
        );
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["x-a"], "1, 2");
        assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert!(!response.headers().contains_key("x-lost"));
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(&response.body()[..], b"\x89PN");
        let url = of(&Front::function_url(), br#"{"statusCode":200}"#);
        assert_eq!(url.headers()["content-type"], "application/json");
    }

    #[test]
    fn a_null_suppresses_a_header_and_the_default_of_the_front() {
        for front in [Front::http_api(), Front::function_url()] {
            let response = of(&front, br#"{"statusCode":302,"headers":{"Content-Type":null,"x":null,"location":"/"}}"#);
            assert_eq!(response.status(), 302, "{front}");
            assert_eq!(response.headers().keys().collect::<Vec<_>>(), ["location"], "{front}");
            // Of a map that is not looked at, neither.
            let response = of(&front, br#"{"statusCode":200,"multiValueHeaders":{"content-type":null}}"#);
            assert!(response.headers().contains_key("content-type"), "{front}");
        }
    }

    #[test]
    fn a_reply_without_a_status_is_a_body() {
        for reply in [r#"{"a":1}"#, "[1]", "no json", r#"{"statusCode":null}"#] {
            let response = response(reply);
            assert_eq!((response.status().as_u16(), &response.body()[..]), (200, reply.as_bytes()));
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }

    #[test]
    fn an_http_api_decodes_a_json_string() {
        for (reply, body) in
            [(r#""test""#, "test"), (r#" "a\nb" "#, "a\nb"), (r#""""#, ""), ("1", "1"), ("null", "null")]
        {
            let response = response(reply);
            assert_eq!((response.status().as_u16(), &response.body()[..]), (200, body.as_bytes()), "{reply}");
            assert_eq!(response.headers()["content-type"], "application/json", "{reply}");
            // Unknown for a Function URL, which returns the payload as it is.
            assert_eq!(of(&Front::function_url(), reply.as_bytes()).body(), reply, "{reply}");
        }
    }

    #[test]
    fn headers_have_one_value_and_cookies_are_many() {
        for reply in [
            r#"{"statusCode":200,"headers":{"x":["1"]}}"#,
            r#"{"statusCode":200,"cookies":"a=1"}"#,
            r#"{"statusCode":200,"cookies":[1]}"#,
        ] {
            assert_eq!(response(reply).status(), 500, "{reply}");
            assert_eq!(of(&Front::function_url(), reply.as_bytes()).status(), 502, "{reply}");
        }
    }
}
