//! Each of the three apps sends the same responses on a server and behind every front.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    sync::mpsc,
    thread,
};

use bytes::Bytes;
use http::Request;
use lodger::{Error, Host, Lodger};
use lodger_gateway::{Front, RuntimeApi};

/// Runs an app on a thread of its own, because an app of actix-web is not `Send`.
fn spawn<F: Future<Output = Result<(), Error>>>(run: impl FnOnce() -> F + Send + 'static) {
    thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(async { run().await }));
}

/// Sends a request to an app as a server, and to the same app behind every front.
async fn check<F: Future<Output = Result<(), Error>> + 'static>(run: fn(Lodger) -> F) {
    let (sender, addr) = mpsc::channel();
    spawn(move || {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        run(Lodger::new().host(Host::Server).addr(any_port).on_listening(move |addr| sender.send(addr).unwrap()))
    });
    let mut socket = TcpStream::connect(addr.recv().unwrap()).unwrap();
    socket.write_all(b"GET /hello/you HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    assert!(response.ends_with("\r\n\r\nhello you from 127.0.0.1"), "{response}");

    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    spawn(move || run(Lodger::new().host(Host::Lambda).lambda_runtime_api(address)));
    for front in Front::all() {
        let front = front.client([198, 51, 100, 4].into());
        let response = api.send(&front, &Request::get("/hello/you").body(Bytes::new()).unwrap()).await;
        assert_eq!(response.body(), "hello you from 198.51.100.4", "{front}");
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn axum_responds_on_every_host() {
    check(|lodger| lodger.run(super::in_axum::app())).await;
}

#[cfg(feature = "actix-web")]
#[tokio::test]
async fn actix_web_responds_on_every_host() {
    check(|lodger| lodger.run(super::in_actix_web::app)).await;
}

#[cfg(feature = "warp")]
#[tokio::test]
async fn warp_responds_on_every_host() {
    check(|lodger| lodger.run(super::in_warp::app())).await;
}
