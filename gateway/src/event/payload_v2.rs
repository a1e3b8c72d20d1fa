//! Payload format version 2.0, which HTTP APIs and Function URLs send.

use http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::event::{
    input::EventInput,
    json::{header_text, insert},
    query::decoded_parameters,
};

/// The members in which HTTP APIs and Function URLs differ.
pub(crate) struct Variant {
    pub(crate) raw_path: String,
    /// The member `path` of `requestContext.http`.
    pub(crate) context_path: String,
    pub(crate) account_id: &'static str,
}

/// Makes an event. The headers still have `cookie` if the input has it.
pub(crate) fn event(input: &EventInput<'_>, variant: Variant) -> Value {
    let Variant { raw_path, context_path, account_id } = variant;
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": input.query(),
    });
    let cookies = cookies(input.request.headers());
    if !cookies.is_empty() {
        insert(&mut event, "cookies", cookies);
    }
    insert(&mut event, "headers", input.headers.joined(","));
    let parameters = decoded_parameters(input.query());
    if !parameters.is_empty() {
        insert(&mut event, "queryStringParameters", parameters.joined(","));
    }
    insert(&mut event, "requestContext", context(input, &context_path, account_id));
    if !input.body.text.is_empty() {
        insert(&mut event, "body", input.body.text.as_str());
    }
    insert(&mut event, "isBase64Encoded", input.body.is_base64);
    event
}

fn context(input: &EventInput<'_>, path: &str, account_id: &str) -> Value {
    let settings = input.settings;
    json!({
        "accountId": account_id,
        "apiId": settings.api_id(),
        "domainName": settings.domain(),
        "domainPrefix": settings.domain_prefix(),
        "http": {
            "method": input.method(),
            "path": path,
            "protocol": input.protocol(),
            "sourceIp": settings.client.to_string(),
            "userAgent": input.user_agent().unwrap_or_default(),
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "$default",
        "stage": settings.stage,
        "time": "12/Mar/2025:19:03:58 +0000",
        "timeEpoch": 1_741_806_238_390_u64,
    })
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::COOKIE).iter().map(header_text);
    values.flat_map(|value| value.split("; ").map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Front, testing::event};
    use http::Request;

    #[test]
    fn adds_a_named_stage_to_the_path_except_on_a_custom_domain() {
        let front = Front::http_api().stage("prod");
        let made = event(&front, Request::get("/x?a=%20&a"), b"");
        assert_eq!((&made["rawPath"], &made["rawQueryString"]), (&"/prod/x".into(), &"a=%20&a".into()));
        assert_eq!(made["requestContext"]["http"]["path"], "/prod/x");
        let made = event(&front.custom_domain("api.example.com"), Request::get("/orders/x"), b"");
        assert_eq!((&made["rawPath"], &made["requestContext"]["stage"]), (&"/orders/x".into(), &"prod".into()));
        assert_eq!(made["headers"]["host"], "api.example.com");
        assert_eq!(made["requestContext"]["domainPrefix"], "api");
        let made = event(&Front::function_url().stage("x"), Request::get("/y"), b"");
        assert_eq!((&made["rawPath"], &made["requestContext"]["stage"]), (&"/y".into(), &"$default".into()));
    }

    #[test]
    fn joins_headers_and_splits_cookies() {
        let request = || {
            let request = Request::get("/").header("X-A", "1").header("x-a", "2, 3");
            request.header("cookie", "a=1; b=2").header("cookie", "c=3")
        };
        let api = event(&Front::http_api(), request(), b"");
        assert_eq!((&api["headers"]["x-a"], &api["headers"]["content-length"]), (&"1,2, 3".into(), &"0".into()));
        assert_eq!((&api["cookies"], api["headers"].get("cookie")), (&json!(["a=1", "b=2", "c=3"]), None));
        let url = event(&Front::function_url(), request(), b"");
        assert_eq!((&url["cookies"], &url["headers"]["cookie"]), (&api["cookies"], &"a=1; b=2; c=3".into()));
        assert_eq!(url["headers"].get("content-length"), None);
        assert_eq!(event(&Front::http_api(), Request::get("/"), b"").get("cookies"), None);
    }

    #[test]
    fn has_the_query_as_sent_and_decoded() {
        let made = event(&Front::function_url(), Request::get("/?a=1&b=x+y%2Bz&a=2&e="), b"");
        assert_eq!(made["rawQueryString"], "a=1&b=x+y%2Bz&a=2&e=");
        assert_eq!(made["queryStringParameters"], json!({"a": "1,2", "b": "x y+z", "e": ""}));
        let made = event(&Front::function_url(), Request::get("/?"), b"");
        assert_eq!((&made["rawQueryString"], made.get("queryStringParameters")), (&"".into(), None));
    }

    #[test]
    fn has_the_client_in_the_context_and_last_in_x_forwarded_for() {
        let front = Front::http_api().client([198, 51, 100, 4].into());
        let request = Request::put("/").header("x-forwarded-for", "6.6.6.6").header("user-agent", "curl");
        let made = event(&front, request, b"\x00");
        let http = &made["requestContext"]["http"];
        assert_eq!(made["headers"]["x-forwarded-for"], "6.6.6.6, 198.51.100.4");
        assert_eq!((&http["sourceIp"], &http["userAgent"]), (&"198.51.100.4".into(), &"curl".into()));
        assert_eq!((&http["method"], &http["protocol"]), (&"PUT".into(), &"HTTP/1.1".into()));
        assert_eq!((&made["body"], &made["isBase64Encoded"]), (&"AA==".into(), &true.into()));
        assert_eq!(event(&front, Request::get("/"), b"").get("body"), None);
    }
}
