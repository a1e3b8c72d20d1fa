//! The requests of the client, and its retries while nothing listens.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::{sync::mpsc, time::Duration};

use lodger_runtime_api::Client;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    time::{Instant, timeout},
};

/// Reads a request to the end of its head, or to the end of an error report.
async fn request(socket: &mut TcpStream) -> String {
    let mut request = vec![];
    while !request.ends_with(b"\r\n\r\n") && !request.ends_with(b"}") {
        assert!(socket.read_buf(&mut request).await.unwrap() > 0, "closed");
    }
    String::from_utf8(request).unwrap()
}

/// A client of an address that refuses connections while the returned socket exists.
fn unreachable() -> (Client, TcpSocket) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    (Client::new(&socket.local_addr().unwrap().to_string()).unwrap(), socket)
}

#[tokio::test]
async fn every_request_has_the_path_of_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let mut client = Client::new(&format!("http://{authority}/.rt/name/")).unwrap();
    assert_eq!(client.address(), format!("{authority}/.rt/name"));
    assert!(format!("{client:?}").contains("/.rt/name"), "{client:?}");
    let serves = async {
        let mut heads = vec![];
        for response in [
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: 1\r\n\r\n2",
        ] {
            let (mut socket, _) = listener.accept().await.unwrap();
            let request = request(&mut socket).await;
            assert!(request.contains(&format!("\r\nhost: {authority}\r\n")), "{request}");
            heads.push(request.split_once(" HTTP/1.1\r\n").unwrap().0.to_owned());
            socket.write_all(response.as_bytes()).await.unwrap();
        }
        heads
    };
    let calls = async {
        client.wait_for_restore().await.unwrap();
        client.fail_restore("Runtime.A", "a").await.unwrap();
        client.fail_initialization("Runtime.A", "a").await.unwrap();
        let mut invocation = client.next().await.unwrap();
        let debug = format!("{invocation:?}");
        assert!(debug.contains("event_bytes: 1") && debug.contains("request_id: \"1\""), "{debug}");
        assert_eq!((invocation.take_event(), invocation.event()), ("2".into(), &"".into()));
    };
    let ((), heads) = timeout(Duration::from_secs(20), async { tokio::join!(calls, serves) }).await.unwrap();
    let expected = [
        "GET /.rt/name/2018-06-01/runtime/restore/next",
        "POST /.rt/name/2018-06-01/runtime/restore/error",
        "POST /.rt/name/2018-06-01/runtime/init/error",
        "GET /.rt/name/2018-06-01/runtime/invocation/next",
    ];
    assert_eq!(heads, expected);
}

#[tokio::test]
async fn a_restore_fails_after_a_status_other_than_200() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
    let serves = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        request(&mut socket).await;
        socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    };
    let (restored, ()) = tokio::join!(client.wait_for_restore(), serves);
    let error = restored.unwrap_err();
    assert!(error.is_fatal() && error.to_string().ends_with("restore/next returned 202 instead of 200"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn retries_a_request_for_three_seconds_while_nothing_listens() {
    let (mut client, _socket) = unreachable();
    for is_restore in [true, false] {
        let start = Instant::now();
        let failed = match is_restore {
            true => timeout(Duration::from_secs(60), client.wait_for_restore()).await,
            false => timeout(Duration::from_secs(60), client.fail_initialization("Runtime.A", "a")).await,
        };
        assert!(failed.unwrap().is_err());
        // The pauses are 50 ms, and then twice as long each time, up to 1.6 s.
        let waited = start.elapsed().as_millis();
        assert!((3150..3200).contains(&waited), "{waited} ms");
    }
}

#[tokio::test]
async fn pauses_after_lambda_has_closed_a_new_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (sender, reports) = mpsc::channel();
    let client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
    let mut client = client.on_retry(move |report| sender.send(report.to_string()).unwrap());
    assert!(!client.step().await.unwrap());
    let closes = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        request(&mut socket).await;
    };
    let (step, ()) = tokio::join!(client.step(), closes);
    assert!(!step.unwrap());
    let report = reports.try_recv().unwrap();
    assert!(report.ends_with("retrying in 50ms"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn reports_each_retry_of_a_poll() {
    let (client, _socket) = unreachable();
    let (sender, reports) = mpsc::channel();
    let mut client = client.on_retry(move |report| sender.send(report.to_string()).unwrap());
    for pause in ["50ms", "100ms", "200ms", "400ms", "800ms", "1.6s", "2s", "2s"] {
        // A step that connects, and a step that pauses.
        assert!(!client.step().await.unwrap());
        let start = Instant::now();
        assert!(!client.step().await.unwrap());
        let report = reports.try_recv().unwrap();
        assert!(report.starts_with("cannot poll the Lambda Runtime API at 127.0.0.1:"), "{report}");
        assert!(report.ends_with(&format!("; retrying in {pause}")), "{report}");
        assert_eq!(format!("{:?}", start.elapsed()), pause);
    }
    assert!(reports.try_recv().is_err());
}
