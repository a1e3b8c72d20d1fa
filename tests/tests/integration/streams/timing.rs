//! When the bytes of a stream leave.

use std::{
    net::TcpStream,
    os::fd::AsFd as _,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use lodger_gateway::Front;
use lodger_tests::{client::ClientRequest, wait::wait_until};
use serde_json::json;
use tokio::{sync::Notify, task::yield_now, time::sleep};

use super::{CHUNK_SIZE, Progress, StreamedReply, endless_app, invocation_of, invoke, start, stream_app};

#[tokio::test]
async fn frames_that_are_ready_leave_in_one_write_and_later_frames_at_once() {
    // The app makes each later frame when the frame before it has arrived.
    let gate = Arc::new(Notify::new());
    let app = {
        let gate = Arc::clone(&gate);
        let ready = || ["retry: 1\n", "data: 1\n\n"].map(|event| Ok(Bytes::from_static(event.as_bytes())));
        let later = move |gate: Arc<Notify>, event: &'static str| {
            stream::once(async move {
                gate.notified().await;
                Ok(Bytes::from_static(event.as_bytes()))
            })
        };
        stream_app(move || {
            let later = ["data: 2\n\n", "data: 3\n\n"].map(|event| later(Arc::clone(&gate), event));
            stream::iter(ready()).chain(stream::iter(later).flatten())
        })
    };
    let (_function, mut socket) = start(app).await;
    socket.write(invocation_of(&Front::function_url(), &ClientRequest::get("/stream"))).await;
    let (mut bytes, mut reply) = (vec![], StreamedReply::default());
    for length in [18, 27] {
        while reply.body.len() < length {
            bytes.extend(socket.read().await.unwrap());
            reply.parse(&bytes);
            reply.reads.push(reply.body.len());
        }
        assert_eq!(reply.body.len(), length, "{reply:?}");
        gate.notify_one();
    }
    let first = reply.reads[0];
    assert!(first >= 9, "the first write has no frame: {reply:?}");
    let reply = StreamedReply::read_after(&mut socket, bytes).await;
    assert_eq!(reply.prelude["statusCode"], 200);
    assert_eq!(reply.prelude["headers"], json!({"content-type": "application/octet-stream"}));
    assert_eq!(reply.body, b"retry: 1\ndata: 1\n\ndata: 2\n\ndata: 3\n\n");
    assert_eq!(reply.trailers, "\r\n");
}

#[tokio::test]
async fn the_first_write_waits_for_a_frame_of_a_body_that_yields_once() {
    // A copy of Lambda's end of the connection. The body looks there for bytes that have left before its first frame.
    let (connection, prelude_left_alone) = (Arc::new(OnceLock::<TcpStream>::new()), Arc::new(AtomicBool::new(false)));
    let app = {
        let (connection, prelude_left_alone) = (Arc::clone(&connection), Arc::clone(&prelude_left_alone));
        stream_app(move || {
            let (connection, prelude_left_alone) = (Arc::clone(&connection), Arc::clone(&prelude_left_alone));
            stream::once(async move {
                yield_now().await;
                prelude_left_alone.store(connection.get().unwrap().peek(&mut [0]).is_ok(), SeqCst);
                Ok(Bytes::from_static(b"sent"))
            })
        })
    };
    let (_function, mut socket) = start(app).await;
    // The copy does not block, because the original does not.
    connection.set(socket.0.as_fd().try_clone_to_owned().unwrap().into()).unwrap();
    assert_eq!(invoke(&mut socket, &ClientRequest::get("/stream")).await.body, b"sent");
    assert!(!prelude_left_alone.load(SeqCst));
}

/// Waits until the app makes no more chunks, because the buffers of the operating system are full. Returns their number.
async fn stalls(progress: &Progress) -> usize {
    let mut before = usize::MAX;
    while before != progress.chunks() {
        before = progress.chunks();
        sleep(Duration::from_millis(200)).await;
    }
    before
}

#[tokio::test]
async fn a_body_stops_while_lambda_does_not_read() {
    let (app, progress) = endless_app(usize::MAX);
    let (_function, mut socket) = start(app).await;
    socket.write(invocation_of(&Front::function_url(), &ClientRequest::get("/stream"))).await;
    let before = stalls(&progress).await;
    let limit = 16 << 20;
    assert!(before * CHUNK_SIZE < limit, "the app made {before} chunks before the first read");
    for _ in 0..64 {
        socket.read().await.unwrap();
    }
    wait_until("the app makes more chunks", || progress.chunks() > before).await;
    assert!(!progress.is_dropped());
}

#[tokio::test]
async fn a_stalled_body_is_dropped_when_lambda_responds() {
    // Lambda stops reading after its response, and leaves the connection open.
    let (app, progress) = endless_app(usize::MAX);
    let (function, mut socket) = start(app).await;
    socket.write(invocation_of(&Front::function_url(), &ClientRequest::get("/stream"))).await;
    stalls(&progress).await;
    socket.write("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await;
    wait_until("the body is dropped", || progress.is_dropped()).await;
    let mut next = function.accept().await;
    next.poll().await;
    let next = invoke(&mut next, &ClientRequest::get("/reply/text")).await;
    assert_eq!(next.prelude["statusCode"], 200);
}
