//! Lambda responds before a stream ends, or closes the connection.

use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    probe,
    raw_api::{ACCEPTED, Socket},
    wait::{QUIET, wait_until},
};
use tokio::time::sleep;

use super::{StreamedReply, accept, endless_app, invocation_of, invoke, start};

const INTERIM: &str = "HTTP/1.1 102 Processing\r\nx: 1\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
const TOO_LARGE: &str = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_body_is_dropped_when_lambda_rejects_it_or_resets_the_connection() {
    // A reset while the function writes, a reset while the app makes the next frame, and a response then.
    for (max_chunks, response) in [(usize::MAX, None), (1, None), (1, Some(TOO_LARGE))] {
        let (app, progress) = endless_app(max_chunks);
        let (function, mut socket) = start(app).await;
        socket.write(invocation_of(&Front::function_url(), &ClientRequest::get("/stream"))).await;
        wait_until("the app makes a chunk", || progress.chunks() > 0).await;
        socket.read().await.unwrap();
        assert!(!progress.is_dropped());
        // After a response, the connection stays open until the end of the test.
        let _open = match response {
            Some(response) => {
                socket.write(response).await;
                Some(socket)
            }
            None => {
                socket.reset();
                None
            }
        };
        wait_until("the body is dropped", || progress.is_dropped()).await;
        // The next invocation is not affected.
        let mut socket = function.accept().await;
        socket.poll().await;
        let next = invoke(&mut socket, &ClientRequest::get("/reply/text")).await;
        assert_eq!(next.prelude["statusCode"], 200);
    }
}

/// Invokes the probe, and writes `response` in two parts before the app ends the body. Returns the whole reply.
async fn write_before_the_end(socket: &mut Socket, name: &str, response: &str, split: usize) -> StreamedReply {
    let name = format!("{name}-{split}");
    socket.write(invocation_of(&Front::function_url(), &ClientRequest::get(format!("/held/{name}")))).await;
    let start = socket.read().await.unwrap();
    let (first, second) = response.split_at(split);
    socket.write(first).await;
    sleep(QUIET).await;
    socket.write(second).await;
    probe::let_go(&name);
    let reply = StreamedReply::read_after(socket, start).await;
    assert_eq!(reply.body, b"begun ended");
    reply
}

#[tokio::test]
async fn a_stream_goes_on_after_an_early_success() {
    let (_function, mut socket) = start(probe::app()).await;
    for split in [0, 5, ACCEPTED.len()] {
        let reply = write_before_the_end(&mut socket, "accepted", ACCEPTED, split).await;
        // The next poll follows at once, because the function has read the response.
        match reply.trailers.strip_prefix("\r\n").unwrap() {
            "" => socket.poll().await,
            next => assert!(next.starts_with("GET /2018-06-01/runtime/invocation/next "), "{next}"),
        }
    }
}

#[tokio::test]
async fn a_stream_ends_when_lambda_resets_the_connection_after_an_early_success() {
    let (app, progress) = endless_app(1);
    let (_function, mut socket) = start(app).await;
    socket.write(invocation_of(&Front::function_url(), &ClientRequest::get("/stream"))).await;
    wait_until("the app makes a chunk", || progress.chunks() > 0).await;
    socket.write(ACCEPTED).await;
    sleep(QUIET).await;
    assert!(!progress.is_dropped());
    socket.reset();
    wait_until("the body is dropped", || progress.is_dropped()).await;
}

#[tokio::test]
async fn a_stream_goes_on_after_interim_responses() {
    let (_function, mut socket) = start(probe::app()).await;
    for split in [5, 10, 30, INTERIM.len()] {
        write_before_the_end(&mut socket, "interim", INTERIM, split).await;
        accept(&mut socket).await;
    }
}

#[tokio::test]
async fn a_stream_ends_when_lambda_rejects_it_after_interim_responses() {
    let (app, progress) = endless_app(1);
    let (_function, mut socket) = start(app).await;
    socket.write(invocation_of(&Front::function_url(), &ClientRequest::get("/stream"))).await;
    wait_until("the app makes a chunk", || progress.chunks() > 0).await;
    socket.write(INTERIM).await;
    sleep(QUIET).await;
    assert!(!progress.is_dropped());
    socket.write(TOO_LARGE).await;
    wait_until("the body is dropped", || progress.is_dropped()).await;
}
