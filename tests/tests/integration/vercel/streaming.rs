//! Streamed bodies, and the end of a request, which the function reports after the last byte.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger_gateway::Vercel;
use lodger_tests::{client::ClientRequest, probe, test_host::TestApp, wait::SOON};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{default_settings, end_counts, has_ended, start, start_apps, start_probes};

#[tokio::test]
async fn streams_both_bodies_and_reports_the_end_after_the_last_byte() {
    for (framework, function) in start_apps(default_settings).await {
        let (sender, receiver) = tokio::sync::mpsc::channel::<&'static str>(1);
        let frames = futures_util::stream::unfold(receiver, async |mut receiver| {
            let word = receiver.recv().await?;
            Some((Ok::<_, std::io::Error>(Frame::data(Bytes::from(word))), receiver))
        });
        let mut request = http::Request::post("/echo").body(StreamBody::new(Box::pin(frames))).unwrap();
        request.headers_mut().insert("content-type", HeaderValue::from_static("text/plain"));
        let id = function.platform.add_headers(request.headers_mut());
        // Some frameworks send the head with the first part of the body.
        sender.send("one").await.unwrap();
        let mut body = timeout(SOON, function.platform.send(request)).await.unwrap().unwrap().into_body();
        for word in ["one", "two", "three"] {
            let frame = timeout(SOON, body.frame()).await.unwrap().unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), word, "{framework}");
            sleep(Duration::from_millis(50)).await;
            assert!(!has_ended(&function, id), "{framework}: before {word}");
            match word {
                "one" => sender.send("two").await.unwrap(),
                "two" => sender.send("three").await.unwrap(),
                _ => {}
            }
        }
        drop(sender);
        assert!(timeout(SOON, body.frame()).await.unwrap().is_none(), "{framework}");
        assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
    }
}

/// More bytes than the buffers between the app and the client hold.
const LARGE: usize = 32 << 20;

#[tokio::test]
async fn reports_the_end_after_a_slow_client_has_read_the_response() {
    let function = start(|lodger| lodger.run(probe::app())).await;
    let mut request = http::Request::get(format!("/size/{LARGE}")).body(Empty::<Bytes>::new()).unwrap();
    let id = function.platform.add_headers(request.headers_mut());
    let mut body = function.platform.send(request).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap().len();
    sleep(Duration::from_millis(200)).await;
    assert!(!has_ended(&function, id), "the client has not read the response");
    let rest = body.collect().await.unwrap().to_bytes().len();
    assert_eq!((first + rest, end_counts(&function, &[id]).await), (LARGE, vec![1]));
}

/// Returns the id and the bytes of a request from the platform, on a connection that stays open.
fn keep_alive_request(function: &TestApp<Vercel>, line: &str) -> (u64, Vec<u8>) {
    let mut headers = http::HeaderMap::new();
    let id = function.platform.add_headers(&mut headers);
    let mut bytes = format!("{line} HTTP/1.1\r\n").into_bytes();
    for (name, value) in &headers {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend(b"\r\n");
    (id, bytes)
}

#[tokio::test]
async fn reports_one_end_of_each_pipelined_request() {
    for (framework, function) in start_probes(default_settings).await {
        let mut socket = TcpStream::connect(function.platform.address().await.unwrap()).await.unwrap();
        let large = format!("GET /size/{LARGE}");
        let lines = [&*large, "HEAD /size/100000", "GET /status/204", "GET /status/304", "GET /slow/100", "GET /panic"];
        let (ids, bytes): (Vec<_>, Vec<_>) = lines.iter().map(|line| keep_alive_request(&function, line)).unzip();
        socket.write_all(&bytes.concat()).await.unwrap();
        sleep(Duration::from_millis(200)).await;
        assert!(!ids.iter().any(|id| has_ended(&function, *id)), "{framework}: nothing has been read");
        let (mut reader, _writer) = socket.into_split();
        tokio::spawn(async move { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await });
        assert_eq!(end_counts(&function, &ids).await, vec![1; lines.len()], "{framework}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_one_end_of_each_concurrent_request() {
    for (framework, function) in start_apps(default_settings).await {
        let requests = (0..200).map(|number| {
            let function = &function;
            async move {
                let body = format!("body {number}");
                let (id, response) =
                    function.fetch(&ClientRequest::get("/echo").method("POST").body(body.clone())).await;
                assert_eq!(response.body(), body.as_bytes());
                id
            }
        });
        let ids = timeout(SOON * 4, futures_util::future::join_all(requests)).await.unwrap();
        assert_eq!(end_counts(&function, &ids).await, vec![1; 200], "{framework}");
        assert_eq!(function.platform.protocol_errors(), [""; 0], "{framework}");
    }
}

#[tokio::test]
async fn reports_one_end_of_each_http_2_stream() {
    for (framework, mut function) in start_probes(|lodger| lodger.grace(Duration::from_millis(300))).await {
        let addr = function.platform.address().await.unwrap();
        let socket = TokioIo::new(TcpStream::connect(addr).await.unwrap());
        let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
        tokio::spawn(connection);
        let platform = &function.platform;
        let send = |target: &str| {
            let mut request = http::Request::get(format!("http://{addr}{target}")).body(Empty::<Bytes>::new()).unwrap();
            let (id, mut sender) = (platform.add_headers(request.headers_mut()), sender.clone());
            (id, async move {
                sender.ready().await.unwrap();
                sender.send_request(request).await
            })
        };
        let (mut ids, responses): (Vec<_>, Vec<_>) = (0..300).map(|_| send("/slow/10")).unzip();
        for response in futures_util::future::join_all(responses).await {
            let body = response.unwrap().into_body().collect().await.unwrap();
            assert_eq!(body.to_bytes(), "begun ended", "{framework}");
        }
        // The client drops this response. actix-web notices that when the next part of the body is ready.
        let (id, response) = send("/slow/500");
        drop(response.await.unwrap());
        ids.push(id);
        // The shutdown cuts off this one.
        let (id, response) = send(&format!("/endless/{framework}-http-2/body"));
        let body = response.await.unwrap().into_body();
        assert_eq!(end_counts(&function, &ids).await, vec![1; ids.len()], "{framework}");
        function.begin_shutdown();
        assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
        assert!(body.collect().await.is_err(), "{framework}");
        assert!(function.result().await.is_ok(), "{framework}");
        assert_eq!(function.platform.protocol_errors(), [""; 0], "{framework}");
    }
}
