use tokio::net::TcpListener;

use crate::lambda::connection::*;

/// A connection to a peer that sends each of `sent` on its own, then closes.
async fn peer(sent: Vec<Vec<u8>>) -> Connection {
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
async fn an_idle_connection_is_probed_and_sent_data_has_a_minute() {
    let connection = peer(vec![]).await;
    let socket = socket2::SockRef::from(&connection.socket);
    assert!(socket.keepalive().unwrap());
    let probes = (socket.tcp_keepalive_time(), socket.tcp_keepalive_interval(), socket.tcp_keepalive_retries());
    let probes = (probes.0.unwrap(), probes.1.unwrap(), probes.2.unwrap());
    assert_eq!(probes, (keep_alive::IDLE, keep_alive::INTERVAL, keep_alive::PROBES));
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(keep_alive::UNACKNOWLEDGED));
    // The client of a stream may take longer.
    connection.limit_unacknowledged(false);
    assert_eq!(socket.tcp_user_timeout().unwrap(), None);
    connection.limit_unacknowledged(true);
    assert_eq!(socket.tcp_user_timeout().unwrap(), Some(keep_alive::UNACKNOWLEDGED));
}

async fn read(sent: Vec<Vec<u8>>) -> Result<(RequestHead, Bytes, Vec<String>), Trouble> {
    let mut headers = vec![];
    let mut connection = peer(sent).await;
    let answer = connection
        .answer(&mut Alarm::default(), |_, name, value| {
            headers.push(format!("{name}={}", String::from_utf8_lossy(value)))
        })
        .await;
    let (head, body) = answer?;
    Ok((head, body, headers))
}

async fn read_one(sent: &str) -> Result<(RequestHead, Bytes, Vec<String>), Trouble> {
    read(vec![sent.into()]).await
}

async fn why(sent: &str) -> String {
    read_one(sent).await.err().unwrap_or_else(|| panic!("{sent:?} was read")).into_error().to_string()
}

#[tokio::test]
async fn an_answer_is_read_however_it_is_cut() {
    let whole = b"HTTP/1.1 200 OK\r\nA: 1\r\nContent-Length: 5\r\n\r\nhello";
    for size in [1, 2, 3, 7, whole.len()] {
        let (head, body, headers) = read(whole.chunks(size).map(<[u8]>::to_vec).collect()).await.unwrap();
        assert_eq!((head.status, head.is_reusable, &body[..]), (200, true, &b"hello"[..]), "{size}");
        assert_eq!(headers, ["A=1", "Content-Length=5"]);
    }
}

#[tokio::test]
async fn every_kind_of_length_is_understood() {
    let body = async |rest: &str| {
        let (head, body, _) = read_one(&format!("HTTP/1.1 200 OK\r\n{rest}")).await.unwrap();
        (String::from_utf8(body.to_vec()).unwrap(), head.is_reusable)
    };
    let chunks = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: 1\r\n\r\n";
    assert_eq!(body(chunks).await, ("abc0123456789".into(), true));
    assert_eq!(body(&format!("Content-Length: 2\r\n{chunks}")).await, ("abc0123456789".into(), true));
    assert_eq!(body("\r\nuntil the end").await, ("until the end".into(), false));
    assert_eq!(body("Connection: x, Close\r\nContent-Length: 1\r\n\r\nx").await, ("x".into(), false));
    assert_eq!(body("Content-Length: 0\r\n\r\n").await, (String::new(), true));
    let (head, body, _) = read_one("HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    assert!(head.is_reusable && body.is_empty());
    let (head, ..) = read_one("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    assert!(!head.is_reusable);
}

#[tokio::test]
async fn interim_answers_are_passed_over() {
    let (head, body, _) =
        read_one("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
    assert_eq!((head.status, &body[..]), (202, &b"ok"[..]));
}

#[tokio::test]
async fn what_is_no_answer_is_said() {
    assert!(why("\r\n\r\n").await.contains("empty"));
    assert!(why("SSH-2.0-x\r\n\r\n").await.contains("no HTTP/1.1"));
    assert!(why("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").await.contains("\"many\""));
    assert!(why("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx").await.contains("\"+1\""));
    assert!(why("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n").await.contains("two lengths"));
    assert!(why("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n").await.contains("longer than"));
    assert!(why("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n").await.contains("\"gzip\""));
    for chunk in ["x\r\n", "-1\r\n", "\r\n", "ffffffffffffffffff\r\n", "1\r\nabc\r\n"] {
        let sent = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
        assert!(why(&sent).await.contains("chunk"), "{chunk:?}");
    }
    assert!(why(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(100_000))).await.contains("head"));
    let many: String = (0..100).map(|i| format!("X-{i}: 1\r\n")).collect();
    assert!(why(&format!("HTTP/1.1 200 OK\r\n{many}\r\n")).await.contains("too many headers"));
}

#[tokio::test]
async fn an_end_before_the_answer_is_another_trouble_than_one_within() {
    assert!(matches!(read_one("").await, Err(Trouble::Ended(_))));
    for cut in [
        "HTTP",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        "HTTP/1.1 200 OK\r\n",
    ] {
        assert!(matches!(read_one(cut).await, Err(Trouble::Broken(_))), "{cut:?}");
    }
}

#[tokio::test]
async fn an_answer_that_stands_still_is_given_up_and_a_wait_for_one_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for begin in ["", "H", "HTTP/1.1 200 OK\r\nLambda-", "HTTP/1.1 100 Continue\r\n\r\n"] {
        let mut connection = Connection::open("127.0.0.1", port).await.unwrap();
        let (mut peer, _) = listener.accept().await.unwrap();
        peer.write_all(begin.as_bytes()).await.unwrap();
        // From here on time passes whenever nothing else does.
        tokio::time::pause();
        let mut patience = Alarm::default();
        if begin.is_empty() {
            assert!(timeout(PATIENCE * 100, connection.wait()).await.is_err(), "it was not waited for");
        }
        let given_up = timeout(PATIENCE * 2, connection.answer(&mut patience, |_, _, _| {}))
            .await
            .expect("it stands still as well");
        assert!(matches!(given_up, Err(Trouble::Broken(error)) if error.kind() == io::ErrorKind::TimedOut), "{begin}");
        tokio::time::resume();
    }
}
