//! A Runtime API that misbehaves, byte by byte.
//!
//! In all tests, the app handles each complete invocation once, and Lambda gets its response.

mod apps;
mod connections;
mod extension;
mod responses;

use std::{
    future::ready,
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

/// A framework, and the number of concurrent invocations.
#[derive(Clone, Copy, Debug)]
struct Kind {
    is_actix_web: bool,
    slots: usize,
}

/// The functions that have to survive each fault.
const KINDS: [Kind; 4] = [
    Kind { is_actix_web: false, slots: 1 },
    Kind { is_actix_web: false, slots: 4 },
    Kind { is_actix_web: true, slots: 1 },
    Kind { is_actix_web: true, slots: 4 },
];

/// The functions that run on the clock of the test.
const ON_CLOCK_OF_TEST: [Kind; 2] = [KINDS[0], KINDS[1]];

/// A function that counts its calls, with a Runtime API that sends only the bytes that the test writes.
struct Function {
    app: TestApp<RawRuntimeApi>,
    calls: Arc<AtomicUsize>,
    /// The connections of all slots except one, which poll during the whole test.
    _idle: Vec<Socket>,
}

impl Function {
    async fn start(kind: Kind) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let (host, slots) = (TestHost::raw_lambda(), kind.slots.try_into().unwrap());
        let app = match kind.is_actix_web {
            false => {
                let app = counting_app(&calls);
                host.start(|lodger| lodger.max_concurrency(slots).run(app)).await
            }
            true => {
                let calls = Arc::clone(&calls);
                let app = move || {
                    let calls = Arc::clone(&calls);
                    let count = move || ready(count(&calls));
                    actix_web::App::new().default_service(actix_web::web::to(count))
                };
                host.on_own_thread().start(move |lodger| lodger.max_concurrency(slots).run(app)).await
            }
        };
        let idle = idle_slots(&app, kind).await;
        Self { app, calls, _idle: idle }
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

/// Waits for the polls of all slots except one.
async fn idle_slots(api: &RawRuntimeApi, kind: Kind) -> Vec<Socket> {
    let mut idle = Vec::new();
    for _ in 1..kind.slots {
        let mut socket = api.accept().await;
        socket.poll().await;
        idle.push(socket);
    }
    idle
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
    Router::new().fallback(async move || count(&calls))
}

/// Counts a call, and returns the response to it.
fn count(calls: &AtomicUsize) -> String {
    format!("call {}", calls.fetch_add(1, SeqCst) + 1)
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
