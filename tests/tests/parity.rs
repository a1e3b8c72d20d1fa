//! The same app, asked the same: under axum's own server, under Lodger's, and on Lambda behind two fronts. What it sees,
//! and what its client gets, is the same, but for what a front is known to lose; `tests/README.md` has the rules.

use bytes::Bytes;
use http::Response;
use lodger_gateway::Front;
use lodger_tests::{
    ask::{Sent, ask},
    host::{Server, axum_serve, on_lambda},
    probe,
};
use serde_json::{Value, json};

fn requests() -> Vec<Sent> {
    let mut requests: Vec<Sent> = [
        "/",
        "/a/b?c=d",
        "/capture/space%20value",
        "/capture/unicode-%CE%BB-%E4%B8%96%E7%95%8C",
        "//double//slash/",
        "/a/./b/../c",
        "/a/%2e%2e/b",
        "/a%2Fb",
        "/a%23b",
        "/trailing/",
        "/;p=1/a=b:c@d!$&'()*+,",
        "/[x]|^\"{}\\",
        "/+plus+/%2B",
        "/?",
        "/?a=1&a=2&b=&c&&d==e",
        "/?q=a+b%20c%2Bd&redirect=https%3A%2F%2Fexample.com%2F%3Fx",
        "/?bad=%zz&%&100%",
        "/?braces={[1]}&pipe=|&tick=`&caret=^",
    ]
    .map(Sent::get)
    .into();
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PROPFIND", "X-ANY"] {
        requests.push(Sent::get("/method").method(method).header("content-type", b"text/plain").body(b"body"));
    }
    requests.extend([
        Sent::get("/headers")
            .header("X-Case", b"Kept: \"Value\"")
            .header("x-empty", b"")
            .header("accept", b"a, b;q=0.1"),
        Sent::get("/headers").header("x-twice", b"1").header("x-other", b"-").header("X-Twice", b"2, 3"),
        Sent::get("/headers")
            .header("x-utf8", "S\u{e3}o Paulo".as_bytes())
            .header("date", b"Sat, 21 Nov 2026 04:15:02 GMT"),
        Sent::get("/headers").header("x-forwarded-for", b"6.6.6.6").header("x-amzn-trace-id", b"Root=client"),
        Sent::get("/cookies").header("cookie", b"a=1; b=\"2\"; c"),
        Sent::get("/hop").header("te", b"trailers").header("x-stays", b"1"),
        Sent::get("/body")
            .method("POST")
            .header("content-type", b"application/json")
            .body(br#"{"a":"\u00e9\n\"","b":[1]}"#),
        Sent::get("/body")
            .method("POST")
            .header("content-type", b"application/x-www-form-urlencoded")
            .body(b"a=1&b=%20+"),
        Sent::get("/body").method("POST").body(b"\x00\x01\xfe\xff untyped \r\n"),
        Sent::get("/body").method("POST").header("content-type", b"text/plain").body("\u{feff}\u{1}é😀".as_bytes()),
        Sent::get("/body").method("GET").header("content-type", b"text/plain").body(b"a body on GET"),
    ]);
    for what in [
        "text",
        "binary",
        "latin1",
        "bom",
        "gzip",
        "untyped",
        "empty",
        "cookies",
        "repeats",
        "redirect",
        "odd-header",
        "length",
    ] {
        let target: &'static str = Box::leak(format!("/reply/{what}").into_boxed_str());
        requests.push(Sent::get(target));
        requests.push(Sent::get(target).method("HEAD"));
    }
    for status in [200, 201, 204, 206, 301, 304, 400, 404, 405, 418, 429, 500, 503, 599] {
        requests.push(Sent::get(Box::leak(format!("/status/{status}").into_boxed_str())));
    }
    requests
}

/// What the app saw, if it told, with what no two hosts have in common taken away.
fn seen(response: &Response<Bytes>) -> Option<Value> {
    let mut seen: Value = serde_json::from_slice(response.body()).ok()?;
    let headers = seen["headers"].as_array_mut()?;
    // `connection: close` ends the tests' own connections; the rest is of one connection by its nature (rule 62).
    headers.retain(|header| !["connection", "te"].contains(&header[0].as_str().unwrap()));
    headers.sort_by_key(|header| header[0].as_str().unwrap().to_owned());
    Some(seen)
}

/// What the client got, without what each server adds on the wire.
fn got(response: &Response<Bytes>, is_head: bool) -> Value {
    let mut headers = probe::headers(response.headers());
    // Of the answer to a HEAD the length is all that is told of the body; else the body tells.
    let tells = |name: &str| name == "content-length" && !(response.body().is_empty() && is_head);
    headers.retain(|(name, _)| !["date", "connection"].contains(&name.as_str()) && !tells(name));
    headers.sort();
    json!({"status": response.status().as_u16(), "headers": headers, "body": probe::latin1(response.body())})
}

/// What the app is to see behind a front, given what it sees on a server.
fn seen_behind(front: &Front, mut seen: Value, sent: &Sent) -> Value {
    let is_api = format!("{front:?}").contains("HttpApi");
    if is_api {
        // Rule 11: decoded by the front, encoded again as far as that is possible.
        let path = match sent.target.split('?').next().unwrap() {
            "/a/%2e%2e/b" => "/a/../b",
            "/a%2Fb" => "/a/b",
            "/+plus+/%2B" => "/+plus+/+",
            "/[x]|^\"{}\\" => "/%5Bx%5D%7C%5E%22%7B%7D%5C",
            path => path,
        };
        let query = sent.target.split_once('?').map_or("", |(_, query)| query);
        let separator = if query.is_empty() { "" } else { "?" };
        seen["uri"] = format!("{path}{separator}{query}").into();
    } else if sent.target == "/?" {
        // Rule 31: an empty query and none look alike.
        seen["uri"] = "/".into();
    }
    let mut headers: Vec<(String, String)> = serde_json::from_value(seen["headers"].take()).unwrap();
    // Rule 46: repeated headers arrive joined.
    headers.dedup_by(|later, first| {
        let same = later.0 == first.0;
        if same {
            first.1 = format!("{},{}", first.1, later.1);
        }
        same
    });
    if is_api && sent.body.is_empty() {
        // Rule 57: an HTTP API says that there is no body.
        headers.push(("content-length".into(), "0".into()));
    }
    // What every front adds.
    let forwarded = headers.iter().find(|(name, _)| name == "x-forwarded-for").map(|(_, value)| format!("{value}, "));
    headers.retain(|(name, _)| !["x-forwarded-for", "x-amzn-trace-id"].contains(&name.as_str()));
    for (name, value) in [
        ("x-amzn-trace-id", "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=0".to_owned()),
        ("x-forwarded-for", format!("{}127.0.0.1", forwarded.unwrap_or_default())),
        ("x-forwarded-port", "443".into()),
        ("x-forwarded-proto", "https".into()),
    ] {
        headers.push((name.into(), value));
    }
    headers.sort();
    seen["headers"] = json!(headers);
    seen
}

/// What the client is to get from a front, given what it gets from a server.
fn got_behind(front: &Front, mut got: Value) -> Value {
    let is_api = format!("{front:?}").contains("HttpApi");
    let mut headers: Vec<(String, String)> = serde_json::from_value(got["headers"].take()).unwrap();
    // Rule 75: repeated headers but cookies are joined.
    headers.dedup_by(|later, first| {
        let same = later.0 == first.0 && later.0 != "set-cookie";
        if same {
            first.1 = format!("{}, {}", first.1, later.1);
        }
        same
    });
    // Rule 88: what has no type gets one, ours if there is a body, else the front's.
    if !headers.iter().any(|(name, _)| name == "content-type") {
        let default = match (got["body"].as_str() != Some(""), is_api) {
            (true, _) => "application/octet-stream",
            (false, true) => "text/plain; charset=utf-8",
            (false, false) => "application/json",
        };
        headers.push(("content-type".into(), default.into()));
        headers.sort();
    }
    got["headers"] = json!(headers);
    got
}

#[tokio::test]
async fn lodgers_server_is_as_axums_own() {
    let axum = axum_serve(probe::app()).await;
    let lodger = Server::start(|lodger| lodger.run(probe::app())).await;
    for sent in requests() {
        let (of_axum, of_lodger) = (ask(axum, &sent).await, ask(lodger.addr, &sent).await);
        assert_eq!(of_axum.status(), of_lodger.status(), "{sent:?}");
        assert_eq!(seen(&of_axum), seen(&of_lodger), "{sent:?}");
        if seen(&of_axum).is_none() {
            let is_head = sent.method == "HEAD";
            assert_eq!(got(&of_axum, is_head), got(&of_lodger, is_head), "{sent:?}");
            assert_eq!(of_axum.headers().get("content-length"), of_lodger.headers().get("content-length"), "{sent:?}");
        }
    }
}

#[tokio::test]
async fn lambda_is_as_a_server_but_for_what_a_front_loses() {
    let axum = axum_serve(probe::app()).await;
    let api = on_lambda(|lodger| lodger.run(probe::app())).await;
    for front in [Front::function_url(), Front::http_api()] {
        for sent in requests() {
            let (on_server, on_lambda) = (ask(axum, &sent).await, api.send(&front, &sent.request()).await);
            let what = format!("{front:?}\n{sent:?}");
            let is_head = sent.method == "HEAD";
            match seen(&on_server) {
                Some(expected) => {
                    assert_eq!(seen(&on_lambda).as_ref(), Some(&seen_behind(&front, expected, &sent)), "{what}");
                }
                None => assert_eq!(got(&on_lambda, is_head), got_behind(&front, got(&on_server, is_head)), "{what}"),
            }
        }
    }
    assert_eq!(api.complaints(), [""; 0]);
    assert_eq!(api.connections(), 1);
}
