use tokio::net::TcpListener;

use super::*;

/// A connection to a peer that sends each item of `sent` separately, then closes.
async fn peer(sent: Vec<Vec<u8>>) -> Box<Connection> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        for bytes in sent {
            let _ = socket.write_all(&bytes).await;
            tokio::task::yield_now().await;
        }
    });
    Connection::open("127.0.0.1", port).await.unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn probes_idle_connections_and_limits_unacknowledged_data() {
    let connection = peer(vec![]).await;
    let socket = socket2::SockRef::from(&connection.socket);
    assert!(socket.keepalive().unwrap());
    let probes = (socket.tcp_keepalive_time(), socket.tcp_keepalive_interval(), socket.tcp_keepalive_retries());
    let probes = (probes.0.unwrap(), probes.1.unwrap(), probes.2.unwrap());
    assert_eq!(probes, (keep_alive::IDLE, keep_alive::INTERVAL, keep_alive::PROBES));
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(keep_alive::UNACKNOWLEDGED));
    // The client of a stream may read more slowly.
    connection.limit_unacknowledged(false);
    assert_eq!(socket.tcp_user_timeout().unwrap(), None);
    connection.limit_unacknowledged(true);
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(keep_alive::UNACKNOWLEDGED));
}

#[tokio::test]
async fn is_not_idle_once_the_peer_has_sent_data_or_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for sent in ["x", ""] {
        let connection = Connection::open("127.0.0.1", port).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        assert!(connection.is_idle());
        peer.write_all(sent.as_bytes()).await.unwrap();
        // Without data, this is the end of the connection.
        peer.shutdown().await.unwrap();
        connection.socket.readable().await.unwrap();
        assert!(!connection.is_idle(), "{sent:?}");
    }
}

#[tokio::test]
async fn checks_the_names_of_ignored_headers() {
    let mut connection = peer(vec![b"HTTP/1.1 202 Accepted\r\na(b): c\r\nContent-Length: 0\r\n\r\n".into()]).await;
    let response = connection.response(&mut ReusableTimer::default(), &mut ignore_header).await;
    assert!(io::Error::from(response.unwrap_err()).to_string().contains("invalid header name"));
}

async fn read(sent: Vec<Vec<u8>>) -> Result<(ResponseHead, Bytes, Vec<String>), ConnectionError> {
    let mut headers = vec![];
    let mut connection = peer(sent).await;
    let mut header = |_: &Bytes, name: &[u8], value: &[u8]| {
        headers.push([name, b"=", value].concat().escape_ascii().to_string());
        false
    };
    let (head, body) = connection.response(&mut ReusableTimer::default(), &mut header).await?;
    Ok((head, body, headers))
}

async fn read_one(sent: &str) -> Result<(ResponseHead, Bytes, Vec<String>), ConnectionError> {
    read(vec![sent.into()]).await
}

async fn error_of(sent: &str) -> String {
    let error = read_one(sent).await.err().unwrap_or_else(|| panic!("{sent:?} was read"));
    io::Error::from(error).to_string()
}

#[tokio::test]
async fn reads_a_response_in_parts_of_any_size() {
    let whole = b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 5\r\n\r\nhello";
    for size in [1, 2, 3, 7, whole.len()] {
        let (head, body, headers) = read(whole.chunks(size).map(<[u8]>::to_vec).collect()).await.unwrap();
        assert_eq!((head.status, head.is_reusable, &body[..]), (200, true, &b"hello"[..]), "{size}");
        assert_eq!(headers, ["A=1", "Content-Length=5"]);
    }
}

#[tokio::test]
async fn reads_bodies_of_every_kind_of_length() {
    let body = async |rest: &str| {
        let (head, body, _) = read_one(&format!("HTTP/1.1 200 OK\r\n{rest}")).await.unwrap();
        (String::from_utf8(body.to_vec()).unwrap(), head.is_reusable)
    };
    let chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: 1\r\n\r\n";
    assert_eq!(body(chunks).await, ("abc0123456789".into(), true));
    // The connection is not kept: the peer may count the bytes in another way.
    assert_eq!(body(&format!("Content-Length: 2\r\n{chunks}")).await, ("abc0123456789".into(), false));
    let after = chunks.replacen("\r\n", "\r\nContent-Length: 2\r\n", 1);
    assert_eq!(body(&after).await, ("abc0123456789".into(), false));
    assert_eq!(body("Transfer-Encoding: chunked\r\n\r\n1 \t\r\na\r\n0 ;x\r\n\r\n").await, ("a".into(), true));
    assert_eq!(body("\r\nuntil the end").await, ("until the end".into(), false));
    assert_eq!(body("Connection: x, Close\r\nContent-Length: 1\r\n\r\nx").await, ("x".into(), false));
    assert_eq!(body("Content-Length: 0\r\n\r\n").await, (String::new(), true));
    let (head, body, _) = read_one("HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    assert!(head.is_reusable && body.is_empty());
    let (head, ..) = read_one("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert!(!head.is_reusable);
}

#[tokio::test]
async fn a_reset_does_not_end_a_body_without_a_length() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut connection = Connection::open("127.0.0.1", listener.local_addr().unwrap().port()).await.unwrap();
    let (mut peer, _) = listener.accept().await.unwrap();
    peer.write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf").await.unwrap();
    connection.wait().await.unwrap();
    peer.set_zero_linger().unwrap();
    drop(peer);
    assert!(connection.response(&mut ReusableTimer::default(), &mut ignore_header).await.is_err());
}

#[tokio::test]
async fn does_not_keep_a_connection_with_data_after_the_response() {
    for response in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let (head, ..) = read_one(response).await.unwrap();
        assert!(head.is_reusable, "{response:?}");
        let (head, ..) = read_one(&format!("{response}HTTP/1.1 200 OK\r\n")).await.unwrap();
        assert!(!head.is_reusable, "{response:?}");
    }
}

#[tokio::test]
async fn skips_interim_responses() {
    let (head, body, _) =
        read_one("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
    assert_eq!((head.status, &body[..]), (202, &b"ok"[..]));
}

#[tokio::test]
async fn stops_sending_unless_a_success_may_follow() {
    let interim = |length: usize| format!("HTTP/1.1 102 Processing\r\nx: {}\r\n\r\n", "y".repeat(length - 32));
    for (received, stops) in [
        ("HTTP/1.1 202 Accepted\r\n\r\n".to_owned(), false),
        ("HTTP/1.1 4".to_owned(), true),
        (interim(100), false),
        (interim(100) + "HTTP/1.1 2", false),
        (interim(100) + "HTTP/1.1 413 Too Large\r\n", true),
        (interim(65_536), false),
        (interim(65_537), true),
    ] {
        // After the data, the peer closes.
        let error = rejected(&mut received.as_bytes(), &mut BytesMut::new()).await;
        assert_eq!(error.kind() != io::ErrorKind::UnexpectedEof, stops, "{received:.200}");
    }
}

#[tokio::test]
async fn accepts_heads_and_lines_of_64_kib() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (start, reason) in [("", "the response head is longer"), (chunked, "a line between the chunks")] {
        for (length, is_rejected) in [(65_536, false), (65_537, true)] {
            let mut connection = peer(vec![]).await;
            connection.buffer.extend_from_slice(start.as_bytes());
            connection.buffer.extend_from_slice(&vec![b'x'; length]);
            let response = connection.response(&mut ReusableTimer::default(), &mut ignore_header).await;
            let error = io::Error::from(response.unwrap_err()).to_string();
            assert_eq!(error.starts_with(reason), is_rejected, "{length}: {error}");
        }
    }
}

#[tokio::test]
async fn rejects_invalid_responses_with_a_reason() {
    assert!(error_of("\r\n\r\n").await.contains("empty"));
    assert!(error_of("SSH-2.0-x\r\n\r\n").await.contains("not HTTP/1.1"));
    for line in ["a\tb: c", "Content-Length\t: 1", "\tContent-Length: 1", "a(b): c", "\u{e9}: b", ": b"] {
        let error = error_of(&format!("HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 0\r\n\r\n")).await;
        assert!(error.contains("invalid header name"), "{line:?}: {error}");
    }
    assert!(error_of("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").await.contains("\"many\""));
    assert!(error_of("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx").await.contains("\"+1\""));
    assert!(
        error_of("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
            .await
            .contains("two different lengths")
    );
    assert!(error_of("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await.contains("longer than"));
    assert!(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n").await.contains("\"gzip\""));
    for lengths in [
        "Content-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\nContent-Length: 2",
    ] {
        assert!(
            error_of(&format!("HTTP/1.1 200 OK\r\n{lengths}\r\n\r\n0\r\n\r\n")).await.contains("two different lengths")
        );
    }
    let twice = "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked";
    assert!(error_of(&format!("HTTP/1.1 200 OK\r\n{twice}\r\n\r\n0\r\n\r\n")).await.contains("\"chunked\""));
    let chunked = "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert!(error_of(&format!("HTTP/1.0 200 OK\r\n{chunked}")).await.contains("HTTP/1.0"));
    assert!(
        error_of(&format!("HTTP/1.1 100 Continue\r\nno colon\r\n\r\nHTTP/1.1 200 OK\r\n{chunked}"))
            .await
            .contains("header name")
    );
    for trailer in ["no colon", "a\tb: c", "a: b\nc: d", "a: \u{1b}[2J"] {
        let sent = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{trailer}\r\n\r\n");
        assert!(error_of(&sent).await.contains("trailer"), "{trailer:?}");
    }
    let chunks = ["x\r\n", "-1\r\n", "\r\n", "ffffffffffffffffff\r\n", "1\r\nabc\r\n"];
    // Readers differ in these lines: each must be one line, with white space only after the digits.
    let lines =
        [" 1\r\na\r\n", "1\n\r\na\r\n", "1;x\ny\r\na\r\n", "1;x\ry\r\na\r\n", "1 1\r\na\r\n", "1\u{c}\r\na\r\n"];
    for chunk in chunks.into_iter().chain(lines) {
        let sent = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        assert!(error_of(&sent).await.contains("chunk"), "{chunk:?}");
    }
    assert!(error_of(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(100_000))).await.contains("head"));
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert!(error_of(&format!("{chunked}1;{}", "x".repeat(100_000))).await.contains("line between the chunks"));
    let trailers = "a: b\r\n".repeat(20_000);
    assert!(error_of(&format!("{chunked}0\r\n{trailers}\r\n")).await.contains("longer than"));
    let many: String = (0..100).map(|i| format!("X-{i}: 1\r\n")).collect();
    assert!(error_of(&format!("HTTP/1.1 200 OK\r\n{many}\r\n")).await.contains("too many headers"));
}

#[tokio::test]
async fn distinguishes_a_close_before_the_response_from_one_within() {
    assert!(matches!(read_one("").await, Err(ConnectionError::Closed(_))));
    for cut in [
        "HTTP",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\n",
    ] {
        assert!(matches!(read_one(cut).await, Err(ConnectionError::Broken(_))), "{cut:?}");
    }
}

#[tokio::test]
async fn times_out_within_a_response_and_not_before_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for begin in ["", "H", "HTTP/1.1 200 OK\r\nLambda-", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let mut connection = Connection::open("127.0.0.1", port).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.write_all(begin.as_bytes()).await.unwrap();
        // From here on, time advances whenever all tasks are idle.
        tokio::time::pause();
        let mut timer = ReusableTimer::default();
        if begin.is_empty() {
            assert!(timeout(IO_TIMEOUT * 100, connection.wait()).await.is_err(), "the wait ended");
        }
        let timed_out =
            timeout(IO_TIMEOUT * 2, connection.response(&mut timer, &mut ignore_header)).await.expect("no timeout");
        assert!(
            matches!(timed_out, Err(ConnectionError::Broken(error)) if error.kind() == io::ErrorKind::TimedOut),
            "{begin}"
        );
        tokio::time::resume();
    }
}

#[tokio::test]
async fn times_out_if_the_peer_does_not_read_a_request() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut connection = Connection::open("127.0.0.1", listener.local_addr().unwrap().port()).await.unwrap();
    // More data than the buffers of two sockets hold.
    let payload = vec![b'x'; 32 << 20];
    let mut timer = ReusableTimer::default();
    tokio::time::pause();
    let sent = connection.send_payload(b"POST / HTTP/1.1\r\n\r\n", &payload, &mut timer);
    let timed_out = timeout(IO_TIMEOUT * 2, sent).await.expect("no timeout");
    // The peer may have received a part, so that the request must not be sent again.
    assert!(matches!(timed_out, Err(ConnectionError::Broken(error)) if error.kind() == io::ErrorKind::TimedOut));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn times_out_if_the_peer_does_not_accept_a_connection() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    // Linux completes connections until the queue is full, and then ignores further ones.
    let mut queued = vec![];
    while let Ok(connected) = timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queued.push(connected.unwrap());
    }
    tokio::time::pause();
    let opened = timeout(IO_TIMEOUT * 2, Connection::open("127.0.0.1", address.port())).await.expect("no timeout");
    assert!(matches!(opened, Err(ConnectionError::Unreachable(error)) if error.kind() == io::ErrorKind::TimedOut));
}
