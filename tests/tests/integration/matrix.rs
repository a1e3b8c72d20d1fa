//! Every framework on every host and behind every front: the same app, asked the same, and one list of assertions. Each cell
//! is a test of its own, `framework::host`.
//!
//! What its app sees, and what its client gets, is the same as of axum under its own server, but for what a front is known to
//! lose (`losses.rs`), and what a framework cannot see or does by itself (`framework.rs`); `README.md` has both as tables.

use std::{
    net::SocketAddr,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream::FuturesUnordered};
use http::Response;
use lodger::{Lodger, ResponseMode};
use lodger_gateway::{Front, RuntimeApi, StreamEnd, Warning};
use lodger_tests::{
    ask::{Sent, ask},
    framework::{ActixWeb, Axum, Axum07, Framework, Hyper, Tower, UNTYPED, Warp},
    host::{OnVercel, Served, fronts, on_lambda_alone, on_slots, polling_alone},
    losses::{got, got_as_text, got_behind, seen, seen_as_text, seen_behind, seen_on_vercel},
    probe::{self, done_in, has_done, is_gone, span},
    raw_api::SOON,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};

/// How long nothing is to happen that must not happen.
const A_WHILE: Duration = Duration::from_millis(100);

/// A cell for each host and front, of each framework.
macro_rules! matrix {
    ($($framework:ident $F:ident,)*) => {
        $(mod $framework {
            use super::*;

            #[tokio::test]
            async fn own_server() {
                let addr = <$F>::own_server();
                is_as_axums(addr, <$F>::is_blind_to).await;
                answers_untyped::<$F>(async |sent| ask(addr, &sent).await).await;
                tells_length_of_nothing::<$F>(async |sent| ask(addr, &sent).await).await;
            }

            #[tokio::test]
            async fn server() {
                let served = Served::start(<$F>::run);
                let addr = served.addr();
                is_as_axums(addr, <$F>::is_blind_to).await;
                answers_untyped::<$F>(async |sent| ask(addr, &sent).await).await;
                tells_length_of_nothing::<$F>(async |sent| ask(addr, &sent).await).await;
                streams(addr, stringify!($framework), "server").await;
                span::subscribe();
                let span = told(&ask(addr, &Sent::get("/told")).await)["span"].take();
                if <$F>::IS_GUARDED_ON_A_SERVER {
                    assert_eq!((&span["front"], span["request_id"].is_u64()), (&json!("server"), true));
                    works_after(addr).await;
                } else {
                    assert_eq!(ask(addr, &Sent::get("/after/never/0")).await.status(), 501);
                    assert_eq!(span, json!(null));
                }
            }

            #[cfg(unix)]
            #[tokio::test]
            async fn vercel_native() {
                let on = OnVercel::start(<$F>::run);
                let addr = on.platform.address().await.unwrap();
                is_as_axums_on_vercel(&on, |seen| {
                    <$F>::is_blind_to(seen);
                    <$F>::is_blind_on_vercel_to(seen);
                })
                .await;
                answers_untyped::<$F>(async |sent| on.send(&sent).await.1).await;
                tells_length_of_nothing::<$F>(async |sent| on.send(&sent).await.1).await;
                streams(addr, stringify!($framework), "vercel").await;
                // Where the platform counts on an answer a panic is one.
                assert_eq!(on.send(&Sent::get("/panic")).await.1.status(), 500);
                span::subscribe();
                let (id, response) = on.send(&Sent::get("/told")).await;
                let span = told(&response)["span"].take();
                assert_eq!((&span["front"], &span["request_id"]), (&json!("vercel"), &json!(id)));
                let (what, sent) = work();
                let (id, response) = on.send(&sent).await;
                assert_eq!((&response.body()[..], has_done(&what)), (&b"handed over"[..], false));
                assert!(timeout(A_WHILE, on.platform.end(id)).await.is_err(), "it is at its end before the work is");
                probe::let_go(&what);
                on.platform.end(id).await;
                assert_eq!(done_in(&what).unwrap()["request_id"], json!(id));
                assert_eq!(on.platform.protocol_errors(), [""; 0]);
            }

            #[tokio::test]
            async fn lambda_streams() {
                let api = on_lambda_alone(|lodger| <$F>::run(lodger.response_mode(ResponseMode::Stream))).await;
                for front in [Front::function_url().streaming(), Front::rest_api().streaming()] {
                    streams_behind(&front, &api, stringify!($framework)).await;
                }
                // In the same process.
                let whole = api.send(&Front::alb(), &Sent::get("/slow/10").request()).await;
                assert_eq!(&whole.body()[..], b"begun ended");
                assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
                assert_eq!(api.warnings(), []);
            }

            #[tokio::test]
            async fn rest_api_without_binary_media_types() {
                let api = on_lambda_alone(<$F>::run).await;
                let is_blind_to = |seen: &mut Value| {
                    <$F>::is_blind_to(seen);
                    <$F>::is_blind_on_lambda_to(seen);
                    seen_as_text(seen);
                };
                is_as_axums_behind(&Front::rest_api(), &api, is_blind_to, got_as_text).await;
                let damaged = Warning::DamagedRequestBody { content_type: String::new() };
                let encoded = Warning::EncodedResponseBody { accept: String::new() };
                assert_eq!(api.warnings(), [damaged, encoded]);
            }

            #[tokio::test]
            async fn cancellation() {
                let run = |lodger: Lodger| {
                    <$F>::run(lodger.response_mode(ResponseMode::Stream).deadline_margin(Duration::from_secs(2)))
                };
                let api = RuntimeApi::start().await.unwrap().timeout(Duration::from_secs(4));
                cancels_late(&polling_alone(api, run), stringify!($framework)).await;
                let api = RuntimeApi::start().await.unwrap().timeout(SOON * 100);
                cancels_left(&polling_alone(api, run), stringify!($framework)).await;
            }

            #[tokio::test]
            async fn managed_instances() {
                answers_many_at_once(&*on_slots(8, <$F>::run).await, stringify!($framework)).await;
            }

            matrix!(@fronts $F http_api http_api_v1 rest_api function_url alb alb_multi_value lattice_v1 lattice_v2 vercel);
        })*
    };
    (@fronts $F:ident $($front:ident)*) => {
        $(#[tokio::test]
        async fn $front() {
            let front = front(stringify!($front));
            let api = on_lambda_alone(<$F>::run).await;
            is_as_axums_behind(&front, &api, |seen| {
                <$F>::is_blind_to(seen);
                <$F>::is_blind_on_lambda_to(seen);
            }, |got| got)
            .await;
            answers_untyped::<$F>(async |sent| api.send(&front, &sent.request()).await).await;
            tells_length_of_nothing::<$F>(async |sent| api.send(&front, &sent.request()).await).await;
            is_told_and_survives(&front, &api).await;
            works_after_on_lambda(&front, &api).await;
            assert_eq!(api.warnings(), []);
        })*
    };
}

matrix! {
    axum Axum,
    axum_07 Axum07,
    actix_web ActixWeb,
    warp Warp,
    tower Tower,
    hyper Hyper,
}

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
    requests.extend(["POST", "GET"].map(|method| Sent::get("/length").method(method).header("content-length", b"0")));
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
        "not-modified",
        "no-content",
    ] {
        requests.push(Sent::get(format!("/reply/{what}")));
        requests.push(Sent::get(format!("/reply/{what}")).method("HEAD"));
    }
    for status in [200, 201, 204, 206, 301, 304, 400, 404, 405, 418, 429, 500, 503, 599] {
        requests.push(Sent::get(format!("/status/{status}")));
    }
    requests
}

/// axum under its own server, which all others are held to.
fn axums_own() -> SocketAddr {
    static AXUM: OnceLock<SocketAddr> = OnceLock::new();
    *AXUM.get_or_init(Axum::own_server)
}

fn front(name: &str) -> Front {
    fronts().into_iter().find(|front| front.name() == name.replace('_', "-")).unwrap()
}

async fn is_as_axums(addr: SocketAddr, is_blind_to: fn(&mut Value)) {
    let mut differences = vec![];
    for sent in requests() {
        let (of_axum, ours) = (ask(axums_own(), &sent).await, ask(addr, &sent).await);
        let is_head = sent.method == "HEAD";
        let expected = seen(&of_axum).map(|mut seen| {
            is_blind_to(&mut seen);
            seen
        });
        compare(&sent, &ours, expected, got(&of_axum, is_head), &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[cfg(unix)]
async fn is_as_axums_on_vercel(on: &OnVercel, is_blind_to: impl Fn(&mut Value)) {
    let mut differences = vec![];
    for sent in requests() {
        let (of_axum, (_, ours)) = (ask(axums_own(), &sent).await, on.send(&sent).await);
        let is_head = sent.method == "HEAD";
        let expected = seen(&of_axum).map(|seen| {
            let mut seen = seen_on_vercel(seen);
            is_blind_to(&mut seen);
            seen
        });
        compare(&sent, &ours, expected, got(&of_axum, is_head), &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

async fn is_as_axums_behind(
    front: &Front,
    api: &RuntimeApi,
    is_blind_to: impl Fn(&mut Value),
    is_sent_as: impl Fn(Value) -> Value,
) {
    let mut differences = vec![];
    for sent in requests() {
        let (of_axum, ours) = (ask(axums_own(), &sent).await, api.send(front, &sent.request()).await);
        let is_head = sent.method == "HEAD";
        let expected = seen(&of_axum).and_then(|seen| {
            let mut seen = seen_behind(front, seen, &sent)?;
            is_blind_to(&mut seen);
            Some(seen)
        });
        if seen(&of_axum).is_some() && expected.is_none() {
            // The front answers by itself.
            assert_eq!(seen(&ours), None, "{sent:?}");
            continue;
        }
        let get = is_sent_as(got_behind(front, got(&of_axum, is_head), is_head));
        compare(&sent, &ours, expected, get, &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
}

/// Compares what an app saw, if it told, and else what its client got, with what is expected.
fn compare(sent: &Sent, ours: &Response<Bytes>, see: Option<Value>, get: Value, differences: &mut Vec<String>) {
    let (ours, expected) = match see {
        Some(expected) => (seen(ours).unwrap_or_else(|| got(ours, false)), expected),
        None => (got(ours, sent.method == "HEAD"), get),
    };
    // Whether of nothing it is said how long it is depends on the framework.
    let [ours, expected] = [ours, expected].map(|mut got| {
        if let (Some(headers), "HEAD") = (got["headers"].as_array_mut(), &*sent.method) {
            let lengths = ["content-length", "x-amzn-remapped-content-length"];
            headers.retain(|header| !(lengths.map(Value::from).contains(&header[0]) && header[1] == "0"));
        }
        got
    });
    if ours != expected {
        differences.push(format!("{} {}\n  expected {expected}\n  got      {ours}", sent.method, sent.target));
    }
}

/// What cannot be read as its types a framework answers in its own way, on every host.
async fn answers_untyped<F: Framework>(ask: impl AsyncFn(Sent) -> Response<Bytes>) {
    let Some(expected) = F::OF_UNTYPED else { return };
    let mut statuses = vec![];
    for (method, target, content_type, body) in UNTYPED {
        let mut sent = Sent::get(target).method(method).body(body);
        if !content_type.is_empty() {
            sent = sent.header("content-type", content_type);
        }
        statuses.push(ask(sent).await.status().as_u16());
    }
    assert_eq!(statuses, expected, "{UNTYPED:?}");
}

/// A HEAD without a body has a length or not, whatever the host.
async fn tells_length_of_nothing<F: Framework>(ask: impl AsyncFn(Sent) -> Response<Bytes>) {
    let response = ask(Sent::get("/reply/empty").method("HEAD")).await;
    let length =
        ["content-length", "x-amzn-remapped-content-length"].iter().find_map(|name| response.headers().get(*name));
    assert_eq!(length.is_some_and(|length| length == "0"), F::TELLS_LENGTH_OF_NOTHING, "{response:?}");
}

/// A server sends what it has when it has it: the app goes on when that has arrived.
async fn streams(addr: SocketAddr, by: &str, host: &str) {
    let name = format!("{by}-{host}");
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(&Sent::get(format!("/held/{name}")).bytes()).await.unwrap();
    let mut answer = vec![];
    while !String::from_utf8_lossy(&answer).contains("begun") {
        let read = timeout(SOON, socket.read_buf(&mut answer)).await.expect("it waits for the end").unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&answer));
    }
    assert!(!String::from_utf8_lossy(&answer).contains("ended"));
    probe::let_go(&name);
    socket.read_to_end(&mut answer).await.unwrap();
    assert!(String::from_utf8_lossy(&answer).contains("ended"), "{}", String::from_utf8_lossy(&answer));
}

/// Behind a front that streams the client has what the app has written when it has written it, and knows of a failure.
async fn streams_behind(front: &Front, api: &RuntimeApi, by: &str) {
    let name = format!("{by}-behind-{}", front.name());
    let mut slow = api.stream(front, &Sent::get(format!("/held/{name}")).request()).await;
    assert_eq!(slow.status(), 200);
    let begun = timeout(SOON, slow.chunk()).await.expect("it waits for the end").unwrap();
    probe::let_go(&name);
    let ended = slow.chunk().await.unwrap();
    assert_eq!((&begun.bytes[..], &ended.bytes[..]), (&b"begun "[..], &b"ended"[..]));
    assert!(matches!(slow.end().await, StreamEnd::Complete));

    let mut failed = api.stream(front, &Sent::get("/panic/body").request()).await;
    let StreamEnd::Failed(why) = failed.end().await else { panic!("it is whole, or was cut off") };
    assert_eq!(why.error_type, "Function.Panicked");
    // To its end: a client that goes before costs the connection.
    let panicked = api.stream(front, &Sent::get("/panic").request()).await.collect().await;
    assert_eq!((panicked.status().as_u16(), &panicked.body()[..]), (500, &b"internal server error"[..]));

    for (what, length) in [("text", 12), ("binary", 256), ("cookies", 0), ("redirect", 0), ("untyped", 9)] {
        let sent = Sent::get(format!("/reply/{what}"));
        let (own, ours) = (ask(axums_own(), &sent).await, api.stream(front, &sent.request()).await.collect().await);
        assert_eq!((ours.status(), ours.body()), (own.status(), own.body()), "{what}");
        assert_eq!(ours.body().len(), length, "{what}");
        let cookies =
            |response: &Response<Bytes>| response.headers().get_all("set-cookie").iter().cloned().collect::<Vec<_>>();
        assert_eq!(cookies(&ours), cookies(&own), "{what}");
    }
}

/// What runs when the deadline margin begins is dropped. The gateway gives up at the deadline itself, so that both clocks run.
async fn cancels_late(api: &RuntimeApi, by: &str) {
    let url = Front::function_url().streaming();
    let name = |what: &str| format!("{by}-{what}");
    let get = |target: &str| Sent::get(format!("/endless/{by}-{target}")).request();
    for (front, what) in [(Front::alb(), "whole"), (url.clone(), "streamed")] {
        assert!(!is_gone(&name(what)));
        assert_eq!(api.send(&front, &get(what)).await.status(), 504, "{what}");
        assert!(is_gone(&name(what)), "{what}");
    }
    let mut late = api.stream(&url, &get("late/body")).await;
    assert_eq!(late.chunk().await.unwrap().bytes, "begun");
    let StreamEnd::Failed(why) = late.end().await else { panic!("it is whole, or was cut off") };
    assert_eq!(why.error_type, "Function.Timeout");
    goes(&name("late")).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
}

/// A stream whose client has left is dropped, long before its deadline. What comes after it is answered all the same.
async fn cancels_left(api: &RuntimeApi, by: &str) {
    let url = Front::function_url().streaming();
    let mut left = api.stream(&url, &Sent::get(format!("/endless/{by}-left/body")).request()).await;
    assert_eq!(left.chunk().await.unwrap().bytes, "begun");
    drop(left);
    goes(&format!("{by}-left")).await;
    assert_eq!(api.send(&url, &Sent::get("/").request()).await.status(), 200);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

async fn goes(what: &str) {
    let gone = async {
        while !is_gone(what) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, gone).await.unwrap_or_else(|_| panic!("{what} is still there"));
}

/// What an app says that it was told.
fn told(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// What only Lambda knows is told, a stream arrives as a whole, and a panic is a 500 after which the app goes on.
async fn is_told_and_survives(front: &Front, api: &RuntimeApi) {
    span::subscribe();
    let told = told(&api.send(front, &Sent::get("/told").request()).await);
    assert!(told["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{told}");
    let name = match front.name() {
        "alb-multi-value" => "alb",
        "http-api-v1" => "http-api",
        "lattice-v1" | "lattice-v2" => "vpc-lattice",
        name => name,
    };
    assert_eq!((&told["span"]["front"], &told["span"]["request_id"]), (&json!(name), &told["request_id"]), "{told}");
    let is_rest = front.name() == "rest-api";
    assert_eq!(told["prefix"], if is_rest { json!("/prod") } else { json!(null) }, "{told}");

    let response = api.send(front, &Sent::get("/slow/10").request()).await;
    assert_eq!(&response.body()[..], b"begun ended");
    for target in ["/panic", "/panic/body"] {
        assert_eq!(api.send(front, &Sent::get(target).request()).await.status(), 500, "{target}");
    }
    assert_eq!(api.send(front, &Sent::get("/").request()).await.status(), 200);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

/// A request that hands over work, and the name of that, which no other work has.
fn work() -> (String, Sent) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let what = format!("work-{}", NUMBER.fetch_add(1, Relaxed));
    let sent = Sent::get(format!("/after/{what}/held"));
    (what, sent)
}

/// What a request hands over is done once it has been answered.
async fn works_after(addr: SocketAddr) {
    let (what, sent) = work();
    let response = ask(addr, &sent).await;
    assert_eq!((&response.body()[..], has_done(&what)), (&b"handed over"[..], false));
    probe::let_go(&what);
    let done = async {
        while !has_done(&what) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(SOON, done).await.unwrap();
}

/// Likewise, and before the next is asked for.
async fn works_after_on_lambda(front: &Front, api: &RuntimeApi) {
    let (what, sent) = work();
    let response = api.send(front, &sent.request()).await;
    assert_eq!((&response.body()[..], has_done(&what)), (&b"handed over"[..], false));
    let request = Sent::get("/").request();
    let mut next = std::pin::pin!(api.send(front, &request));
    assert!(timeout(A_WHILE, next.as_mut()).await.is_err(), "the next is asked for before the work is done");
    probe::let_go(&what);
    assert_eq!(next.await.status(), 200);
    assert!(done_in(&what).unwrap()["request_id"].is_string());
}

/// Eight invocations at once, and then as many more as come: each gets its own answer, whatever becomes of the others. Seven of
/// the first wait until all others have been answered.
async fn answers_many_at_once(api: &RuntimeApi, by: &str) {
    const HELD: u16 = 7;
    let front = Front::function_url();
    let front = &front;
    let each = (0..64).map(async |number| {
        let (target, status, says) = match number % 4 {
            _ if number < HELD => (format!("/held/{by}-{number}"), 200, "begun ended".to_owned()),
            0 => (format!("/slow/{}", 100 - number), 200, "begun ended".to_owned()),
            1 => ("/panic".to_owned(), 500, "internal server error".to_owned()),
            2 => (format!("/who/{number}"), 200, format!("/who/{number}\"")),
            _ => (format!("/status/{}", 400 + number), 400 + number, String::new()),
        };
        let response = api.send(front, &Sent::get(target.clone()).request()).await;
        assert_eq!(response.status().as_u16(), status, "{target}");
        let body = String::from_utf8_lossy(response.body());
        assert!(body.contains(&says), "{target}: {body}");
        number
    });
    let mut each: FuturesUnordered<_> = each.collect();
    let mut order = vec![];
    while let Some(number) = timeout(SOON, each.next()).await.expect("they are not answered at once") {
        order.push(number);
        if order.len() == 64 - usize::from(HELD) {
            (0..HELD).for_each(|number| probe::let_go(&format!("{by}-{number}")));
        }
    }
    assert!(order[64 - usize::from(HELD)..].iter().all(|number| *number < HELD), "{order:?}");
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 8));
}
