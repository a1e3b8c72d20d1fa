use std::time::{SystemTime, UNIX_EPOCH};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::{sleep, timeout},
};

use super::*;

/// An invocation with `time` left.
fn context(time: Option<Duration>) -> Context {
    let deadline = time.map(|time| (SystemTime::now() + time).duration_since(UNIX_EPOCH).unwrap().as_millis());
    let deadline = deadline.map(|milliseconds| milliseconds.to_string());
    Context::from_headers(deadline.as_deref().map(|milliseconds| ("lambda-runtime-deadline-ms", milliseconds)))
}

/// Streams to a peer that starts to read after a minute, with `time` left for the invocation.
async fn stream_to_slow_reader(time: Option<Duration>) -> Result<(), Error> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
    let reads = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        sleep(Duration::from_secs(60)).await;
        let mut all = vec![];
        while !all.ends_with(b"5\r\nhello\r\n0\r\n\r\n") {
            assert!(socket.read_buf(&mut all).await.unwrap() > 0, "cut off: {}", String::from_utf8_lossy(&all));
        }
        // The client may have closed the connection.
        let _ = socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await;
    };
    let context = context(time);
    let streams = async {
        let mut stream = ResponseStream::start(&mut client, context, HTTP_INTEGRATION, b"{}\0\0\0\0\0\0\0\0").await?;
        stream.write("hello".into()).await.unwrap();
        stream.finish().await
    };
    tokio::join!(streams, reads).0
}

#[tokio::test(start_paused = true)]
async fn waits_for_a_slow_reader_until_the_deadline() {
    stream_to_slow_reader(Some(Duration::from_secs(90))).await.unwrap();
    // Without a known deadline, the timeout of other operations applies.
    assert!(stream_to_slow_reader(None).await.is_err());
}

/// A client, and the listener that it connects to.
async fn client_and_listener() -> (Client, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (Client::new(&listener.local_addr().unwrap().to_string()).unwrap(), listener)
}

/// More data than the buffers of two sockets hold.
fn large() -> Bytes {
    vec![b'x'; 32 << 20].into()
}

#[tokio::test(start_paused = true)]
async fn gives_up_the_end_at_the_deadline() {
    let (mut client, _listener) = client_and_listener().await;
    let context = context(Some(Duration::from_secs(90)));
    let mut stream = ResponseStream::start(&mut client, context, HTTP_INTEGRATION, b"{}").await.unwrap();
    // Nothing reads. The data is sent together with the end, so that the write of the end waits.
    push_chunk(stream.connection.out(), &large());
    let start = Instant::now();
    timeout(Duration::from_secs(600), stream.end()).await.expect("the end has no deadline");
    assert!(start.elapsed() > Duration::from_secs(60), "{:?}", start.elapsed());
    let error = stream.finish().await.unwrap_err();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("did not read the data"), "{error:?}");
    assert!(client.connection.is_none());
}

/// Asserts that the request was sent once, and without its end.
fn assert_is_cut_off(request: &[u8]) {
    assert_eq!(memchr::memmem::find_iter(request, b"POST ").count(), 1);
    assert!(!request.ends_with(b"0\r\n\r\n"));
}

#[tokio::test(start_paused = true)]
async fn does_not_end_a_response_whose_write_was_cancelled() {
    let (mut client, listener) = client_and_listener().await;
    let streams = async {
        let mut stream = ResponseStream::start(&mut client, Context::default(), HTTP_INTEGRATION, b"{}").await.unwrap();
        // Nothing reads yet.
        assert!(timeout(Duration::from_secs(1), stream.write(large())).await.is_err());
        assert!(stream.write("more".into()).await.is_err());
        assert!(stream.flush().await.is_err());
        let start = Instant::now();
        let error = stream.finish().await.unwrap_err();
        assert!(start.elapsed() < Duration::from_secs(1), "waited for a response");
        assert!(std::error::Error::source(&error).unwrap().to_string().contains("cancelled"), "{error:?}");
    };
    let reads = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        sleep(Duration::from_secs(2)).await;
        let mut request = vec![];
        socket.read_to_end(&mut request).await.unwrap();
        assert_is_cut_off(&request);
    };
    tokio::join!(streams, reads);
    assert!(client.connection.is_none());
}

#[tokio::test]
async fn finish_after_a_failed_write_reports_the_rejection() {
    let (mut client, listener) = client_and_listener().await;
    let streams = async {
        let mut stream = ResponseStream::start(&mut client, Context::default(), HTTP_INTEGRATION, b"{}").await.unwrap();
        assert!(stream.write(large()).await.is_err());
        assert!(stream.flush().await.is_err());
        assert_eq!(stream.finish().await.unwrap_err().status(), Some(413));
    };
    let rejects = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        // The client gives up in the meantime.
        sleep(Duration::from_millis(300)).await;
        let mut request = vec![];
        socket.read_to_end(&mut request).await.unwrap();
        assert_is_cut_off(&request);
    };
    tokio::join!(streams, rejects);
}

#[tokio::test]
async fn writes_nothing_after_the_end() {
    let (mut client, listener) = client_and_listener().await;
    let streams = async {
        let mut stream = ResponseStream::start(&mut client, Context::default(), HTTP_INTEGRATION, b"{}").await.unwrap();
        stream.end().await;
        assert!(stream.write("more".into()).await.is_err());
        assert!(stream.flush().await.is_err());
        stream.finish().await.unwrap();
    };
    let accepts = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![];
        while !request.ends_with(b"\r\n0\r\n\r\n") {
            assert!(socket.read_buf(&mut request).await.unwrap() > 0, "closed");
        }
        socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        socket
    };
    tokio::join!(streams, accepts);
    assert!(client.connection.is_some());
}

#[tokio::test]
async fn collects_32_kb_and_sends_more_at_once() {
    let (mut client, _listener) = client_and_listener().await;
    let mut stream = ResponseStream::start(&mut client, Context::default(), HTTP_INTEGRATION, b"{}").await.unwrap();
    let bytes = |length: usize| Bytes::from(vec![b'x'; length]);
    stream.write(bytes(WRITE_AT - 2000)).await.unwrap();
    assert!(stream.connection.out().len() > WRITE_AT - 2000);
    stream.write(bytes(2000)).await.unwrap();
    assert_eq!(stream.connection.out().len(), 0);
    // With the eight bytes around a chunk, the data has exactly 32 KB.
    stream.write(bytes(WRITE_AT - 8)).await.unwrap();
    assert_eq!(stream.connection.out().len(), 0);
    // The end of a chunk that was sent without a copy leaves with the next one.
    stream.write(bytes(WRITE_AT)).await.unwrap();
    assert_eq!(stream.connection.out(), b"\r\n");
}

#[tokio::test]
async fn ends_a_failed_stream_in_trailers() {
    let (mut client, listener) = client_and_listener().await;
    let stream = ResponseStream::start(&mut client, Context::default(), HTTP_INTEGRATION, b"{}").await.unwrap();
    let reads = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = vec![];
        while !request.ends_with(b"\r\n\r\n") || !request.windows(5).any(|end| end == b"\r\n0\r\n") {
            assert!(socket.read_buf(&mut request).await.unwrap() > 0, "closed");
        }
        socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        String::from_utf8(request).unwrap()
    };
    let (failed, request) = tokio::join!(stream.fail("Function.A", "b"), reads);
    failed.unwrap();
    assert!(request.contains("\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.A\r\n"), "{request}");
}

#[tokio::test]
async fn a_success_does_not_explain_why_a_stream_was_cut_off() {
    let (mut client, listener) = client_and_listener().await;
    let mut stream = ResponseStream::start(&mut client, Context::default(), HTTP_INTEGRATION, b"{}").await.unwrap();
    let (mut socket, _) = listener.accept().await.unwrap();
    socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    drop(socket);
    let error = stream.rejected().await;
    let error = stream.rejection(error).await;
    assert_eq!((error.to_string().as_str(), error.status()), ("cannot send the whole streamed response", None));
}

#[tokio::test]
async fn names_the_content_type_of_a_stream_without_a_prelude() {
    for (content_type, sent) in [("text/plain; charset=utf-8", "text/plain; charset=utf-8"), ("a\r\nb: é", "a__b: _")]
    {
        let (mut client, listener) = client_and_listener().await;
        let stream = ResponseStream::start(&mut client, Context::default(), content_type, &[]).await.unwrap();
        let reads = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = vec![];
            while !request.ends_with(b"\r\n0\r\n\r\n") {
                assert!(socket.read_buf(&mut request).await.unwrap() > 0, "closed");
            }
            socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            String::from_utf8(request).unwrap()
        };
        let (finished, request) = tokio::join!(stream.finish(), reads);
        finished.unwrap();
        assert!(request.contains(&format!("\r\ncontent-type: {sent}\r\nlambda-runtime-function-response-mode: ")));
        // The body has no prelude.
        assert!(request.contains("\r\n\r\n0\r\n"), "{request}");
    }
}

#[test]
fn removes_characters_of_an_error_type_that_a_trailer_cannot_contain() {
    let mut out = vec![];
    push_error_trailers(&mut out, "Runtime.A\r\nX: é", "message");
    let trailers = String::from_utf8(out).unwrap();
    assert!(trailers.starts_with("Lambda-Runtime-Function-Error-Type: Runtime.AX\r\n"), "{trailers}");
    assert_eq!(trailers.lines().count(), 2);
}
