//! The contracts of hosts, in one program, because each test program links every framework: the address of the client behind proxies,
//! and the server as a process on the platforms of the table `PLATFORMS`, and on the kinds of sockets: variables, real signals, real
//! sockets.
#![cfg(unix)]

mod azure;
mod client_address;
mod health;
mod platforms;
#[cfg(target_os = "linux")]
mod systemd;
mod tcp;
mod unix;
mod web_functions;

use std::{net::SocketAddr, path::Path};

use lodger_tests::{client::ClientRequest, program::Program, wait::SOON};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
    time::timeout,
};

/// The frameworks whose servers differ: axum under Lodger's server, and two with servers of their own.
const FRAMEWORKS: [&str; 3] = ["axum", "actix-web", "warp"];

/// Starts the probe with these environment variables and no others.
fn start(vars: &[(&str, &str)]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_probe"), vars)
}

/// Sends a request. Returns the response as text.
async fn exchange(mut socket: impl AsyncRead + AsyncWrite + Unpin, request: &ClientRequest) -> String {
    let exchange = async {
        socket.write_all(&request.bytes()).await.unwrap();
        let mut response = vec![];
        socket.read_to_end(&mut response).await.unwrap();
        String::from_utf8_lossy(&response).into_owned()
    };
    timeout(SOON, exchange).await.expect("the response has not ended")
}

async fn send_tcp(addr: SocketAddr, request: &ClientRequest) -> String {
    exchange(TcpStream::connect(addr).await.unwrap(), request).await
}

async fn send_unix(path: &Path, request: &ClientRequest) -> String {
    exchange(UnixStream::connect(path).await.unwrap(), request).await
}

/// Returns the body of a response with status 200.
fn body_of(response: &str) -> &str {
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    response.split_once("\r\n\r\n").unwrap().1
}

/// The address of the client that the probe has seen, as JSON.
fn client_seen(response: &str) -> serde_json::Value {
    let seen: serde_json::Value = serde_json::from_str(body_of(response)).expect(response);
    seen["client"].clone()
}
