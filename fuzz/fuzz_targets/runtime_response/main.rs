//! Any bytes as a response of the Runtime API, in pieces of any size.
//!
//! - The client accepts the responses that hyper accepts, without those that `differences` names, and reads the same message. It waits for
//!   nothing after the end of the connection.
//! - It keeps the connections that hyper keeps, without those that `differences` names.
//! - After an invocation, the request for its response has the path and the headers of that invocation only. It arrives on the same connection if
//!   the response ended there, and otherwise on another one.

#![no_main]

mod differences;
mod hyper_client;
mod next_request;
mod parts;

use std::time::Duration;

use arbitrary::Arbitrary;
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use lodger_fuzz::new_runtime;
use lodger_runtime_api::fuzzing::{Response, read_response};
use tokio::{
    io::AsyncWriteExt as _,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
    time::timeout,
};

use crate::{hyper_client::HyperResponse, parts::Parts};

#[derive(Debug, Arbitrary)]
struct Input<'a> {
    /// The size of the pieces in which the response arrives.
    piece: u8,
    response: &'a [u8],
}

struct Peer {
    runtime: Runtime,
    listener: TcpListener,
}

thread_local! {
    static PEER: Peer = {
        let runtime = new_runtime();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a loopback port is free");
        Peer { runtime, listener }
    };
}

/// Nothing arrives later, so a longer wait is a wait forever.
const SOON: Duration = Duration::from_secs(10);
/// Longer responses reach the limits of hyper, which are not those of Lodger.
const MAX_LENGTH: usize = 8 * 1024;

fuzz_target!(|input: Input<'_>| {
    if input.response.len() > MAX_LENGTH {
        return;
    }
    PEER.with(|peer| {
        let by_lodger = peer
            .runtime
            .block_on(async { timeout(SOON, peer.send(&input)).await })
            .expect("the client waits after the end");
        let parts = Parts::split(input.response);
        let by_hyper = peer.runtime.block_on(hyper_client::read(parts.without_switching_protocols(input.response)));
        compare(&parts, &by_lodger, &by_hyper);
        if let Ok(read) = by_lodger
            && read.status == 200
        {
            peer.runtime
                .block_on(async { timeout(SOON, next_request::check(&peer.listener, input.response, &read)).await })
                .expect("the client waits for a response that has arrived");
        }
    });
});

fn compare(parts: &Parts<'_>, by_lodger: &std::io::Result<Response>, by_hyper: &hyper::Result<HyperResponse>) {
    let stricter = by_hyper.is_ok().then(|| differences::reason_to_reject(parts)).flatten();
    match (by_lodger, by_hyper) {
        (Ok(read), Ok(expected)) => {
            assert_eq!(stricter, None, "Lodger accepts {read:?}");
            // httparse has the names as they are, and all headers in their order.
            assert_eq!((read.status, &read.headers), (expected.status, &parts.read_by_httparse().1));
            assert_eq!(to_map(&read.headers), expected.headers);
            assert_eq!(read.body, expected.body);
            let is_kept = expected.is_kept && differences::reason_to_close(parts, read).is_none();
            assert_eq!(
                read.is_reusable && read.rest.is_empty(),
                is_kept,
                "whether the connection is kept after {read:?}"
            );
        }
        (Err(error), Ok(expected)) => assert!(stricter.is_some(), "{error}, and hyper reads {expected:?}"),
        (Ok(read), Err(error)) => panic!("hyper rejects {read:?}: {error:?}"),
        (Err(_), Err(_)) => {}
    }
}

fn to_map(headers: &[(Vec<u8>, Vec<u8>)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name).expect("a name that hyper accepts");
        map.append(name, HeaderValue::from_bytes(value).expect("a value that hyper accepts"));
    }
    map
}

impl Peer {
    /// Sends the response to Lodger's client, and then ends the connection.
    async fn send(&self, input: &Input<'_>) -> std::io::Result<Response> {
        let port = self.listener.local_addr()?.port();
        let respond = async {
            let (mut socket, _) = self.listener.accept().await?;
            socket.set_nodelay(true)?;
            for piece in input.response.chunks(usize::from(input.piece).max(1) * 16) {
                // Fails if the client has closed the connection.
                let _ = socket.write_all(piece).await;
                tokio::task::yield_now().await;
            }
            let _ = socket.shutdown().await;
            std::io::Result::<TcpStream>::Ok(socket)
        };
        let (read, socket) = tokio::join!(read_response(port), respond);
        drop(socket?);
        read
    }
}
