//! A Runtime API, and functions that do not answer, or too late.

mod support;

use std::{
    io::ErrorKind,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::Request;
use lodger_gateway::{Front, Invocation, RuntimeApi};
use serde_json::json;
use support::{Function, SOON, ask, cannot_start, function, handed_out, polls, sent, value};

const ERROR: &str = "the function cannot start: Runtime.NoDatabase: it is away";

#[tokio::test]
async fn a_function_that_cannot_start_fails_what_waits_for_it_at_once() {
    let api = RuntimeApi::start().await.unwrap();
    let late = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        cannot_start(api.address(), "it is away").await;
    };
    let both = async { tokio::join!(api.invoke("{}"), late) };
    let (waiting, ()) = tokio::time::timeout(SOON, both).await.unwrap();
    let waiting = waiting.unwrap_err();
    assert_eq!((waiting.to_string().as_str(), waiting.kind()), (ERROR, ErrorKind::Other));

    let request = Request::get("/").body(Bytes::new()).unwrap();
    for front in Front::all() {
        let sent = api.send(&front, &request);
        let response = tokio::time::timeout(SOON, sent).await.unwrap();
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (502, ERROR.as_bytes()), "{front}");
    }
    assert_eq!(api.init_error().await.to_string(), "Runtime.NoDatabase: it is away");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_function_that_is_started_again_is_asked_again() {
    let api = RuntimeApi::start().await.unwrap();
    cannot_start(api.address(), "it is away").await;
    tokio::spawn(function(api.address(), |event| event));
    polls(&api, 1).await;
    assert_eq!(api.invoke("{}").await.unwrap(), Ok(json!({}).to_string().into()));
}

#[tokio::test]
async fn a_deadline_is_the_functions_to_know_and_the_end_of_the_wait() {
    let api = RuntimeApi::start().await.unwrap().timeout(Duration::from_secs(90));
    let addr = api.address().parse().unwrap();
    let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    // What the function is told is between when it was asked for and when it has come, and so much later.
    let is_told = |head: &str, milliseconds: u128, asked: u128| {
        let told: u128 = value(head, "lambda-runtime-deadline-ms").unwrap().parse().unwrap();
        assert!((asked..=now()).contains(&(told - milliseconds)), "{told} - {milliseconds}, asked at {asked}");
    };
    for (invocation, seconds) in [
        (Invocation::new("{}").timeout(Duration::from_millis(100)), 0.1),
        (Invocation::new("{}").timeout(Duration::from_millis(300)), 0.3),
    ] {
        let (before, asked) = (Instant::now(), now());
        let both = async { tokio::join!(api.invoke(invocation), ask(addr, next)) };
        let (invoked, (head, _)) = tokio::time::timeout(SOON, both).await.expect("it has the time of all");
        let error = invoked.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.to_string(), format!("the function did not reply within {seconds} s"));
        assert!(before.elapsed() >= Duration::from_secs_f64(seconds));
        is_told(&head, (seconds * 1000.0) as u128, asked);

        // Late once is no fault, twice is.
        let id = value(&head, "lambda-runtime-aws-request-id").unwrap();
        let path = format!("POST /2018-06-01/runtime/invocation/{id}");
        let late =
            ask(addr, &format!("{path}/response HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{{}}")).await;
        assert!(late.0.starts_with("http/1.1 410 "), "{late:?}");
        assert!(late.1.contains(r#""errorType":"InvokeTimeout""#), "{late:?}");
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
    let asked = now();
    let (head, _) = handed_out(&api, "{}", ask(addr, next)).await;
    is_told(&head, 90_000, asked);
}

#[tokio::test]
async fn reads_all_of_a_reply_that_it_refuses() {
    let api = RuntimeApi::start().await.unwrap();
    let addr = api.address().parse().unwrap();
    let mut function = Function::connect(&api).await;
    let (invoked, ()) = tokio::join!(tokio::time::timeout(Duration::from_secs(30), api.invoke("{}")), async {
        let id = function.poll().await;
        for (path, headers, size, status) in [
            (format!("{id}/response"), "lambda-runtime-function-response-mode: x\r\n", 8 << 20, 400),
            (format!("{id}/response"), "lambda-runtime-function-response-mode: streaming\r\n", 8 << 20, 400),
            (format!("{id}/response"), "", 32 << 20, 413),
            ("unknown".to_owned(), "", 8 << 20, 404),
        ] {
            let path = format!("POST /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nhost: localhost\r\n{headers}");
            let request = format!("{path}content-length: {size}\r\n\r\n") + &"x".repeat(size);
            let response = sent(addr, request.as_bytes()).await;
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}: {response}");
        }
    });
    let Ok(Ok(Err(error))) = invoked else { panic!("{invoked:?}") };
    assert_eq!(error.error_type, "Runtime.InvalidResponseModeHeader");
}

#[tokio::test]
async fn refuses_what_a_web_page_sends() {
    let api = RuntimeApi::start().await.unwrap().allow_host("host.docker.internal");
    let addr = api.address().parse().unwrap();
    let error = |headers: &str| {
        format!(
            "POST /2018-06-01/runtime/init/error HTTP/1.1\r\n{headers}content-length: 2\r\n\
             lambda-runtime-function-error-type: Runtime.Evil\r\n\r\n{{}}"
        )
    };
    let local = format!("host: {addr}\r\n");
    for (headers, word) in [
        (format!("{local}origin: https://evil.example\r\n"), "`origin`"),
        (format!("{local}origin: null\r\n"), "`origin`"),
        (format!("{local}sec-fetch-site: cross-site\r\n"), "`sec-fetch-site`"),
        ("host: evil.example\r\n".to_owned(), "--allow-host"),
    ] {
        let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n{headers}\r\n");
        let extension = format!(
            "POST /2020-01-01/extension/register HTTP/1.1\r\n{headers}lambda-extension-name: x\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        for request in [error(&headers), next, extension] {
            let (head, body) = ask(addr, &request).await;
            assert!(head.starts_with("http/1.1 403 ") && body.contains(word), "{request}: {head}{body}");
        }
    }
    // None of that was the function.
    assert_eq!((api.poll_count(), api.extensions(), api.protocol_errors()), (0, vec![], vec![]));
    tokio::spawn(function(api.address(), |event| event));
    assert_eq!(api.invoke("{}").await.unwrap(), Ok("{}".into()));
    for host in ["host: host.docker.internal:9001\r\n", "host: localhost\r\n", ""] {
        assert!(ask(addr, &error(host)).await.0.starts_with("http/1.1 202 "), "{host}");
    }
}
