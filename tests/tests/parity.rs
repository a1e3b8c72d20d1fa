//! The same app, asked the same: under axum's own server, under Lodger's, and on Lambda behind every front. What it sees,
//! and what its client gets, is the same, but for what a front is known to lose; `tests/README.md` has the rules.

use lodger_gateway::Front;
use lodger_tests::{
    ask::{Sent, ask},
    host::{Server, axum_serve, on_lambda},
    losses::{got, got_behind, seen, seen_behind},
    probe,
};

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
        requests.push(Sent::get(format!("/reply/{what}")));
        requests.push(Sent::get(format!("/reply/{what}")).method("HEAD"));
    }
    for status in [200, 201, 204, 206, 301, 304, 400, 404, 405, 418, 429, 500, 503, 599] {
        requests.push(Sent::get(format!("/status/{status}")));
    }
    requests
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
    for sent in requests() {
        let on_server = ask(axum, &sent).await;
        for front in Front::all() {
            let on_lambda = api.send(&front, &sent.request()).await;
            let what = format!("{front}\n{sent:?}\n{on_lambda:?}");
            let is_head = sent.method == "HEAD";
            match seen(&on_server) {
                Some(expected) => assert_eq!(seen(&on_lambda), seen_behind(&front, expected, &sent), "{what}"),
                None => assert_eq!(
                    got(&on_lambda, is_head),
                    got_behind(&front, got(&on_server, is_head), is_head),
                    "{what}"
                ),
            }
        }
    }
    assert_eq!(api.complaints(), [""; 0]);
    assert_eq!(api.connections(), 1);
}
