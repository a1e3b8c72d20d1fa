//! The request that follows a response.

use lodger_runtime_api::{Client, fuzzing::Response};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::parts::values;

/// Receives the response as an invocation, and responds to it. Checks that request, and the connection on which it arrives.
pub async fn check(listener: &TcpListener, response: &[u8], read: &Response) {
    let address = listener.local_addr().expect("the listener has an address").to_string();
    let mut client = Client::new(&address).expect("the address of the listener is valid");
    let ids = values(&read.headers, "lambda-runtime-aws-request-id");
    // Another step opens the connection.
    assert!(!client.step().await.expect("the listener accepts"));
    let (mut first, _) = listener.accept().await.expect("the client has connected");
    // All at once, before the client reads: it sees the bytes after the response.
    first.write_all(response).await.expect("the client is connected");
    if !read.is_reusable {
        first.shutdown().await.expect("the client is connected");
    }
    assert!(client.step().await.expect("the poll has a response"), "no invocation arrives");
    let Some(invocation) = client.receive().await.expect("status 200 is no fatal error") else {
        assert!(!ids.last().is_some_and(|id| is_valid(id)), "the client drops an invocation with a valid id");
        return;
    };
    let id =
        ids.last().copied().filter(|id| is_valid(id)).expect("the client accepts an invocation without a valid id");
    assert_eq!(invocation.event(), &read.body);
    let attempt = values(&read.headers, "lambda-runtime-invocation-id").last().copied();
    let attempt = attempt.filter(|attempt| !attempt.is_empty() && std::str::from_utf8(attempt).is_ok());

    let poll = read_request(&mut first).await;
    assert!(poll.starts_with(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"));
    let is_kept = read.is_reusable && read.rest.is_empty();
    let accept = async {
        let mut socket = if is_kept { first } else { listener.accept().await.expect("the client connects again").0 };
        let post = read_request(&mut socket).await;
        socket.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n").await.expect("the client is connected");
        post
    };
    let (responded, post) = tokio::join!(invocation.respond("{}"), accept);
    responded.expect("the response was accepted");
    check_post(&post, id, attempt, &address);
}

/// Reads a request: a head, and a body of two bytes if the head announces one.
async fn read_request(socket: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|part| part == b"\r\n\r\n") {
            let has_body = request.windows(17).any(|line| line == b"content-length: 2");
            if request.len() >= end + 4 + if has_body { 2 } else { 0 } {
                return request;
            }
        }
        let read = socket.read_buf(&mut request).await.expect("the client is connected");
        assert!(read > 0, "the client has closed the connection after {}", request.escape_ascii());
    }
}

/// Whether an id can be a segment of a path as it is, and no other path.
fn is_valid(id: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    id.len() <= 128 && id.first().is_some_and(u8::is_ascii_alphanumeric) && id.iter().all(is_allowed)
}

fn check_post(post: &[u8], id: &[u8], attempt: Option<&[u8]>, address: &str) {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(post).expect("a valid request");
    assert_eq!(&post[parsed.unwrap()..], b"{}", "{}", post.escape_ascii());
    assert_eq!((request.method, request.version), (Some("POST"), Some(1)));
    let path = [b"/2018-06-01/runtime/invocation/", id, b"/response"].concat();
    assert_eq!(request.path.map(str::as_bytes), Some(&path[..]));
    let sent: Vec<_> = request.headers.iter().map(|header| (header.name, header.value)).collect();
    let user_agent = sent.get(1).map_or(&b""[..], |(_, value)| value);
    let mut expected = vec![("host", address.as_bytes()), ("user-agent", user_agent)];
    expected.extend(attempt.map(|attempt| ("lambda-runtime-invocation-id", attempt)));
    expected.extend([("content-type", &b"application/json"[..]), ("content-length", b"2")]);
    assert_eq!(sent, expected);
}
