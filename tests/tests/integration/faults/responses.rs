//! Responses of the Runtime API that are unusual or invalid.

use lodger_tests::{
    raw_api::{self, ACCEPTED},
    wait::QUIET,
};
use tokio::{io::AsyncWriteExt as _, time::sleep};

use super::{Function, KINDS, event, invocation, invokes_again};

#[tokio::test]
async fn polls_again_after_a_response_without_an_invocation() {
    for kind in KINDS {
        for response in [
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://example.com/\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
            // An id does not make an invocation of such a response.
            "HTTP/1.1 204 No Content\r\nLambda-Runtime-Aws-Request-Id: one\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLambda-Runtime-Aws-Request-Id: one\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 403 Forbidden\r\nLambda-Runtime-Aws-Request-Id: one\r\nContent-Length: 2\r\n\r\n{}",
            // The path of the response needs the id, and this one is missing or not a segment of a path.
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: ../../evil\r\nContent-Length: 2\r\n\r\n{}",
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: \r\nContent-Length: 2\r\n\r\n{}",
        ] {
            let function = Function::start(kind).await;
            let mut socket = function.poll().await;
            socket.write(response).await;
            invokes_again(socket).await;
            assert_eq!(function.calls(), 1, "{response}");
        }
    }
}

#[tokio::test]
async fn invokes_with_unusual_headers_of_an_invocation() {
    let huge = format!("Lambda-Runtime-Trace-Id: {}\r\n", "x".repeat(50_000));
    for kind in KINDS {
        for headers in [
            "Lambda-Runtime-Deadline-Ms: soon\r\n",
            "Lambda-Runtime-Deadline-Ms: 99999999999999999999999999\r\n",
            "Lambda-Runtime-Deadline-Ms: 1\r\nLambda-Runtime-Deadline-Ms: 2\r\n",
            "Lambda-Runtime-Aws-Request-Id: one\r\nLambda-Runtime-Trace-Id: a\r\nLambda-Runtime-Trace-Id: b\r\n",
            "Lambda-Runtime-Invoked-Function-Arn: \u{e9}\r\nLambda-Runtime-Aws-Tenant-Id: \u{1f980}\r\n",
            "Lambda-Runtime-Cognito-Identity: {\r\nLambda-Runtime-Client-Context: [[[[\r\n",
            &huge,
        ] {
            let function = Function::start(kind).await;
            let mut socket = function.poll().await;
            socket.write(raw_api::invocation("one", &event(), headers)).await;
            assert!(socket.response("one").await.contains("call 1"), "{kind:?} {headers:.60}");
            socket.write(ACCEPTED).await;
            invokes_again(socket).await;
        }
    }
}

#[tokio::test]
async fn ignores_an_invocation_with_too_many_or_too_long_headers() {
    let long = format!("X-Header: {}\r\n", "x".repeat(2_000_000));
    let many = (0..500).map(|number| format!("X-Header-{number}: value\r\n")).collect::<String>();
    for kind in KINDS {
        for headers in [&long, &many] {
            let function = Function::start(kind).await;
            let mut socket = function.poll().await;
            // The function may close the connection before it has received everything.
            let _ = socket.0.write_all(&raw_api::invocation("one", &event(), headers)).await;
            drop(socket);
            invokes_again(function.accept().await).await;
            assert_eq!(function.calls(), 1, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn ignores_a_response_that_it_has_not_requested() {
    for kind in KINDS {
        let function = Function::start(kind).await;
        let mut first = function.poll().await;
        let unrequested = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
        first.write([&invocation("one")[..], unrequested].concat()).await;
        // A new connection: the next response on the first one would not be Lambda's response to this request.
        let mut second = function.accept().await;
        assert!(second.response("one").await.contains("call 1"));
        second.write(ACCEPTED).await;
        invokes_again(second).await;
        assert_eq!(function.calls(), 2);
    }
}

#[tokio::test]
async fn replaces_the_connection_after_a_response_that_is_not_http() {
    for kind in KINDS {
        for response in ["\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "hello\r\n\r\n"] {
            let function = Function::start(kind).await;
            let mut socket = function.poll().await;
            socket.write(response).await;
            invokes_again(function.accept().await).await;
        }
    }
}

#[tokio::test]
async fn invokes_again_after_a_rejected_response() {
    for kind in KINDS {
        for status in [400, 403, 410, 413, 429, 503] {
            let function = Function::start(kind).await;
            let mut socket = function.poll().await;
            socket.write(invocation("one")).await;
            socket.response("one").await;
            socket.write(format!("HTTP/1.1 {status} No\r\nContent-Length: 2\r\n\r\n{{}}")).await;
            invokes_again(socket).await;
            assert_eq!(function.calls(), 2, "{status}");
        }
    }
}

#[tokio::test]
async fn run_fails_after_status_500_because_lambda_asks_for_an_exit() {
    for kind in KINDS {
        let mut function = Function::start(kind).await;
        let mut socket = function.poll().await;
        socket.write("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n").await;
        let error = function.app.result().await.unwrap_err();
        assert!(error.to_string().contains("500"), "{error}");
    }
}

#[tokio::test]
async fn run_fails_after_status_500_to_a_response() {
    for kind in KINDS {
        let mut function = Function::start(kind).await;
        let mut socket = function.poll().await;
        socket.write(invocation("one")).await;
        socket.response("one").await;
        socket.write("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n").await;
        let error = function.app.result().await.unwrap_err();
        assert!(error.to_string().contains("500"), "{error}");
    }
}

#[tokio::test]
async fn reads_chunked_events_and_reconnects_after_connection_close() {
    for kind in KINDS {
        let function = Function::start(kind).await;
        let mut socket = function.poll().await;
        socket
            .write("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: one\r\nTransfer-Encoding: chunked\r\n\r\n")
            .await;
        for chunk in event().chunks(100) {
            socket.write([format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()).await;
        }
        socket.write("0\r\n\r\n").await;
        socket.response("one").await;
        socket.write("HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
        invokes_again(function.accept().await).await;
    }
}

#[tokio::test]
async fn keeps_the_connection_when_lambda_accepts_a_response_in_two_parts() {
    for kind in KINDS {
        let function = Function::start(kind).await;
        let mut socket = function.poll().await;
        socket.write(invocation("one")).await;
        socket.response("one").await;
        let (head, body) = ACCEPTED.split_at(ACCEPTED.len() - 16);
        socket.write(head).await;
        sleep(QUIET).await;
        socket.write(body).await;
        invokes_again(socket).await;
    }
}
