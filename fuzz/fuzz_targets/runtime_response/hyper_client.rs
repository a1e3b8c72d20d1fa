//! hyper's client as the reference.

use std::cell::Cell;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, duplex},
    task::yield_now,
};

/// A response as hyper has read it.
#[derive(Debug)]
pub struct HyperResponse {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Whether hyper accepts another request on the connection, which the peer has not closed.
    pub is_kept: bool,
}

/// Reads a response. The connection ends once hyper waits for more.
pub async fn read(response: Vec<u8>) -> hyper::Result<HyperResponse> {
    let (client, mut server) = duplex(response.len() + 4096);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(client)).await?;
    let progress = Progress::default();
    let exchange = async {
        let request = http::Request::get("/").header("host", "h").body(Empty::<Bytes>::new()).expect("a valid request");
        let read = async {
            let (head, mut body) = sender.send_request(request).await?.into_parts();
            let mut all = Vec::new();
            while let Some(frame) = body.frame().await.transpose()? {
                progress.add();
                all.extend_from_slice(frame.data_ref().map_or(&b""[..], |data| data));
            }
            Ok(HyperResponse { status: head.status.as_u16(), headers: head.headers, body: all.into(), is_kept: false })
        };
        let mut read = read.await;
        for _ in 0..4 {
            // The connection reads the bytes after the response, if there are any.
            progress.add();
            yield_now().await;
        }
        if let Ok(read) = &mut read {
            read.is_kept = sender.is_ready();
        }
        progress.has_ended.set(true);
        read
    };
    let respond = async {
        // After the request: hyper rejects data before it.
        let mut head = [0; 16];
        let _ = server.read(&mut head).await;
        let _ = server.write_all(&response).await;
        progress.wait().await;
        let _ = server.shutdown().await;
    };
    let (read, ..) = tokio::join!(exchange, connection, respond);
    read
}

#[derive(Default)]
struct Progress {
    steps: Cell<usize>,
    has_ended: Cell<bool>,
}

impl Progress {
    fn add(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    /// Waits until the exchange ends or makes no progress.
    async fn wait(&self) {
        loop {
            let steps = self.steps.get();
            for _ in 0..8 {
                yield_now().await;
                if self.has_ended.get() {
                    return;
                }
            }
            if self.steps.get() == steps {
                return;
            }
        }
    }
}
