//! Payload format version 1.0: REST APIs, and HTTP APIs that ask for it.

use bytes::Bytes;
use http::{HeaderName, Response, header};

use super::{
    MAX_API_HEADERS, assemble, default_content_type,
    reply::{Headers, Reply},
    size,
};
use crate::{Warning, front::Front, media_type};

/// What a REST API does not let a function say of itself (rule 85).
///
/// Source: [Important notes](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html).
const REMAPPED: [&str; 14] = [
    "authorization",
    "connection",
    "content-length",
    "content-md5",
    "date",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "trailer",
    "upgrade",
    "user-agent",
    "www-authenticate",
];

pub(super) fn rest_api(
    front: &Front,
    accept: Option<&str>,
    reply: &[u8],
    warning: &mut Option<Warning>,
) -> Option<Response<Bytes>> {
    // Rule 71: it takes nothing that it does not know.
    let known = ["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
    let reply = Reply::lenient(reply)?.only(&known)?;
    let mut headers = merged(reply.multi("multiValueHeaders")?, reply.single("headers")?);
    for (name, _) in &mut headers {
        remap(name)?;
    }
    // Rule 97: what the client accepts decides, not the type of the response.
    let accept = accept.or(content_type(&headers)).unwrap_or("application/json");
    let is_binary = media_type::is_among(accept, &front.binary_media_types);
    if reply.is_base64()? && !is_binary && !reply.text()?.is_empty() {
        *warning = Some(Warning::EncodedResponseBody { accept: accept.to_owned() });
    }
    let body = if is_binary { reply.body()? } else { reply.text()?.to_owned().into() };
    let mut response = assemble(reply.status()?, headers, body);
    if !reply.suppresses(&header::CONTENT_TYPE, &["headers", "multiValueHeaders"]) {
        default_content_type(&mut response, "application/json");
    }
    Some(response).filter(|response| size(response.headers()) <= MAX_API_HEADERS)
}

/// Rule 74: the values of `multi` come first, and a pair that is in both maps is sent once.
pub(super) fn merged(multi: Headers, single: Headers) -> Headers {
    let mut headers = multi;
    for pair in single {
        if !headers.contains(&pair) {
            headers.push(pair);
        }
    }
    headers
}

/// Renames a header that is not a function's to tell.
pub(super) fn remap(name: &mut HeaderName) -> Option<()> {
    if REMAPPED.contains(&name.as_str()) {
        *name = HeaderName::try_from(format!("x-amzn-remapped-{name}")).ok()?;
    }
    Some(())
}

pub(super) fn http_api(reply: &[u8]) -> Option<Response<Bytes>> {
    let reply = Reply::lenient(reply)?;
    let mut headers = reply.single("headers")?;
    let has_type = headers.iter().any(|(name, _)| *name == header::CONTENT_TYPE);
    // Rule 74: an HTTP API keeps the other order and duplicates, except for the content type.
    let multi = reply.multi("multiValueHeaders")?.into_iter();
    headers.extend(multi.filter(|(name, _)| !has_type || *name != header::CONTENT_TYPE));
    let mut response = assemble(reply.status()?, headers, reply.body()?);
    if !reply.suppresses(&header::CONTENT_TYPE, &["headers", "multiValueHeaders"]) {
        default_content_type(&mut response, "text/plain; charset=utf-8");
    }
    Some(response).filter(|response| size(response.headers()) <= MAX_API_HEADERS)
}

fn content_type(headers: &Headers) -> Option<&str> {
    headers.iter().find(|(name, _)| *name == header::CONTENT_TYPE)?.1.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::of;
    use serde_json::{Value, json};

    fn response(front: &Front, reply: Value) -> Response<Bytes> {
        of(front, reply.to_string().as_bytes())
    }

    fn values<'a>(response: &'a Response<Bytes>, name: &str) -> Vec<&'a str> {
        response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn both_maps_are_merged_in_the_order_of_the_front() {
        let reply = json!({"statusCode": 200, "headers": {"x": "1"}, "multiValueHeaders": {"x": ["2", "3"],
            "set-cookie": ["a=1", "b=2"]}});
        let rest = response(&Front::rest_api(), reply.clone());
        assert_eq!((values(&rest, "x"), values(&rest, "set-cookie")), (vec!["2", "3", "1"], vec!["a=1", "b=2"]));
        assert_eq!(values(&response(&Front::http_api_v1(), reply), "x"), ["1", "2", "3"]);
    }

    #[test]
    fn a_pair_in_both_maps_is_sent_once_by_a_rest_api_and_twice_by_an_http_api() {
        let reply = json!({"statusCode": 200,
            "headers": {"x": "2", "set-cookie": "a=1", "Content-Type": "text/css"},
            "multiValueHeaders": {"X": ["2", "3"], "Set-Cookie": ["a=1", "b=2"], "content-type": ["text/css"]}});
        let rest = response(&Front::rest_api(), reply.clone());
        assert_eq!(values(&rest, "x"), ["2", "3"]);
        assert_eq!(values(&rest, "set-cookie"), ["a=1", "b=2"]);
        assert_eq!(values(&rest, "content-type"), ["text/css"]);
        let http = response(&Front::http_api_v1(), reply);
        assert_eq!(values(&http, "x"), ["2", "2", "3"]);
        assert_eq!(values(&http, "set-cookie"), ["a=1", "a=1", "b=2"]);
        assert_eq!(values(&http, "content-type"), ["text/css"]);
        // A pair that is twice in one map stays, and the type of `headers` wins.
        let reply = json!({"statusCode": 200, "headers": {"content-type": "text/css"},
            "multiValueHeaders": {"x": ["1", "1"], "content-type": ["text/html"]}});
        assert_eq!(values(&response(&Front::rest_api(), reply.clone()), "x"), ["1", "1"]);
        assert_eq!(values(&response(&Front::http_api_v1(), reply), "content-type"), ["text/css"]);
    }

    #[test]
    fn a_type_is_given_to_what_has_none() {
        for (front, default) in
            [(Front::rest_api(), "application/json"), (Front::http_api_v1(), "text/plain; charset=utf-8")]
        {
            assert_eq!(values(&response(&front, json!({"statusCode": 200})), "content-type"), [default]);
            let typed = json!({"statusCode": 200, "headers": {"Content-Type": "text/css"}});
            assert_eq!(values(&response(&front, typed), "content-type"), ["text/css"]);
        }
    }

    #[test]
    fn a_null_suppresses_a_header_and_the_default_of_the_front() {
        for front in [Front::rest_api(), Front::http_api_v1()] {
            for map in ["headers", "multiValueHeaders"] {
                let reply = json!({"statusCode": 204, map: {"Content-Type": null, "x": null}});
                let response = response(&front, reply);
                assert_eq!((response.status().as_u16(), response.headers().len()), (204, 0), "{front}: {map}");
            }
            let reply = json!({"statusCode": 200, "headers": {"content-type": null, "x": "1"},
                "multiValueHeaders": {"content-type": ["text/css"], "x": null}});
            let response = response(&front, reply);
            assert_eq!(values(&response, "content-type"), ["text/css"], "{front}");
            assert_eq!(values(&response, "x"), ["1"], "{front}");
            // Unknown, and so refused.
            let reply = json!({"statusCode": 200, "multiValueHeaders": {"x": [null]}});
            assert!(super::super::of(&front, reply.to_string().as_bytes()).status().is_server_error(), "{front}");
        }
    }

    #[test]
    fn what_a_rest_api_does_not_know_is_malformed() {
        for reply in [
            json!({"statusCode": 200, "cookies": []}),
            json!({"statusCode": 200, "statusDescription": "200 OK"}),
            json!({"statusCode": 200, "multiValueHeaders": {"x": "1"}}),
            json!({"statusCode": 200, "headers": {"x": ["1"]}}),
            json!({"body": "no status"}),
        ] {
            let response = response(&Front::rest_api(), reply);
            assert_eq!(response.status(), 502);
            assert_eq!(&response.body()[..], br#"{"message": "Internal server error"}"#);
        }
        assert_eq!(response(&Front::http_api_v1(), json!({"statusCode": 200, "cookies": []})).status(), 200);
        assert_eq!(response(&Front::http_api_v1(), json!({"body": "no status"})).status(), 500);
    }

    #[test]
    fn some_headers_are_renamed() {
        let reply = json!({"statusCode": 401, "body": "x", "headers": {"Content-Length": "7",
            "Date": "now", "Server": "me", "x": "y"}, "multiValueHeaders": {"WWW-Authenticate": ["Basic"]}});
        let rest = response(&Front::rest_api(), reply.clone());
        for (name, value) in [("www-authenticate", "Basic"), ("content-length", "7"), ("date", "now"), ("server", "me")]
        {
            assert_eq!(values(&rest, &format!("x-amzn-remapped-{name}")), [value]);
            assert_eq!(values(&rest, name), [""; 0]);
        }
        assert_eq!(values(&rest, "x"), ["y"]);
        assert_eq!(values(&response(&Front::http_api_v1(), reply), "www-authenticate"), ["Basic"]);
    }

    #[test]
    fn base64_is_decoded_where_the_type_is_binary() {
        let reply = || json!({"statusCode": 200, "headers": {"content-type": "image/png"}, "body": "iVBO", "isBase64Encoded": true});
        let body = |front: Front| response(&front, reply()).into_body();
        assert_eq!(&body(Front::rest_api().binary_media_types(["*/*"]))[..], b"\x89PN");
        assert_eq!(&body(Front::rest_api().binary_media_types(["image/png"]))[..], b"\x89PN");
        assert_eq!(&body(Front::rest_api().binary_media_types(["text/plain"]))[..], b"iVBO");
        assert_eq!(&body(Front::rest_api())[..], b"iVBO");
        assert_eq!(&body(Front::http_api_v1().binary_media_types([""; 0]))[..], b"\x89PN");
    }

    #[test]
    fn base64_is_decoded_for_a_client_that_first_accepts_a_binary_type() {
        let reply = r#"{"statusCode":200,"headers":{"content-type":"image/png"},"body":"iVBO","isBase64Encoded":true}"#;
        for (types, accept, is_decoded) in [
            (&["image/png"][..], Some("image/png"), true),
            (&["image/*"], Some("image/webp;q=0.8, text/html"), true),
            (&["image/png"], Some("text/html, image/png"), false),
            (&["image/png"], Some("*/*"), false),
            (&["image/png"], Some("image/*"), false),
            (&["image/png"], None, false),
            (&["*/*"], Some("text/html"), true),
            (&["*/*"], None, true),
            (&["text/html"], Some("text/html"), true),
            (&[], Some("image/png"), false),
        ] {
            let front = Front::rest_api().binary_media_types(types.iter().copied());
            let mut request = http::Request::get("/").body(Bytes::new()).unwrap();
            if let Some(accept) = accept {
                request.headers_mut().insert("accept", accept.parse().unwrap());
            }
            let response = front.response_to(&request, &Ok(reply.into()));
            let expected = if is_decoded { &b"\x89PN"[..] } else { b"iVBO" };
            assert_eq!(&response.body()[..], expected, "{types:?} {accept:?}");
            assert_eq!(values(&response, "content-type"), ["image/png"]);
        }
    }
}
