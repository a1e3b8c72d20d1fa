//! A Runtime API that misbehaves, byte by byte.
//!
//! In all tests, the app handles each complete invocation once, and Lambda gets its response.

mod connections;
mod extension;
mod responses;

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::Router;
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    raw_api::{self, ACCEPTED, RawRuntimeApi, Socket},
    test_host::{TestApp, TestHost},
};

/// A function that counts its calls, with a Runtime API that sends only the bytes that the test writes.
struct Function {
    app: TestApp<RawRuntimeApi>,
    calls: Arc<AtomicUsize>,
}

impl Function {
    async fn start() -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let app = counting_app(&calls);
        Self { app: TestHost::raw_lambda().start(|lodger| lodger.run(app)).await, calls }
    }

    /// Accepts a connection, and waits for the poll on it.
    async fn poll(&self) -> Socket {
        let mut socket = self.accept().await;
        socket.poll().await;
        socket
    }

    /// The number of calls of the app.
    fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }
}

impl Deref for Function {
    type Target = RawRuntimeApi;

    fn deref(&self) -> &RawRuntimeApi {
        &self.app
    }
}

/// An app that responds with the number of the call, counted from 1.
fn counting_app(calls: &Arc<AtomicUsize>) -> Router {
    let calls = Arc::clone(calls);
    Router::new().fallback(async move || format!("call {}", calls.fetch_add(1, SeqCst) + 1))
}

/// The event of a request to a Function URL.
fn event() -> Vec<u8> {
    Front::function_url().event(&ClientRequest::get("/").request()).unwrap().to_vec()
}

/// The response to a poll: an invocation with this id.
fn invocation(id: &str) -> Vec<u8> {
    raw_api::invocation(id, &event(), "")
}

/// Polls on `socket`, and responds to one more invocation there, like after any fault.
async fn invokes_again(mut socket: Socket) {
    socket.poll().await;
    socket.write(invocation("the-next-one")).await;
    socket.response("the-next-one").await;
    socket.write(ACCEPTED).await;
    socket.poll().await;
}
