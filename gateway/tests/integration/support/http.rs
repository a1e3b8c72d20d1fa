//! An HTTP client on plain sockets.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// Sends a request on its own connection. Returns the head of the response, in lower case, and the body.
pub(crate) async fn fetch(addr: SocketAddr, request: &str) -> (String, String) {
    let mut socket = BufReader::new(TcpStream::connect(addr).await.unwrap());
    let (head, body) = exchange(&mut socket, request).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// Sends a complete request, and reads the response at the same time. Fails if the server does not read the whole request.
pub(crate) async fn upload(addr: SocketAddr, request: &[u8]) -> String {
    let (read, mut write) = TcpStream::connect(addr).await.unwrap().into_split();
    let request = request.to_vec();
    let sending = tokio::spawn(async move { write.write_all(&request).await.map(|()| write) });
    let mut read = BufReader::new(read);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(read.read_line(&mut head).await.unwrap(), 0, "closed after {head:?}");
    }
    let length = header(&head.to_lowercase(), "content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    read.read_exact(&mut body).await.unwrap();
    sending.await.unwrap().unwrap();
    head + &String::from_utf8(body).unwrap()
}

/// Sends a request and reads the response. Returns `None` if the server closes the connection first.
pub(crate) async fn exchange(socket: &mut BufReader<TcpStream>, request: &str) -> Option<(String, Vec<u8>)> {
    socket.write_all(request.as_bytes()).await.ok()?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if socket.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    let length = if request.starts_with("HEAD") { None } else { header(&head, "content-length") };
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    socket.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

/// Returns the value of a header. The head and the name are in lower case.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}
