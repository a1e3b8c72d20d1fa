//! Streamed responses and their cancellation.

use std::net::SocketAddr;

use bytes::Bytes;
use http::Response;
use lodger_gateway::{Front, RuntimeApi, StreamEnd};
use lodger_tests::{
    client::{ClientRequest, send},
    probe::{self, is_gone},
    wait::{SOON, wait_until},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::comparison::axum_server;

/// Checks that a server sends each part of a body at once: the app waits until the first part has arrived.
pub(super) async fn check_streaming(addr: SocketAddr, by: &str, host: &str) {
    let name = format!("{by}-{host}");
    let mut socket = TcpStream::connect(addr).await.unwrap();
    socket.write_all(&ClientRequest::get(format!("/held/{name}")).bytes()).await.unwrap();
    let mut response = vec![];
    while !String::from_utf8_lossy(&response).contains("begun") {
        let read =
            timeout(SOON, socket.read_buf(&mut response)).await.expect("no chunk before the end of the body").unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&response));
    }
    assert!(!String::from_utf8_lossy(&response).contains("ended"));
    probe::let_go(&name);
    socket.read_to_end(&mut response).await.unwrap();
    assert!(String::from_utf8_lossy(&response).contains("ended"), "{}", String::from_utf8_lossy(&response));
}

/// Checks that a client of a front that streams gets each part at once, and an error if the app fails.
pub(super) async fn check_streaming_behind(front: &Front, api: &RuntimeApi, by: &str) {
    let name = format!("{by}-behind-{}", front.name());
    let mut slow = api.stream(front, &ClientRequest::get(format!("/held/{name}")).request()).await;
    assert_eq!(slow.status(), 200);
    let begun = timeout(SOON, slow.chunk()).await.expect("no chunk before the end of the body").unwrap();
    probe::let_go(&name);
    let ended = slow.chunk().await.unwrap();
    assert_eq!((&begun.bytes[..], &ended.bytes[..]), (&b"begun "[..], &b"ended"[..]));
    assert!(matches!(slow.end().await, StreamEnd::Complete));

    let mut failed = api.stream(front, &ClientRequest::get("/panic/body").request()).await;
    let StreamEnd::Failed(error) = failed.end().await else { panic!("the stream did not fail") };
    assert_eq!(error.error_type, "Function.Panicked");
    // Up to the end, because the function closes its connection if a client leaves before.
    let panicked = api.stream(front, &ClientRequest::get("/panic").request()).await.collect().await;
    assert_eq!((panicked.status().as_u16(), &panicked.body()[..]), (500, &b"internal server error"[..]));

    for (kind, length) in [("text", 12), ("binary", 256), ("cookies", 0), ("redirect", 0), ("untyped", 9)] {
        let sent = ClientRequest::get(format!("/reply/{kind}"));
        let (own, ours) = (send(axum_server(), &sent).await, api.stream(front, &sent.request()).await.collect().await);
        assert_eq!((ours.status(), ours.body()), (own.status(), own.body()), "{kind}");
        assert_eq!(ours.body().len(), length, "{kind}");
        let cookies =
            |response: &Response<Bytes>| response.headers().get_all("set-cookie").iter().cloned().collect::<Vec<_>>();
        assert_eq!(cookies(&ours), cookies(&own), "{kind}");
    }
}

/// Checks that a request is cancelled when the deadline margin begins. The gateway fails the invocation at the deadline.
pub(super) async fn check_cancellation_at_deadline(api: &RuntimeApi, by: &str) {
    let url = Front::function_url().streaming();
    let name = |mode: &str| format!("{by}-{mode}");
    let get = |target: &str| ClientRequest::get(format!("/endless/{by}-{target}")).request();
    for (front, mode) in [(Front::alb(), "whole"), (url.clone(), "streamed")] {
        assert!(!is_gone(&name(mode)));
        assert_eq!(api.send(&front, &get(mode)).await.status(), 504, "{mode}");
        assert!(is_gone(&name(mode)), "{mode}");
    }
    let mut late = api.stream(&url, &get("late/body")).await;
    assert_eq!(late.chunk().await.unwrap().bytes, "begun");
    let StreamEnd::Failed(error) = late.end().await else { panic!("the stream did not fail") };
    assert_eq!(error.error_type, "Function.Timeout");
    wait_until_dropped(&name("late")).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
}

/// Checks that a stream is cancelled when its client leaves, long before the deadline, and that the next request succeeds.
pub(super) async fn check_cancellation_without_client(api: &RuntimeApi, by: &str) {
    let url = Front::function_url().streaming();
    let mut left = api.stream(&url, &ClientRequest::get(format!("/endless/{by}-left/body")).request()).await;
    assert_eq!(left.chunk().await.unwrap().bytes, "begun");
    drop(left);
    wait_until_dropped(&format!("{by}-left")).await;
    assert_eq!(api.send(&url, &ClientRequest::get("/").request()).await.status(), 200);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

async fn wait_until_dropped(name: &str) {
    wait_until(&format!("{name} is dropped"), || is_gone(name)).await;
}
