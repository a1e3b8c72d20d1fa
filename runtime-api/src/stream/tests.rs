use std::time::{SystemTime, UNIX_EPOCH};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    time::sleep,
};

use super::*;

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
    let deadline = time.map(|time| (SystemTime::now() + time).duration_since(UNIX_EPOCH).unwrap().as_millis());
    let deadline = deadline.map(|milliseconds| milliseconds.to_string());
    let deadline = deadline.as_deref().map(|milliseconds| ("lambda-runtime-deadline-ms", milliseconds));
    let context = Context::from_headers(deadline);
    let streams = async {
        let mut stream = ResponseStream::start(&mut client, context, b"{}\0\0\0\0\0\0\0\0").await?;
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
