//! Invocations, timeouts and errors of the Runtime API.

use std::{
    io::ErrorKind,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::Request;
use lodger_gateway::{Front, Invocation, RuntimeApi};
use serde_json::json;

use crate::support::{NEXT, RawFunction, fetch, header, invoke_until, report_init_error, run_function, soon, upload};

const ERROR: &str = "the function cannot start: Runtime.NoDatabase: no database";

#[tokio::test]
async fn an_init_error_fails_waiting_invocations_at_once() {
    let api = RuntimeApi::start().await.unwrap();
    // In this order: the invocation waits when the report arrives.
    let both = async { tokio::join!(api.invoke("{}"), report_init_error(api.address(), "no database")) };
    let (waiting, ()) = soon(both).await;
    let waiting = waiting.unwrap_err();
    assert_eq!((waiting.to_string().as_str(), waiting.kind()), (ERROR, ErrorKind::Other));

    let request = Request::get("/").body(Bytes::new()).unwrap();
    for front in Front::all() {
        let response = soon(api.send(&front, &request)).await;
        assert_eq!((response.status().as_u16(), response.body().as_ref()), (502, ERROR.as_bytes()), "{front}");
    }
    assert_eq!(api.init_error().await.to_string(), "Runtime.NoDatabase: no database");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn invokes_a_function_that_polls_after_an_init_error() {
    let api = RuntimeApi::start().await.unwrap();
    report_init_error(api.address(), "no database").await;
    tokio::spawn(run_function(api.address(), |event| event));
    soon(api.wait_for_polls(1)).await;
    assert_eq!(api.invoke("{}").await.unwrap(), Ok(json!({}).to_string().into()));
}

#[tokio::test]
async fn sends_the_deadline_and_fails_after_it() {
    let api = RuntimeApi::start().await.unwrap().timeout(Duration::from_secs(90));
    let addr = api.address().parse().unwrap();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    // The deadline is `milliseconds` after a time between the call of this test and the receipt of the invocation.
    let check_deadline = |head: &str, milliseconds: u128, called_at: u128| {
        let deadline: u128 = header(head, "lambda-runtime-deadline-ms").unwrap().parse().unwrap();
        let range = called_at..=now();
        assert!(range.contains(&(deadline - milliseconds)), "{deadline} - {milliseconds} is not in {range:?}");
    };
    for (invocation, seconds) in [
        (Invocation::new("{}").timeout(Duration::from_millis(100)), 0.1),
        (Invocation::new("{}").timeout(Duration::from_millis(300)), 0.3),
    ] {
        let (before, called_at) = (Instant::now(), now());
        let both = async { tokio::join!(api.invoke(invocation), fetch(addr, NEXT)) };
        let (result, (head, _)) = soon(both).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(error.to_string(), format!("the function did not reply within {seconds} s"));
        assert!(before.elapsed() >= Duration::from_secs_f64(seconds));
        check_deadline(&head, (seconds * 1000.0) as u128, called_at);

        // A late reply is not a protocol error.
        let id = header(&head, "lambda-runtime-aws-request-id").unwrap();
        let path = format!("POST /2018-06-01/runtime/invocation/{id}");
        let late =
            fetch(addr, &format!("{path}/response HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{{}}")).await;
        assert!(late.0.starts_with("http/1.1 410 "), "{late:?}");
        assert!(late.1.contains(r#""errorType":"InvokeTimeout""#), "{late:?}");
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
    let called_at = now();
    let (head, _) = invoke_until(&api, "{}", fetch(addr, NEXT)).await;
    check_deadline(&head, 90_000, called_at);
}

#[tokio::test]
async fn reads_the_rest_of_a_rejected_reply() {
    let api = RuntimeApi::start().await.unwrap();
    let addr = api.address().parse().unwrap();
    let mut function = RawFunction::connect(&api).await;
    let (result, ()) = tokio::join!(soon(api.invoke("{}")), async {
        let id = function.poll().await;
        for (path, headers, size, status) in [
            (format!("{id}/response"), "lambda-runtime-function-response-mode: x\r\n", 8 << 20, 400),
            (format!("{id}/response"), "lambda-runtime-function-response-mode: streaming\r\n", 8 << 20, 400),
            (format!("{id}/response"), "", 32 << 20, 413),
            ("unknown".to_owned(), "", 8 << 20, 404),
        ] {
            let path = format!("POST /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nhost: localhost\r\n{headers}");
            let request = format!("{path}content-length: {size}\r\n\r\n") + &"x".repeat(size);
            let response = upload(addr, request.as_bytes()).await;
            assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{headers}: {response}");
        }
    });
    let Ok(Err(error)) = result else { panic!("{result:?}") };
    assert_eq!(error.error_type, "Runtime.InvalidResponseModeHeader");
}

#[tokio::test]
async fn rejects_requests_of_web_pages() {
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
            let (head, body) = fetch(addr, &request).await;
            assert!(head.starts_with("http/1.1 403 ") && body.contains(word), "{request}: {head}{body}");
        }
    }
    // None of these requests has an effect.
    assert_eq!((api.poll_count(), api.extensions(), api.protocol_errors()), (0, vec![], vec![]));
    tokio::spawn(run_function(api.address(), |event| event));
    assert_eq!(api.invoke("{}").await.unwrap(), Ok("{}".into()));
    for host in ["host: host.docker.internal:9001\r\n", "host: localhost\r\n", ""] {
        assert!(fetch(addr, &error(host)).await.0.starts_with("http/1.1 202 "), "{host}");
    }
}
