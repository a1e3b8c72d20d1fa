//! Vercel in front of a function of the runtime `provided.al2023`.
//!
//! Sources: [the bridge for Go](https://github.com/vercel/vercel/blob/main/packages/go/bridge/bridge.go),
//! [limits](https://vercel.com/docs/functions/limitations#request-body-size).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    Front,
    event::{
        body::BodyRule,
        headers::{ContentLengthRule, HeaderRules},
        input::EventInput,
        json::insert,
        multi_map::MultiMap,
    },
    front::spec::{FrontSpec, Limits},
    front_settings::FrontSettings,
    response::{assemble::assemble, decode::DecodedReply, error::ErrorBody, reply::Reply},
};

impl Front {
    /// Vercel in front of a function of the runtime `provided.al2023`, which polls the Lambda Runtime API. `Vercel` of this
    /// crate, on Unix, is the platform for the runtime `executable`.
    ///
    /// The body of a request or a response has at most 4.5 MB. Vercel does not document the following, so this front chooses:
    /// arrays only for headers with several values; no content type for a response without one; 500 if the reply is invalid,
    /// as if the function fails.
    ///
    /// Sources: [the bridge for Go](https://github.com/vercel/vercel/blob/main/packages/go/bridge/bridge.go),
    /// [limits](https://vercel.com/docs/functions/limitations#request-body-size).
    pub fn vercel() -> Self {
        Self::new(&VERCEL)
    }
}

/// The maximum size of the body of a request or a response.
pub(crate) const MAX_BODY: usize = 4_718_592;

pub(super) const VERCEL: FrontSpec = FrontSpec {
    name: "vercel",
    domain: "test-abcdefghi.vercel.app",
    stages: None,
    rejects_upgrades: false,
    limits: Limits { request_body: Some(MAX_BODY), response_body: Some(MAX_BODY), ..Limits::NONE },
    body: BodyRule::Base64,
    headers: HeaderRules { content_length: ContentLengthRule::WithBody, add: add_headers },
    event: |input| Some(event(&input)),
    response: |input| response(input.reply).map(DecodedReply::from),
    failure_status: StatusCode::INTERNAL_SERVER_ERROR,
    error_body: |status, _| {
        let text = if status == StatusCode::PAYLOAD_TOO_LARGE {
            "Request Entity Too Large\n\nFUNCTION_PAYLOAD_TOO_LARGE\n"
        } else {
            "A server error has occurred\n\nFUNCTION_INVOCATION_FAILED\n"
        };
        ErrorBody { content_type: "text/plain; charset=utf-8", text: text.to_owned() }
    },
    stream: None,
    cors: None,
    authorizer: None,
    routes: None,
};

/// Replaces the client's values of the headers that Vercel sets.
fn add_headers(headers: &mut MultiMap, settings: &FrontSettings) {
    for name in ["x-forwarded-for", "x-real-ip", "x-vercel-forwarded-for"] {
        headers.insert(name, settings.client.to_string());
    }
    let host = headers.first("host").unwrap_or_default().to_owned();
    headers.insert("x-forwarded-host", host);
    headers.insert("x-forwarded-proto", "https".to_owned());
    headers.insert("x-vercel-id", "iad1::iad1::abcde-1700000000000-0123456789ab".to_owned());
}

/// Makes an event, whose `body` is the JSON of the request.
fn event(input: &EventInput<'_>) -> Value {
    let mut request = json!({
        "method": input.method(),
        "host": input.headers.first("host"),
        "path": input.target(),
        "headers": input.headers.strings_or_arrays(),
    });
    if !input.body.text.is_empty() {
        insert(&mut request, "encoding", "base64");
        insert(&mut request, "body", input.body.text.as_str());
    }
    json!({"Action": "Invoke", "body": request.to_string()})
}

fn response(reply: &[u8]) -> Option<Response<Bytes>> {
    let reply = Reply::strict(reply)?;
    // Vercel ignores these members, which loses headers or leaves the body encoded.
    if reply.has("multiValueHeaders") || reply.is_base64()? {
        return None;
    }
    let body = match reply.get("encoding").map(Value::as_str) {
        None | Some(Some("" | "utf8" | "utf-8")) => reply.text()?.to_owned().into(),
        Some(Some("base64")) => STANDARD.decode(reply.text()?).ok()?.into(),
        Some(_) => return None,
    };
    Some(assemble(reply.status()?, reply.single_or_multi("headers")?, body))
}

#[cfg(test)]
mod tests {
    use super::MAX_BODY;
    use crate::{
        Front,
        testing::{event, response_to},
    };
    use http::Request;
    use serde_json::json;

    #[test]
    fn sends_the_request_as_json_in_json() {
        let request =
            Request::post("/a%20b?k=1&k").header("X-A", "1").header("x-a", "2").header("x-forwarded-for", "6.6.6.6");
        let sent = event(&Front::vercel().client([198, 51, 100, 4].into()), request, b"\x00");
        assert_eq!(
            (&sent["method"], &sent["path"], &sent["host"]),
            (&"POST".into(), &"/a%20b?k=1&k".into(), &"test-abcdefghi.vercel.app".into())
        );
        assert_eq!((&sent["headers"]["x-a"], &sent["headers"]["host"]), (&json!(["1", "2"]), &sent["host"]));
        for name in ["x-forwarded-for", "x-real-ip", "x-vercel-forwarded-for"] {
            assert_eq!(sent["headers"][name], "198.51.100.4", "{name}");
        }
        assert_eq!((&sent["body"], &sent["encoding"]), (&"AA==".into(), &"base64".into()));
        let empty = event(&Front::vercel(), Request::get("/"), b"");
        assert_eq!((empty.get("body"), empty.get("encoding")), (None, None));
    }

    #[test]
    fn accepts_strings_and_arrays_as_headers_and_the_member_encoding() {
        let reply = json!({"statusCode": 201, "headers": {"x": "1", "set-cookie": ["a=1", "b=2"]}, "body": "eA==", "encoding": "base64"});
        let response = response_to(&Front::vercel(), reply.to_string().as_bytes());
        assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x"], &response.body()[..]),
            (201, &"1".parse().unwrap(), &b"x"[..])
        );
        for bad in [
            json!({"statusCode": 200, "body": "eA==", "isBase64Encoded": true}),
            json!({"statusCode": 200, "body": "!", "encoding": "base64"}),
            json!({"statusCode": 200, "body": "x", "encoding": "hex"}),
            json!({"statusCode": 200, "body": "x".repeat(MAX_BODY + 1)}),
            json!({"body": "x"}),
        ] {
            assert_eq!(response_to(&Front::vercel(), bad.to_string().as_bytes()).status(), 500, "{bad:.100}");
        }
    }
}
