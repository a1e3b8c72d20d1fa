//! The body of a streamed reply.

use std::time::{Duration, Instant};

use bytes::Bytes;
use lodger_gateway::{Front, FunctionError, RuntimeApi, StreamEnd};
use tokio::{
    io::AsyncWriteExt as _,
    time::{sleep, timeout},
};

use super::{HTTP, PRELUDE, TRAILER, begin, error_trailers, request, streaming_fronts};
use crate::support::{RawFunction, soon};

#[tokio::test]
async fn passes_chunks_on_as_they_arrive() {
    for front in streaming_fronts() {
        let api = RuntimeApi::start().await.unwrap();
        // The prelude arrives in parts, the last one together with the first bytes of the body.
        let chunks = [&PRELUDE[..20], &PRELUDE[20..PRELUDE.len() - 3], b"\0\0\0\0one"];
        let (mut response, mut function, _) = begin(&api, &front, HTTP, &chunks).await;
        assert_eq!((response.status().as_u16(), &response.headers()["x-a"]), (201, &"1".parse().unwrap()));
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        let first = soon(response.chunk()).await.unwrap();
        assert_eq!(first.bytes, "\0one");
        assert!(timeout(Duration::from_millis(100), response.chunk()).await.is_err(), "nothing was sent");
        // The time of a chunk is its arrival, which is before the end of a long enough pause.
        for pause in [100, 1000, 10_000].map(Duration::from_millis) {
            let sent = Instant::now();
            function.send_chunk(b"two").await;
            sleep(pause).await;
            let taken = Instant::now();
            let second = soon(response.chunk()).await.unwrap();
            assert_eq!(second.bytes, "two");
            assert!(second.at >= sent, "the time is before the chunk was sent");
            if second.at < taken {
                break;
            }
            assert_ne!(pause.as_secs(), 10, "the time is not the arrival of the chunk");
        }
        assert!(function.end_stream("").await.starts_with("http/1.1 202"));
        assert!(soon(response.chunk()).await.is_none());
        assert_eq!(response.end().await, StreamEnd::Complete);
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
}

#[tokio::test]
async fn accepts_an_empty_body() {
    for front in streaming_fronts() {
        let api = RuntimeApi::start().await.unwrap();
        let (mut response, mut function, _) = begin(&api, &front, HTTP, &[PRELUDE]).await;
        assert!(function.end_stream("").await.starts_with("http/1.1 202"));
        assert_eq!((soon(response.chunk()).await.is_none(), response.end().await), (true, StreamEnd::Complete));
        assert_eq!(api.protocol_errors(), [""; 0], "{front}");
    }
}

#[tokio::test]
async fn a_closed_connection_truncates_the_body() {
    for front in streaming_fronts() {
        let api = RuntimeApi::start().await.unwrap();
        let (mut response, function, id) = begin(&api, &front, HTTP, &[PRELUDE, b"one"]).await;
        drop(function);
        assert_eq!(soon(response.chunk()).await.unwrap().bytes, "one");
        assert_eq!(soon(response.end()).await, StreamEnd::Truncated, "{front}");
        assert_eq!(api.protocol_errors(), [format!("the reply to {id} is incomplete")]);
    }
    // A closed connection also truncates a body that the client has not read.
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) =
        begin(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE, b"one", b"two", b"three"]).await;
    function.socket.get_mut().shutdown().await.unwrap();
    assert_eq!(soon(response.end()).await, StreamEnd::Truncated);
    assert_eq!(api.protocol_errors().len(), 1, "{:?}", api.protocol_errors());
}

#[tokio::test]
async fn an_invocation_collects_a_streamed_reply() {
    let api = RuntimeApi::start().await.unwrap();
    let mut function = RawFunction::connect(&api).await;
    let error = r#"{"errorType":"x","errorMessage":"oh"}"#;
    for (trailers, expected) in [
        (String::new(), Ok("onetwo".into())),
        (
            error_trailers("Function.Panic", error),
            Err(FunctionError { error_type: "Function.Panic".into(), body: error.into() }),
        ),
    ] {
        let replying = async {
            let id = function.poll().await;
            function.begin_stream(&id, TRAILER).await;
            function.send_chunk(b"one").await;
            function.send_chunk(b"two").await;
            function.end_stream(&trailers).await
        };
        let (result, _) = tokio::join!(api.invoke("{}"), replying);
        assert_eq!(result.unwrap(), expected);
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_dropped_response_closes_the_connection_of_the_function() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) =
        begin(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE, b"one"]).await;
    // The Runtime API waits for more chunks when the response is dropped.
    assert_eq!(soon(response.chunk()).await.unwrap().bytes, "one");
    sleep(Duration::from_millis(50)).await;
    drop(response);
    soon(function.wait_for_close()).await;
    // The function continues, and this is not a protocol error.
    let mut function = RawFunction::connect(&api).await;
    let replying = async {
        let id = function.poll().await;
        function.begin_stream(&id, "").await;
        function.end_stream("").await
    };
    let (result, _) = soon(async { tokio::join!(api.invoke("{}"), replying) }).await;
    assert_eq!(result.unwrap(), Ok(Bytes::new()));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_function_waits_for_a_client_that_does_not_read() {
    let api = RuntimeApi::start().await.unwrap();
    let (mut response, mut function, _) = begin(&api, &Front::function_url().streaming(), HTTP, &[PRELUDE]).await;
    let chunk = vec![b'x'; 1 << 20];
    let mut sent = 0;
    // The socket buffers of a connection hold some megabytes.
    while sent < 100 && timeout(Duration::from_secs(1), function.send_chunk(&chunk)).await.is_ok() {
        sent += 1;
    }
    assert!(sent < 30, "the API read {sent} MB without a reader");
    let mut read = 0;
    while read < sent << 20 {
        read += soon(response.chunk()).await.unwrap_or_else(|| panic!("{read} of {sent} MB")).bytes.len();
    }
}

#[tokio::test]
async fn logs_an_invocation_when_its_body_has_ended() {
    let (sender, entries) = std::sync::mpsc::channel();
    let api = RuntimeApi::start().await.unwrap().on_invocation(move |entry| sender.send(entry.clone()).unwrap());
    api.mark_start();
    for (index, trailers) in
        [String::new(), error_trailers("Function.Panic", r#"{"errorType":"x","errorMessage":"oh"}"#)]
            .into_iter()
            .enumerate()
    {
        let headers = format!("{HTTP}{TRAILER}");
        let (mut response, mut function, _) =
            begin(&api, &Front::function_url().streaming(), &headers, &[PRELUDE, b"one"]).await;
        sleep(Duration::from_millis(50)).await;
        assert!(entries.try_recv().is_err(), "logged before the end of the body");
        assert!(function.end_stream(&trailers).await.starts_with("http/1.1 202"));
        response.end().await;
        drop(response);
        let entry = entries.try_recv().unwrap();
        assert_eq!((entry.name.as_str(), entry.status), ("GET /", Some(http::StatusCode::CREATED)));
        assert!(entry.duration >= Duration::from_millis(50), "{entry:?}");
        assert_eq!(entry.cold_start.is_some(), index == 0, "{entry:?}");
        assert_eq!(entry.error.as_deref(), (index == 1).then_some("Function.Panic: oh"));
    }
    // The client closes the connection before the response.
    let request = request();
    let sent = timeout(Duration::from_millis(50), api.send(&Front::alb(), &request)).await;
    assert!(sent.is_err());
    let entry = entries.try_recv().unwrap();
    assert_eq!((entry.status, entry.error.is_some()), (None, true), "{entry:?}");
}
