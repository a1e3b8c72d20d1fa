//! The requests of the matrix.

use lodger_tests::client::ClientRequest;

/// Returns the requests that every host and every front gets.
pub(super) fn requests() -> Vec<ClientRequest> {
    let mut requests: Vec<ClientRequest> = [
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
    .map(ClientRequest::get)
    .into();
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "PROPFIND", "X-ANY"] {
        requests.push(ClientRequest::get("/method").method(method).header("content-type", b"text/plain").body(b"body"));
    }
    requests.extend(
        ["POST", "GET"].map(|method| ClientRequest::get("/length").method(method).header("content-length", b"0")),
    );
    requests.extend([
        ClientRequest::get("/headers")
            .header("X-Case", b"Kept: \"Value\"")
            .header("x-empty", b"")
            .header("accept", b"a, b;q=0.1"),
        ClientRequest::get("/headers").header("x-twice", b"1").header("x-other", b"-").header("X-Twice", b"2, 3"),
        ClientRequest::get("/headers")
            .header("x-utf8", "S\u{e3}o Paulo".as_bytes())
            .header("date", b"Sat, 21 Nov 2026 04:15:02 GMT"),
        ClientRequest::get("/headers").header("x-forwarded-for", b"6.6.6.6").header("x-amzn-trace-id", b"Root=client"),
        ClientRequest::get("/cookies").header("cookie", b"a=1; b=\"2\"; c"),
        ClientRequest::get("/hop").header("te", b"trailers").header("x-stays", b"1"),
        ClientRequest::get("/body")
            .method("POST")
            .header("content-type", b"application/json")
            .body(br#"{"a":"\u00e9\n\"","b":[1]}"#),
        ClientRequest::get("/body")
            .method("POST")
            .header("content-type", b"application/x-www-form-urlencoded")
            .body(b"a=1&b=%20+"),
        ClientRequest::get("/body").method("POST").body(b"\x00\x01\xfe\xff untyped \r\n"),
        ClientRequest::get("/body")
            .method("POST")
            .header("content-type", b"text/plain")
            .body("\u{feff}\u{1}é😀".as_bytes()),
        ClientRequest::get("/body").method("GET").header("content-type", b"text/plain").body(b"a body on GET"),
    ]);
    for kind in [
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
        "not-modified",
        "no-content",
    ] {
        requests.push(ClientRequest::get(format!("/reply/{kind}")));
        requests.push(ClientRequest::get(format!("/reply/{kind}")).method("HEAD"));
    }
    for status in [200, 201, 204, 206, 301, 304, 400, 404, 405, 418, 429, 500, 503, 599] {
        requests.push(ClientRequest::get(format!("/status/{status}")));
    }
    requests
}
