//! The least that a function does: blocking reads and writes on one connection, and the response from the file in `BENCH_RESPONSE`.
//! It reads no JSON.

use std::{
    env, fs,
    io::{self, Read, Write},
    net::TcpStream,
};

use memchr::memmem::find;

const ID: &[u8] = b"Lambda-Runtime-Aws-Request-Id: ";
const ID_LENGTH: usize = 36;
const LENGTH: &[u8] = b"Content-Length: ";

/// Reads a response. Returns the request id in it, if there is one.
fn read(socket: &mut TcpStream, buffer: &mut [u8]) -> io::Result<Option<[u8; ID_LENGTH]>> {
    let mut filled = 0;
    let end = loop {
        filled += socket.read(&mut buffer[filled..])?;
        if let Some(end) = find(&buffer[..filled], b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = &buffer[..end];
    let value = |name: &[u8]| find(head, name).map(|at| &head[at + name.len()..]);
    let id = value(ID).and_then(|value| value.first_chunk().copied());
    let digits = value(LENGTH).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit());
    let length = digits.fold(0, |length, digit| 10 * length + usize::from(digit - b'0'));
    while filled < end + length {
        // The body is not used, so the buffer does not grow.
        let rest = (end + length - filled).min(buffer.len());
        filled += socket.read(&mut buffer[..rest])?;
    }
    Ok(id)
}

fn main() -> io::Result<()> {
    let api = env::var("AWS_LAMBDA_RUNTIME_API").map_err(io::Error::other)?;
    let body = fs::read(env::var_os("BENCH_RESPONSE").unwrap_or_default())?;
    let mut socket = TcpStream::connect(&api)?;
    socket.set_nodelay(true)?;
    let next = format!("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: {api}\r\n\r\n");
    let mut request = b"POST /2018-06-01/runtime/invocation/".to_vec();
    let id = request.len()..request.len() + ID_LENGTH;
    let (no_id, length) = ("0".repeat(ID_LENGTH), body.len());
    write!(request, "{no_id}/response HTTP/1.1\r\nhost: {api}\r\ncontent-length: {length}\r\n\r\n")?;
    request.extend_from_slice(&body);
    let mut buffer = vec![0; 64 << 10];
    loop {
        socket.write_all(next.as_bytes())?;
        let new = read(&mut socket, &mut buffer)?.ok_or(io::ErrorKind::InvalidData)?;
        request[id.clone()].copy_from_slice(&new);
        socket.write_all(&request)?;
        read(&mut socket, &mut buffer)?;
    }
}
