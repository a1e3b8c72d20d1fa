//! Each of them answers the same, on each host.

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

/// Runs what may have to stay on its thread.
fn spawn<F: Future<Output = Result<(), Error>>>(run: impl FnOnce() -> F + Send + 'static) {
    thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(async { run().await }));
}

/// Asks an app that `run` runs, as a server and as a function.
async fn is_the_same<F: Future<Output = Result<(), Error>> + 'static>(run: fn(Lodger) -> F) {
    let (told, addr) = mpsc::channel();
    spawn(move || {
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        run(Lodger::new().host(Host::Server).addr(any_port).on_listening(move |addr| told.send(addr).unwrap()))
    });
    let mut socket = TcpStream::connect(addr.recv().unwrap()).unwrap();
    socket.write_all(b"GET /hello/you HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("\r\n\r\nhello you from 127.0.0.1"), "{answer}");

    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    spawn(move || run(Lodger::new().host(Host::Lambda).lambda_runtime_api(address)));
    for front in Front::all() {
        let front = front.client([198, 51, 100, 4].into());
        let answer = api.send(&front, &Request::get("/hello/you").body(Bytes::new()).unwrap()).await;
        assert_eq!(answer.body(), "hello you from 198.51.100.4", "{front}");
    }
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn in_axum() {
    is_the_same(|lodger| lodger.run(super::in_axum::app())).await;
}

#[cfg(feature = "actix-web")]
#[tokio::test]
async fn in_actix_web() {
    is_the_same(|lodger| lodger.run(super::in_actix_web::app)).await;
}

#[cfg(feature = "warp")]
#[tokio::test]
async fn in_warp() {
    is_the_same(|lodger| lodger.run(super::in_warp::app())).await;
}
