//! The least that a function on Vercel does: blocking reads and writes on one connection, the response from the file in
//! `BENCH_RESPONSE`, and an `end` message for each request. It reads no body.

use std::{
    env, fs,
    io::{self, Read, Write},
    net::TcpListener,
    os::unix::net::UnixStream,
};

use memchr::memmem::find;

/// Returns the value of a header.
fn value<'a>(head: &'a [u8], name: &[u8]) -> &'a [u8] {
    let Some(at) = find(head, name) else { return &[] };
    let value = &head[at + name.len()..];
    &value[..find(value, b"\r").unwrap_or_default()]
}

fn main() -> io::Result<()> {
    let port: u16 = env::var("VERCEL_DEV_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3000);
    let body = fs::read(env::var_os("BENCH_RESPONSE").unwrap_or_default())?;
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let mut ipc = UnixStream::connect(env::var_os("VERCEL_IPC_PATH").unwrap_or_default())?;
    write!(ipc, "{{\"type\":\"server-started\",\"payload\":{{\"initDuration\":0,\"httpPort\":{port}}}}}\0")?;
    let (mut socket, _) = listener.accept()?;
    socket.set_nodelay(true)?;
    let mut response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    response.extend_from_slice(&body);
    let (mut buffer, mut message) = (vec![0; 64 << 10], Vec::new());
    loop {
        let mut filled = 0;
        let end = loop {
            match socket.read(&mut buffer[filled..])? {
                0 => return Ok(()),
                length => filled += length,
            }
            if let Some(end) = find(&buffer[..filled], b"\r\n\r\n") {
                break end + 4;
            }
        };
        let head = &buffer[..end];
        let length: usize =
            str::from_utf8(value(head, b"content-length: ")).unwrap_or_default().parse().unwrap_or_default();
        message.clear();
        message.extend_from_slice(br#"{"type":"end","payload":{"context":{"invocationId":""#);
        message.extend_from_slice(value(head, b"x-vercel-internal-invocation-id: "));
        message.extend_from_slice(br#"","requestId":"#);
        message.extend_from_slice(value(head, b"x-vercel-internal-request-id: "));
        message.extend_from_slice(b"},\"error\":null}}\0");
        let mut rest = (end + length).saturating_sub(filled);
        while rest > 0 {
            rest = rest.saturating_sub(socket.read(&mut buffer)?);
        }
        socket.write_all(&response)?;
        ipc.write_all(&message)?;
    }
}
