//! From the reply of payload format version 2.0 to the response.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::{Map, Value};

use crate::front::{Front, Kind};

pub(crate) fn of(front: &Front, reply: &[u8]) -> Response<Bytes> {
    let Ok(reply) = serde_json::from_slice::<Value>(reply) else {
        // Whatever it is, it is what the client gets.
        return inferred(Bytes::copy_from_slice(reply));
    };
    match reply.as_object() {
        Some(object) if object.contains_key("statusCode") => {
            read(front, object).unwrap_or_else(|| internal_error(front))
        }
        _ => inferred(reply.to_string().into()),
    }
}

/// What AWS answers when the function failed, or its reply cannot be made a response.
pub(crate) fn internal_error(front: &Front) -> Response<Bytes> {
    let (status, body) = match front.kind {
        Kind::HttpApi => (StatusCode::INTERNAL_SERVER_ERROR, &br#"{"message":"Internal Server Error"}"#[..]),
        Kind::FunctionUrl => (StatusCode::BAD_GATEWAY, &b"Internal Server Error"[..]),
    };
    let mut response = inferred(Bytes::from_static(body));
    *response.status_mut() = status;
    response
}

/// A reply without a status is taken for a body of JSON.
fn inferred(body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The response; `None` if the reply is not what AWS takes.
fn read(front: &Front, reply: &Map<String, Value>) -> Option<Response<Bytes>> {
    // An integer: with a decimal point it is refused.
    let status = u16::try_from(reply.get("statusCode")?.as_u64()?).ok()?;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational())?;
    for (name, value) in members(reply, "headers")? {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        response.headers_mut().append(name, HeaderValue::from_bytes(value.as_str()?.as_bytes()).ok()?);
    }
    if let Some(cookies) = reply.get("cookies") {
        for cookie in cookies.as_array()? {
            let cookie = HeaderValue::from_bytes(cookie.as_str()?.as_bytes()).ok()?;
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    let body = match reply.get("body") {
        None => "",
        Some(body) => body.as_str()?,
    };
    *response.body_mut() = match reply.get("isBase64Encoded") {
        Some(Value::Bool(true)) => STANDARD.decode(body).ok()?.into(),
        None | Some(Value::Bool(false)) => Bytes::copy_from_slice(body.as_bytes()),
        Some(_) => return None,
    };
    if !response.headers().contains_key(header::CONTENT_TYPE) {
        let default = match front.kind {
            Kind::HttpApi => "text/plain; charset=utf-8",
            Kind::FunctionUrl => "application/json",
        };
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(default));
    }
    Some(response)
}

fn members<'a>(reply: &'a Map<String, Value>, name: &str) -> Option<Vec<(&'a String, &'a Value)>> {
    match reply.get(name) {
        None => Some(Vec::new()),
        Some(members) => Some(members.as_object()?.iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(reply: &str) -> Response<Bytes> {
        of(&Front::http_api(), reply.as_bytes())
    }

    #[test]
    fn a_reply_is_read_as_it_is_meant() {
        let response = response(
            r#"{"statusCode":201,"headers":{"x-a":"1, 2"},"cookies":["a=1","b=2"],"body":"iVBO","isBase64Encoded":true}"#,
        );
        assert_eq!(response.status(), 201);
        assert_eq!(response.headers()["x-a"], "1, 2");
        assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
        assert_eq!(&response.body()[..], b"\x89PN");
    }

    #[test]
    fn a_reply_without_a_status_is_a_body() {
        for reply in [r#"{"a":1}"#, "[1]", "no json"] {
            let response = response(reply);
            assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, reply.as_bytes()));
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }

    #[test]
    fn a_reply_that_is_not_to_the_letter_is_refused() {
        for reply in [
            r#"{"statusCode":200.0}"#,
            r#"{"statusCode":"200"}"#,
            r#"{"statusCode":0}"#,
            r#"{"statusCode":101}"#,
            r#"{"statusCode":200,"headers":null}"#,
            r#"{"statusCode":200,"headers":{"x":1}}"#,
            r#"{"statusCode":200,"headers":{"x":["1"]}}"#,
            r#"{"statusCode":200,"cookies":"a=1"}"#,
            r#"{"statusCode":200,"body":null}"#,
            r#"{"statusCode":200,"body":"*","isBase64Encoded":true}"#,
            r#"{"statusCode":200,"isBase64Encoded":"true"}"#,
        ] {
            assert_eq!(response(reply).status(), 500, "{reply}");
            assert_eq!(of(&Front::function_url(), reply.as_bytes()).status(), 502, "{reply}");
        }
    }
}
