//! Payload format version 2.0: HTTP APIs and Function URLs.

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use serde_json::{Value, json};

use super::{body, fields::Fields, first_label, insert, path, protocol, query, text, user_agent};
use crate::{front::Front, kind::Kind};

/// The event; `None` if the path cannot be decoded where it has to be.
pub(super) fn event(front: &Front, request: &Request<Bytes>) -> Option<Value> {
    let is_api = front.kind == Kind::HttpApi;
    let sent = request.uri().path();
    let (path, context_path) = if is_api {
        let path = staged(front, &path::decoded(sent)?);
        (path.clone(), path)
    } else {
        // Rule 12: the path of the context is decoded all the same.
        (sent.to_owned(), path::decoded(sent).unwrap_or_else(|| sent.to_owned()))
    };
    let mut headers = Fields::of_headers(front, request);
    if is_api {
        // Rule 49: a Function URL leaves them there as well.
        headers.remove("cookie");
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.uri().query().unwrap_or_default(),
    });
    let cookies = cookies(request.headers());
    if !cookies.is_empty() {
        insert(&mut event, "cookies", cookies);
    }
    insert(&mut event, "headers", headers.joined(","));
    let parameters = query::decoded(request.uri().query().unwrap_or_default());
    if !parameters.is_empty() {
        insert(&mut event, "queryStringParameters", parameters.joined(","));
    }
    let context = json!({
        "accountId": if is_api { "123456789012" } else { "anonymous" },
        "apiId": first_label(front.kind.domain()),
        "domainName": front.domain,
        "domainPrefix": first_label(&front.domain),
        "http": {
            "method": request.method().as_str(),
            "path": context_path,
            "protocol": protocol(request.version()),
            "sourceIp": front.client.to_string(),
            "userAgent": user_agent(request).unwrap_or_default(),
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "$default",
        "stage": front.stage,
        "time": "12/Mar/2025:19:03:58 +0000",
        "timeEpoch": 1_741_806_238_390_u64,
    });
    insert(&mut event, "requestContext", context);
    let (body, is_base64) = body::of(front, request);
    if !body.is_empty() {
        insert(&mut event, "body", body);
    }
    insert(&mut event, "isBase64Encoded", is_base64);
    Some(event)
}

/// Rule 24: a stage that has a name stands before the path, if the domain is AWS's own.
pub(super) fn staged(front: &Front, path: &str) -> String {
    if front.stage == "$default" || front.has_custom_domain {
        return path.to_owned();
    }
    format!("/{}{path}", front.stage)
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::COOKIE).iter().map(text);
    values.flat_map(|value| value.split("; ").map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    #[test]
    fn a_stage_with_a_name_stands_before_the_path_unless_the_domain_is_ones_own() {
        let front = Front::http_api().stage("prod");
        let made = event(&front, Request::get("/x?a=%20&a"), b"");
        assert_eq!((&made["rawPath"], &made["rawQueryString"]), (&"/prod/x".into(), &"a=%20&a".into()));
        assert_eq!(made["requestContext"]["http"]["path"], "/prod/x");
        let made = event(&front.custom_domain("api.example.com"), Request::get("/orders/x"), b"");
        assert_eq!((&made["rawPath"], &made["requestContext"]["stage"]), (&"/orders/x".into(), &"prod".into()));
        assert_eq!(made["headers"]["host"], "api.example.com");
        assert_eq!(made["requestContext"]["domainPrefix"], "api");
        assert_eq!(event(&Front::function_url().stage("x"), Request::get("/y"), b"")["rawPath"], "/y");
    }

    #[test]
    fn headers_are_joined_and_cookies_taken_apart() {
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
    fn the_query_is_there_as_sent_and_decoded() {
        let made = event(&Front::function_url(), Request::get("/?a=1&b=x+y%2Bz&a=2&e="), b"");
        assert_eq!(made["rawQueryString"], "a=1&b=x+y%2Bz&a=2&e=");
        assert_eq!(made["queryStringParameters"], json!({"a": "1,2", "b": "x y+z", "e": ""}));
        let made = event(&Front::function_url(), Request::get("/?"), b"");
        assert_eq!((&made["rawQueryString"], made.get("queryStringParameters")), (&"".into(), None));
    }

    #[test]
    fn the_client_is_named_and_put_last() {
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
