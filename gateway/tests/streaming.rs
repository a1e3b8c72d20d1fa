//! Replies that are streamed: what a function sends, byte by byte, and what becomes of it behind each front.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what helps a test may panic as well")]

mod support;

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response};
use lodger_gateway::{Front, FunctionError, Invocation, RuntimeApi, StreamEnd, StreamedResponse, Warning};
use serde_json::{Value, json};
use support::{Function, SOON, function};
use tokio::io::AsyncWriteExt;

const TRAILER: &str = "trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n";
const PRELUDE: &[u8] =
    b"{\"statusCode\":201,\"headers\":{\"x-a\":\"1\"},\"cookies\":[\"a=1\",\"b=2\"]}\0\0\0\0\0\0\0\0";
const HTTP: &str = "content-type: application/vnd.awslambda.http-integration-response\r\n";

fn streaming() -> [Front; 2] {
    [Front::function_url().streaming(), Front::rest_api().streaming()]
}

fn request() -> Request<Bytes> {
    Request::get("/").body(Bytes::new()).unwrap()
}

fn error_trailers(error_type: &str, body: &str) -> String {
    let body = STANDARD.encode(body);
    format!("Lambda-Runtime-Function-Error-Type: {error_type}\r\nLambda-Runtime-Function-Error-Body: {body}\r\n")
}

/// Begins a reply to a request through `front`: its head when `begin` was sent, and the function to send the rest.
async fn begun(
    api: &RuntimeApi,
    front: &Front,
    headers: &str,
    begin: &[&[u8]],
) -> (StreamedResponse, Function, String) {
    let mut function = Function::connect(api).await;
    let request = request();
    let answered = async {
        let id = function.poll().await;
        function.begin_stream(&id, headers).await;
        for chunk in begin {
            function.chunk(chunk).await;
        }
        id
    };
    let (response, id) = tokio::time::timeout(SOON, async { tokio::join!(api.stream(front, &request), answered) })
        .await
        .expect("the head is known by then");
    (response, function, id)
}

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what).await.expect("it is not to wait")
}

#[tokio::test]
async fn a_body_is_handed_on_as_it_arrives() {
    for front in streaming() {
        let api = RuntimeApi::start().await.unwrap();
        // A prelude may come in pieces, and the body with its end.
        let begin = [&PRELUDE[..20], &PRELUDE[20..PRELUDE.len() - 3], b"\0\0\0\0one"];
        let (mut response, mut function, _) = begun(&api, &front, HTTP, &begin).await;
        assert_eq!((response.status().as_u16(), &response.headers()["x-a"]), (201, &"1".parse().unwrap()));
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        let first = soon(response.chunk()).await.unwrap();
        assert_eq!(first.bytes, "\0one");
        assert!(tokio::time::timeout(Duration::from_millis(100), response.chunk()).await.is_err(), "nothing was sent");
        let before = Instant::now();
        function.chunk(b"two").await;
        // Twice, as it may arrive only when the first has ended.
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let taken = Instant::now();
        let second = soon(response.chunk()).await.unwrap();
        assert_eq!(second.bytes, "two");
        assert!(second.at >= before && second.at < taken, "it is told when it arrived");
        assert!(function.end("").await.starts_with("http/1.1 202"));
        assert!(soon(response.chunk()).await.is_none());
        assert_eq!(response.end().await, StreamEnd::Complete);
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
}

#[tokio::test]
async fn a_body_may_be_empty() {
    for front in streaming() {
        let api = RuntimeApi::start().await.unwrap();
        let (mut response, mut function, _) = begun(&api, &front, HTTP, &[PRELUDE]).await;
        assert!(function.end("").await.starts_with("http/1.1 202"));
        assert_eq!((soon(response.chunk()).await.is_none(), response.end().await), (true, StreamEnd::Complete));
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
}

#[tokio::test]
async fn a_failure_is_told_by_trailers() {
    let message = r#"{"errorType":"Function.Panic","errorMessage":"oh"}"#;
    let failed = StreamEnd::Failed(FunctionError { error_type: "Function.Panic".into(), body: message.into() });
    for front in streaming() {
        let api = RuntimeApi::start().await.unwrap();
        let headers = format!("{HTTP}{TRAILER}");
        let (mut response, mut function, _) = begun(&api, &front, &headers, &[PRELUDE, b"one"]).await;
        assert!(function.end(&error_trailers("Function.Panic", message)).await.starts_with("http/1.1 202"));
        assert_eq!(soon(response.chunk()).await.unwrap().bytes, "one");
        assert_eq!(response.end().await, failed, "{front}");

        // As a whole it is as much as came.
        let answered = async {
            let id = function.poll().await;
            function.begin_stream(&id, &headers).await;
            function.chunk(PRELUDE).await;
            function.chunk(b"one").await;
            function.end(&error_trailers("Function.Panic", message)).await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), answered);
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (201, &b"one"[..]));
        assert_eq!(response.extensions().get::<StreamEnd>(), Some(&failed));
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
}

#[tokio::test]
async fn a_failure_before_the_prelude_is_a_failure_of_the_function() {
    for (front, status) in streaming().into_iter().zip([502, 502]) {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = Function::connect(&api).await;
        let answered = async {
            let id = function.poll().await;
            function.begin_stream(&id, &format!("{HTTP}{TRAILER}")).await;
            function.chunk(&PRELUDE[..10]).await;
            function.end(&error_trailers("Function.Panic", r#"{"errorType":"x","errorMessage":"oh"}"#)).await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), answered);
        assert_eq!((response.status().as_u16(), api.protocol_errors()), (status, vec![]), "{front}");
    }
}

#[tokio::test]
async fn trailers_have_a_form() {
    let good = r#"{"errorType":"x","errorMessage":"oh"}"#;
    let good_type = "Lambda-Runtime-Function-Error-Type: Runtime.Unknown\r\n";
    for (headers, trailers, about) in [
        ("", error_trailers("Runtime.Unknown", good), "does not list"),
        (TRAILER, error_trailers("alloc::Error", good), "\"alloc::Error\" is not a valid error type"),
        (TRAILER, error_trailers("Runtime.X1", good), "\"Runtime.X1\" is not a valid error type"),
        (TRAILER, error_trailers("Runtime.Unknown", "oh"), "is not base64 of"),
        (TRAILER, error_trailers("Runtime.Unknown", r#"{"errorMessage":"oh"}"#), "is not base64 of"),
        (TRAILER, format!("{good_type}Lambda-Runtime-Function-Error-Body: {good}\r\n"), "is not base64 of"),
        (TRAILER, good_type.to_owned(), "is not base64 of"),
        ("trailer: x-checksum\r\n", "x-checksum: 1\r\n".to_owned(), "the unknown trailer x-checksum"),
    ] {
        let api = RuntimeApi::start().await.unwrap();
        let front = Front::function_url().streaming();
        let (mut response, mut function, _) = begun(&api, &front, &format!("{HTTP}{headers}"), &[PRELUDE]).await;
        assert!(function.end(&trailers).await.starts_with("http/1.1 202"));
        assert_eq!(matches!(response.end().await, StreamEnd::Complete), about.contains("checksum"), "{about}");
        let complaints = api.protocol_errors();
        let of_both = if headers.is_empty() { 2 } else { 1 };
        assert_eq!(complaints.len(), of_both, "{complaints:?}");
        assert!(complaints.iter().all(|complaint| complaint.contains(about)), "{about}: {complaints:?}");
    }
}

#[tokio::test]
async fn the_head_of_the_post_has_a_form() {
    let front = Front::function_url().streaming();
    for (headers, about) in [
        // An HTTP server takes this one for chunked, and says nothing.
        ("content-length: 80\r\ntransfer-encoding: chunked\r\n", "has a content-length"),
        ("transfer-encoding: chunked\r\ncontent-length: 80\r\n", "has a content-length"),
    ] {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = Function::connect(&api).await;
        let answered = async {
            let id = function.poll().await;
            function.post(&id, &format!("{HTTP}lambda-runtime-function-response-mode: streaming\r\n{headers}")).await;
            function.chunk(PRELUDE).await;
            function.end("").await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), answered);
        assert_eq!(response.status(), 201);
        assert!(
            api.protocol_errors().len() == 1 && api.protocol_errors()[0].contains(about),
            "{:?}",
            api.protocol_errors()
        );
    }

    let api = RuntimeApi::start().await.unwrap();
    let mut function = Function::connect(&api).await;
    let answered = async {
        let id = function.poll().await;
        let length = PRELUDE.len();
        let mode = "lambda-runtime-function-response-mode: streaming\r\n";
        function.post(&id, &format!("{HTTP}{mode}content-length: {length}\r\n")).await;
        function.socket.write_all(PRELUDE).await.unwrap();
        function.answer().await
    };
    let request = request();
    let (response, _) = tokio::join!(api.send(&front, &request), answered);
    assert_eq!((response.status().as_u16(), api.protocol_errors().len()), (201, 2), "{:?}", api.protocol_errors());
    assert!(api.protocol_errors()[1].contains("has no `transfer-encoding: chunked`"), "{:?}", api.protocol_errors());
}

#[tokio::test]
async fn there_is_one_other_mode() {
    for mode in ["buffered", "Streaming", "stream", ""] {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = Function::connect(&api).await;
        let answered = async {
            let id = function.poll().await;
            function
                .post(&id, &format!("lambda-runtime-function-response-mode: {mode}\r\ncontent-length: 2\r\n"))
                .await;
            function.socket.write_all(b"{}").await.unwrap();
            function.answer().await
        };
        let (request, front) = (request(), Front::function_url());
        let (response, told) = tokio::join!(api.send(&front, &request), answered);
        assert!(told.starts_with("http/1.1 400 ") && told.contains("invalidfunctionresponsemode"), "{told}");
        assert_eq!(response.status(), 502, "{mode}");
        assert_eq!(api.protocol_errors(), [format!("{mode:?} is not a valid response mode")]);
    }
}

#[tokio::test]
async fn a_connection_that_closes_amid_a_body_truncates_it() {
    for front in streaming() {
        let api = RuntimeApi::start().await.unwrap();
        let (mut response, function, id) = begun(&api, &front, HTTP, &[PRELUDE, b"one"]).await;
        drop(function);
        assert_eq!(soon(response.chunk()).await.unwrap().bytes, "one");
        assert_eq!(soon(response.end()).await, StreamEnd::Truncated, "{front}");
        assert_eq!(api.protocol_errors(), [format!("the reply to {id} is incomplete")]);
    }
    // A function that was not read from notices as well, and so is what it left half done.
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) =
        begun(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE, b"one", b"two", b"three"]).await;
    function.socket.get_mut().shutdown().await.unwrap();
    assert_eq!(soon(response.end()).await, StreamEnd::Truncated);
    assert_eq!(api.protocol_errors().len(), 1, "{:?}", api.protocol_errors());
}

#[tokio::test]
async fn what_begins_otherwise_is_a_500() {
    let long = [&vec![b' '; 16 * 1024 - 7][..], b"\0\0\0\0\0\0\0\0one"].concat();
    for (begin, both, about) in [
        (&br#"{"statusCode":200,"body":"x"}"#[..], true, "before the 8 NULs after the prelude"),
        (b"{}\0\0\0\0\0\0\0one", true, "before the 8 NULs after the prelude"),
        (&long, true, "the first 16 KB of the reply have no 8 NULs"),
        (b"[]\0\0\0\0\0\0\0\0one", true, "no JSON object"),
        (b"{\"headers\":{\"x\":[\"1\"]}}\0\0\0\0\0\0\0\0one", true, "no object of strings"),
        (b"{\"multiValueHeaders\":{\"x\":[\"1\"]}}\0\0\0\0\0\0\0\0one", false, "multiValueHeaders"),
    ] {
        for front in streaming() {
            let api = RuntimeApi::start().await.unwrap();
            let mut function = Function::connect(&api).await;
            let answered = async {
                let id = function.poll().await;
                function.begin_stream(&id, HTTP).await;
                function.chunk(begin).await;
                function.end("").await
            };
            let request = request();
            let (response, told) = tokio::join!(api.send(&front, &request), answered);
            assert!(told.starts_with("http/1.1 202 "), "{told}");
            let is_wrong = both || front.name() == "function-url";
            assert_eq!(response.status(), if is_wrong { 500 } else { 200 }, "{front}: {about}");
            let complaints = api.protocol_errors();
            assert_eq!(complaints.len(), usize::from(is_wrong), "{complaints:?}");
            assert!(complaints.iter().all(|complaint| complaint.contains(about)), "{about}: {complaints:?}");
        }
    }
}

#[tokio::test]
async fn a_function_url_sends_on_what_has_no_prelude() {
    let api = RuntimeApi::start().await.unwrap();
    let front = Front::function_url().streaming();
    for (headers, content_type) in [("", "application/octet-stream"), ("content-type: text/html\r\n", "text/html")] {
        let (mut response, mut function, _) = begun(&api, &front, headers, &[]).await;
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (200, &content_type.parse().unwrap())
        );
        function.chunk(PRELUDE).await;
        assert_eq!(soon(response.chunk()).await.unwrap().bytes, PRELUDE);
        function.end("").await;
        assert_eq!(response.end().await, StreamEnd::Complete);
    }
    assert_eq!(api.protocol_errors(), [""; 0]);

    // Rule 108.
    let envelope = br#"{"statusCode":404,"body":"x"}"#;
    let mut function = Function::connect(&api).await;
    let answered = async {
        let id = function.poll().await;
        function.post(&id, &format!("content-type: application/json\r\ncontent-length: {}\r\n", envelope.len())).await;
        function.socket.write_all(envelope).await.unwrap();
        function.answer().await
    };
    let request = request();
    let (response, _) = tokio::join!(api.send(&front, &request), answered);
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (200, &envelope[..]));
    assert_eq!(
        (&response.headers()["content-type"], api.protocol_errors()),
        (&"application/json".parse().unwrap(), vec![])
    );

    // Nothing at all was seen to be this.
    let answered = async {
        let id = function.poll().await;
        function.begin_stream(&id, HTTP).await;
        function.end("").await
    };
    let (response, _) = tokio::join!(api.send(&front, &request), answered);
    assert_eq!((response.status().as_u16(), response.body().len(), api.protocol_errors().len()), (200, 0, 1));
}

#[tokio::test]
async fn a_front_that_does_not_stream_gets_what_the_invoke_api_gives() {
    for front in Front::all() {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = Function::connect(&api).await;
        let answered = async {
            let id = function.poll().await;
            function.begin_stream(&id, HTTP).await;
            function.chunk(b"{\"statusCode\":201,\"headers\":{\"x-a\":\"1\"}}\0\0\0\0\0\0\0\0").await;
            function.chunk(b"one").await;
            function.end("").await
        };
        let request = request();
        let (response, _) = tokio::join!(api.send(&front, &request), answered);
        let (status, is_body) = match front.name() {
            "rest-api" => (201, false),
            "function-url" | "http-api" => (200, true),
            "http-api-v1" | "vercel" => (500, false),
            _ => (502, false),
        };
        assert_eq!(response.status(), status, "{front}");
        assert_eq!(response.body().ends_with(b"\0one"), is_body, "{front}");
        assert_eq!(response.headers().contains_key("x-a"), front.name() == "rest-api", "{front}");
        assert_eq!(response.extensions().get::<StreamEnd>(), None);
        // It does not stream by being told to, either.
        assert_eq!(front.clone().streaming().is_streaming(), ["rest-api", "function-url"].contains(&front.name()));
    }
}

#[tokio::test]
async fn an_invocation_collects_a_stream() {
    let api = RuntimeApi::start().await.unwrap();
    let mut function = Function::connect(&api).await;
    let error = r#"{"errorType":"x","errorMessage":"oh"}"#;
    for (trailers, outcome) in [
        (String::new(), Ok("onetwo".into())),
        (
            error_trailers("Function.Panic", error),
            Err(FunctionError { error_type: "Function.Panic".into(), body: error.into() }),
        ),
    ] {
        let answered = async {
            let id = function.poll().await;
            function.begin_stream(&id, TRAILER).await;
            function.chunk(b"one").await;
            function.chunk(b"two").await;
            function.end(&trailers).await
        };
        let (invoked, _) = tokio::join!(api.invoke("{}"), answered);
        assert_eq!(invoked.unwrap(), outcome);
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_response_that_is_dropped_closes_the_functions_connection() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) =
        begun(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE, b"one"]).await;
    // All that was sent is taken: it is the wait for more that has to end.
    assert_eq!(soon(response.chunk()).await.unwrap().bytes, "one");
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(response);
    soon(function.closed()).await;
    // The function lives on, and is at no fault.
    let mut function = Function::connect(&api).await;
    let answered = async {
        let id = function.poll().await;
        function.begin_stream(&id, "").await;
        function.end("").await
    };
    let (invoked, _) = soon(async { tokio::join!(api.invoke("{}"), answered) }).await;
    assert_eq!(invoked.unwrap(), Ok(Bytes::new()));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn who_does_not_read_makes_the_function_wait() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) = begun(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE]).await;
    let chunk = vec![b'x'; 1 << 20];
    let mut sent = 0;
    // What the system keeps for a connection is some megabytes.
    while sent < 100 && tokio::time::timeout(Duration::from_secs(1), function.chunk(&chunk)).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 30, "it took {sent} MB that nobody read");
    let mut read = 0;
    while read < sent << 20 {
        read += soon(response.chunk()).await.unwrap_or_else(|| panic!("{read} of {sent} MB")).bytes.len();
    }
}

#[tokio::test]
async fn a_reply_is_not_answered_twice() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, id) = begun(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE]).await;
    let mut other = Function::connect(&api).await;
    other.post(&id, "content-length: 2\r\n").await;
    other.socket.write_all(b"{}").await.unwrap();
    assert!(other.answer().await.starts_with("http/1.1 400 "));
    other.begin_stream(&id, HTTP).await;
    assert!(other.answer().await.starts_with("http/1.1 400 "));
    assert_eq!(api.protocol_errors().len(), 2, "{:?}", api.protocol_errors());
    assert!(function.end("").await.starts_with("http/1.1 202"));
    assert_eq!(response.end().await, StreamEnd::Complete);
}

#[tokio::test]
async fn time_ends_a_stream() {
    let api = RuntimeApi::start().await.unwrap().timeout(Duration::from_millis(60_300));
    let front = Front::function_url().streaming();
    let (mut response, mut function, _) = begun(&api, &front, HTTP, &[PRELUDE, b"one", b"two", b"three"]).await;
    tokio::time::pause();
    tokio::time::advance(Duration::from_millis(60_300)).await;
    tokio::time::resume();
    // Even of a body that nobody reads.
    assert!(soon(function.answer()).await.starts_with("http/1.1 410 "));
    let StreamEnd::Failed(error) = soon(response.end()).await else { panic!("{response:?}") };
    assert_eq!(error.to_string(), "Sandbox.Timedout: Task timed out after 60.30 seconds");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_invocation_id_comes_back_with_a_stream() {
    let api = RuntimeApi::start().await.unwrap();
    let mut function = Function::connect(&api).await;
    for (echo, complaints) in [("lambda-runtime-invocation-id: 7\r\n", 0), ("", 1)] {
        let invocation = Invocation::new("{}").header("lambda-runtime-invocation-id".parse().unwrap(), 7.into());
        let answered = async {
            let id = function.poll().await;
            function.begin_stream(&id, echo).await;
            function.end("").await
        };
        let (_, _) = tokio::join!(api.invoke(invocation), answered);
        assert_eq!(api.protocol_errors().len(), complaints, "{:?}", api.protocol_errors());
    }
}

#[tokio::test]
async fn a_stream_has_a_size() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) = begun(&api, &Front::function_url().streaming(), "", &[]).await;
    let sending = async {
        let chunk = vec![b'x'; 1 << 20];
        for _ in 0..200 {
            function.chunk(&chunk).await;
        }
        function.chunk(b"x").await;
        function.answer().await
    };
    let (ended, told) = tokio::join!(response.end(), sending);
    assert!(told.starts_with("http/1.1 413 "), "{told}");
    assert_eq!((ended, api.protocol_errors().len()), (StreamEnd::Truncated, 1));
}

#[tokio::test]
async fn on_managed_instances_an_error_may_be_reported_while_a_stream_is_under_way() {
    let (url, body) = (Front::function_url().streaming(), json!({"errorType": "x", "errorMessage": "oh"}).to_string());
    let api = RuntimeApi::start().await.unwrap();
    let (_response, _function, id) = begun(&api, &url, HTTP, &[PRELUDE, b"one"]).await;
    let mut other = Function::connect(&api).await;
    assert!(other.error(&id, "Function.Panic", &body).await.starts_with("http/1.1 400 "), "not here");
    assert_eq!(api.protocol_errors().len(), 1, "{:?}", api.protocol_errors());

    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let headers = format!("{HTTP}lambda-runtime-invocation-id: 1\r\n");
    let (mut response, mut function, id) = begun(&api, &url, &headers, &[PRELUDE, b"one"]).await;
    let mut other = Function::connect(&api).await;
    assert!(other.error(&id, "Function.Panic", &body).await.starts_with("http/1.1 202 "));
    assert_eq!(
        soon(response.end()).await.to_owned(),
        StreamEnd::Failed(FunctionError { error_type: "Function.Panic".into(), body: body.into() })
    );
    soon(function.closed()).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn logs_an_invocation_when_its_body_has_ended() {
    let (told, entries) = std::sync::mpsc::channel();
    let api = RuntimeApi::start().await.unwrap().on_invocation(move |entry| told.send(entry.clone()).unwrap());
    api.mark_start();
    for (index, trailers) in
        [String::new(), error_trailers("Function.Panic", r#"{"errorType":"x","errorMessage":"oh"}"#)]
            .into_iter()
            .enumerate()
    {
        let headers = format!("{HTTP}{TRAILER}");
        let (mut response, mut function, _) =
            begun(&api, &Front::function_url().streaming(), &headers, &[PRELUDE, b"one"]).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(entries.try_recv().is_err(), "the body has not ended");
        assert!(function.end(&trailers).await.starts_with("http/1.1 202"));
        response.end().await;
        drop(response);
        let entry = entries.try_recv().unwrap();
        assert_eq!((entry.name.as_str(), entry.status), ("GET /", Some(http::StatusCode::CREATED)));
        assert!(entry.duration >= Duration::from_millis(50), "{entry:?}");
        assert_eq!(entry.cold_start.is_some(), index == 0, "{entry:?}");
        assert_eq!(entry.error.as_deref(), (index == 1).then_some("Function.Panic: oh"));
    }
    // A client that gives up before there is a response.
    let request = request();
    let sent = tokio::time::timeout(Duration::from_millis(50), api.send(&Front::alb(), &request)).await;
    assert!(sent.is_err());
    let entry = entries.try_recv().unwrap();
    assert_eq!((entry.status, entry.error.is_some()), (None, true), "{entry:?}");
}

/// Sends requests through `front` to a function that answers each of them with `reply`.
async fn answered(front: &Front, reply: Value) -> (RuntimeApi, Response<Bytes>) {
    let api = RuntimeApi::start().await.unwrap();
    tokio::spawn(function(api.address(), move |_| reply.clone()));
    api.send(front, &request()).await;
    let response = api.send(front, &request()).await;
    (api, response)
}

#[tokio::test]
async fn warns_once_of_a_buffered_reply_where_the_front_streams() {
    let envelope = json!({"statusCode": 404, "body": "x"});
    for front in streaming() {
        let (api, response) = answered(&front, envelope.clone()).await;
        assert_eq!(api.warnings(), [Warning::BufferedReply { front: front.name() }], "{front}");
        assert_eq!(soon(api.warning(0)).await, api.warnings()[0]);
        let text = api.warnings()[0].to_string();
        assert!(text.contains("--stream") && text.contains("LODGER_RESPONSE_MODE=stream "), "{text}");
        let (status, word) = if front.name() == "rest-api" { (500, "500") } else { (200, "200") };
        assert!(response.status() == status && text.contains(word), "{front}: {text}");
    }
    // A payload without a status is a body for a Function URL of either mode.
    let (api, _) = answered(&Front::function_url().streaming(), json!({"temperature": 7})).await;
    assert_eq!(api.warnings(), []);
    for front in Front::all() {
        let (api, _) = answered(&front, envelope.clone()).await;
        assert_eq!(api.warnings(), [], "{front}");
    }
}

#[tokio::test]
async fn warns_once_of_a_streamed_prelude_where_the_front_does_not_stream() {
    for (front, can_stream) in [(Front::function_url(), true), (Front::rest_api(), true), (Front::http_api(), false)] {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = Function::connect(&api).await;
        for begin in [PRELUDE, b"no prelude", PRELUDE] {
            let request = request();
            let answered = async {
                let id = function.poll().await;
                function.begin_stream(&id, HTTP).await;
                function.chunk(begin).await;
                function.end("").await
            };
            tokio::join!(api.send(&front, &request), answered);
        }
        assert_eq!(api.warnings(), [Warning::StreamedReply { front: front.name(), can_stream }], "{front}");
        let text = api.warnings()[0].to_string();
        assert_eq!(text.contains("--stream"), can_stream, "{text}");
        assert!(text.contains("LODGER_RESPONSE_MODE=buffered"), "{text}");
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
    // Where both stream there is nothing to say.
    for front in streaming() {
        let api = RuntimeApi::start().await.unwrap();
        let (_response, mut function, _) = begun(&api, &front, HTTP, &[PRELUDE]).await;
        function.end("").await;
        assert_eq!(api.warnings(), [], "{front}");
    }
}
