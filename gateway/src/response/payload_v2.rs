//! Replies of payload format version 2.0, which HTTP APIs and Function URLs accept.

use bytes::Bytes;
use http::{HeaderValue, Response, header};

use crate::response::{
    assemble::{assemble, set_default_content_type},
    reply::{Reply, header_value},
};

/// Decodes a reply. `bare_body` decodes a reply without a status, whose JSON is the body (rule 89).
pub(crate) fn decode(
    reply: &[u8],
    default_content_type: &'static str,
    bare_body: fn(&[u8]) -> Bytes,
) -> Option<Response<Bytes>> {
    let Some(envelope) = Reply::lenient(reply).filter(|reply| reply.has("statusCode")) else {
        let mut response = Response::new(bare_body(reply));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Some(response);
    };
    // Rule 75: version 2.0 ignores `multiValueHeaders`.
    let mut headers = envelope.single("headers")?;
    let cookies =
        envelope.get("cookies").map_or(Some([].as_slice()), |cookies| Some(cookies.as_array()?.as_slice()))?;
    for cookie in cookies {
        headers.push((header::SET_COOKIE, header_value(cookie.as_str()?)?));
    }
    let mut response = assemble(envelope.status()?, headers, envelope.body()?);
    if !envelope.suppresses(&header::CONTENT_TYPE, &["headers"]) {
        set_default_content_type(&mut response, default_content_type);
    }
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Front, testing::response_to};

    fn response(reply: &str) -> Response<Bytes> {
        response_to(&Front::http_api(), reply.as_bytes())
    }

    #[test]
    fn decodes_all_members() {
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
        let url = response_to(&Front::function_url(), br#"{"statusCode":200}"#);
        assert_eq!(url.headers()["content-type"], "application/json");
    }

    #[test]
    fn a_null_suppresses_a_header_and_its_default() {
        for front in [Front::http_api(), Front::function_url()] {
            let response =
                response_to(&front, br#"{"statusCode":302,"headers":{"Content-Type":null,"x":null,"location":"/"}}"#);
            assert_eq!(response.status(), 302, "{front}");
            assert_eq!(response.headers().keys().collect::<Vec<_>>(), ["location"], "{front}");
            // A null in a map that the front ignores suppresses nothing.
            let response = response_to(&front, br#"{"statusCode":200,"multiValueHeaders":{"content-type":null}}"#);
            assert!(response.headers().contains_key("content-type"), "{front}");
        }
    }

    #[test]
    fn sends_a_reply_without_a_status_as_a_body() {
        for reply in [r#"{"a":1}"#, "[1]", "no json", r#"{"statusCode":null}"#] {
            let response = response(reply);
            assert_eq!((response.status().as_u16(), &response.body()[..]), (200, reply.as_bytes()));
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }

    #[test]
    fn decodes_a_json_string_behind_an_http_api() {
        for (reply, body) in
            [(r#""test""#, "test"), (r#" "a\nb" "#, "a\nb"), (r#""""#, ""), ("1", "1"), ("null", "null")]
        {
            let response = response(reply);
            assert_eq!((response.status().as_u16(), &response.body()[..]), (200, body.as_bytes()), "{reply}");
            assert_eq!(response.headers()["content-type"], "application/json", "{reply}");
            // Not documented for a Function URL; here it sends the reply as the body.
            assert_eq!(response_to(&Front::function_url(), reply.as_bytes()).body(), reply, "{reply}");
        }
    }

    #[test]
    fn rejects_several_values_of_a_header_and_cookies_that_are_not_an_array() {
        for reply in [
            r#"{"statusCode":200,"headers":{"x":["1"]}}"#,
            r#"{"statusCode":200,"cookies":"a=1"}"#,
            r#"{"statusCode":200,"cookies":[1]}"#,
        ] {
            assert_eq!(response(reply).status(), 500, "{reply}");
            assert_eq!(response_to(&Front::function_url(), reply.as_bytes()).status(), 502, "{reply}");
        }
    }
}
