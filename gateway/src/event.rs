//! From a request to the event of payload format version 2.0.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Version, header};
use serde_json::{Map, Value, json};

use crate::front::{Front, Kind};

pub(crate) fn of(front: &Front, request: &Request<Bytes>) -> Result<Bytes, Box<Response<Bytes>>> {
    let sent = request.uri().path();
    let decoded = decoded_path(sent);
    let (path, context_path) = match front.kind {
        // The path of the context is decoded on both; `rawPath` is what tells them apart.
        Kind::FunctionUrl => (sent.to_owned(), decoded.unwrap_or_else(|| sent.to_owned())),
        Kind::HttpApi => {
            let mut path = decoded.ok_or_else(|| Box::new(bad_request()))?;
            if front.stage != "$default" {
                path = format!("/{}{path}", front.stage);
            }
            (path.clone(), path)
        }
    };
    let method = request.method().as_str();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
        "cookies": cookies(request.headers()),
        "headers": headers(front, request),
        "requestContext": {
            "accountId": "anonymous",
            "apiId": front.domain.split('.').next(),
            "domainName": front.domain,
            "domainPrefix": front.domain.split('.').next(),
            "http": {
                "method": method,
                "path": context_path,
                "protocol": protocol(request.version()),
                "sourceIp": front.client.to_string(),
                "userAgent": request.headers().get(header::USER_AGENT).map(text),
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "$default",
            "stage": front.stage,
            "time": "12/Mar/2025:19:03:58 +0000",
            "timeEpoch": 1_741_806_238_390_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(event) = event.as_object_mut() {
        if event.get("cookies").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            event.shift_remove("cookies");
        }
        if !request.body().is_empty() {
            let (body, is_base64) = body(request);
            event.insert("body".to_owned(), body.into());
            event.insert("isBase64Encoded".to_owned(), is_base64.into());
        }
    }
    Ok(event.to_string().into())
}

/// What an HTTP API makes of a path, as captured from AWS: it decodes it, cuts it at a question mark that this brought to
/// light, and decodes it again. `None` where that cannot be done.
fn decoded_path(path: &str) -> Option<String> {
    let once = percent_decoded(path.as_bytes())?;
    let path = once.split(|byte| *byte == b'?').next()?;
    percent_decoded(path).map(|twice| String::from_utf8_lossy(&twice).into_owned())
}

fn percent_decoded(mut path: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    while let Some((&byte, rest)) = path.split_first() {
        path = rest;
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (digits, rest) = rest.split_first_chunk::<2>()?;
        let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
        decoded.push(u8::try_from(high? << 4 | low?).ok()?);
        path = rest;
    }
    Some(decoded)
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::COOKIE).iter().map(text);
    values.flat_map(|value| value.split("; ").map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// One string a name: lower case, repeated ones joined by a comma; without those of the connection, and with those that
/// the front adds.
fn headers(front: &Front, request: &Request<Bytes>) -> Map<String, Value> {
    let mut headers = Map::new();
    for name in request.headers().keys() {
        let gone = match *name {
            header::CONNECTION
            | header::TE
            | header::TRAILER
            | header::TRANSFER_ENCODING
            | header::UPGRADE
            | header::EXPECT => true,
            // A Function URL leaves them here as well.
            header::COOKIE => front.kind == Kind::HttpApi,
            _ => false,
        };
        if !gone {
            let separator = if *name == header::COOKIE { "; " } else { "," };
            let values: Vec<String> = request.headers().get_all(name).iter().map(text).collect();
            headers.insert(name.to_string(), values.join(separator).into());
        }
    }
    let length = request.body().len();
    if length > 0 || front.kind == Kind::HttpApi {
        headers.insert("content-length".to_owned(), length.to_string().into());
    }
    if !headers.contains_key("host") {
        headers.insert("host".to_owned(), front.domain.clone().into());
    }
    let client = front.client.to_string();
    let forwarded = match headers.get("x-forwarded-for").and_then(Value::as_str) {
        Some(before) => format!("{before}, {client}"),
        None => client,
    };
    for (name, value) in [
        ("x-amzn-trace-id", "Root=1-67d1d1be-0123456789abcdef01234567"),
        ("x-forwarded-for", &forwarded),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ] {
        headers.insert(name.to_owned(), value.into());
    }
    headers
}

/// The body, and whether it is base64: all that is not of a few types of text is, and so is what is no text at all.
fn body(request: &Request<Bytes>) -> (String, bool) {
    let content_type = request.headers().get(header::CONTENT_TYPE).map(text).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = essence.starts_with("text/")
        || ["application/json", "application/javascript", "application/xml"].contains(&essence.as_str());
    match std::str::from_utf8(request.body()) {
        Ok(body) if is_text => (body.to_owned(), false),
        _ => (STANDARD.encode(request.body()), true),
    }
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

fn bad_request() -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(br#"{"message":"Bad Request"}"#));
    *response.status_mut() = http::StatusCode::BAD_REQUEST;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(front: &Front, request: http::request::Builder, body: &'static [u8]) -> Value {
        let event = of(front, &request.body(Bytes::from_static(body)).unwrap()).unwrap();
        serde_json::from_slice(&event).unwrap()
    }

    #[test]
    fn an_http_api_makes_of_ten_paths_what_aws_made_of_them() {
        for (sent, made) in [
            ("/capture/plain", Some("/capture/plain")),
            ("/capture/space%20value", Some("/capture/space value")),
            ("/capture/question%3Fvalue", Some("/capture/question")),
            ("/capture/percent%25done", None),
            ("/capture/hash%23value", Some("/capture/hash#value")),
            ("/capture/slash%2Fvalue", Some("/capture/slash/value")),
            ("/capture/unicode-%CE%BB-%E4%B8%96%E7%95%8C", Some("/capture/unicode-λ-世界")),
            ("/capture/literal%252Fvalue", Some("/capture/literal/value")),
            ("/capture/literal%253Fvalue", Some("/capture/literal?value")),
            ("/capture/literal%2525value", Some("/capture/literal%value")),
        ] {
            let request = Request::get(sent).body(Bytes::new()).unwrap();
            match (of(&Front::http_api(), &request), made) {
                (Ok(event), Some(made)) => {
                    assert_eq!(serde_json::from_slice::<Value>(&event).unwrap()["rawPath"], made);
                }
                (Err(response), None) => assert_eq!(response.status(), 400),
                (got, _) => panic!("{sent}: {got:?}"),
            }
            let url = event(&Front::function_url(), Request::get(sent), b"");
            assert_eq!(url["rawPath"], sent);
        }
    }

    #[test]
    fn a_stage_with_a_name_stands_before_the_path() {
        let event = event(&Front::http_api().stage("prod"), Request::get("/x?a=%20&a"), b"");
        assert_eq!((&event["rawPath"], &event["rawQueryString"]), (&"/prod/x".into(), &"a=%20&a".into()));
        assert_eq!(event["requestContext"]["http"]["path"], "/prod/x");
    }

    #[test]
    fn headers_are_joined_and_cookies_taken_apart() {
        let request = || {
            Request::get("/").header("X-A", "1").header("x-a", "2, 3").header("cookie", "a=1; b=2").header("te", "x")
        };
        let api = event(&Front::http_api(), request(), b"");
        assert_eq!(api["headers"]["x-a"], "1,2, 3");
        assert_eq!(api["cookies"], json!(["a=1", "b=2"]));
        assert_eq!((api["headers"].get("cookie"), api["headers"].get("te")), (None, None));
        assert_eq!(event(&Front::function_url(), request(), b"")["headers"]["cookie"], "a=1; b=2");
    }

    #[test]
    fn types_decide_about_base64() {
        let is_base64 = |content_type: &str, body| {
            event(&Front::http_api(), Request::post("/").header("content-type", content_type), body)["isBase64Encoded"]
                .as_bool()
        };
        for text in ["text/html", "application/json; charset=utf-8", "Application/XML"] {
            assert_eq!(is_base64(text, b"x"), Some(false), "{text}");
        }
        for binary in ["", "application/x-www-form-urlencoded", "application/problem+json"] {
            assert_eq!(is_base64(binary, b"x"), Some(true), "{binary}");
        }
        assert_eq!(is_base64("text/plain", b"\xff"), Some(true));
        assert_eq!(event(&Front::http_api(), Request::get("/"), b"").get("body"), None);
    }
}
