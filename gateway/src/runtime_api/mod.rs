mod protocol;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{Front, Invocation, Outcome, Reported, state::State};

/// The [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) on a port, for one
/// function that answers one invocation at a time.
///
/// It hands out what it is given, and checks what it is told: an id that nobody waits for gets 400, a reply that is too
/// large 413, and whatever the protocol does not allow is a [complaint](Self::complaints). It ends when it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    addr: SocketAddr,
    state: Arc<State>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Starts one on a loopback port that is free, in the runtime that this is called in.
    ///
    /// # Errors
    /// There is no loopback port to be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_on("127.0.0.1:0").await
    }

    /// Starts one on an address, in the runtime that this is called in.
    ///
    /// # Errors
    /// The address is not to be had.
    pub async fn start_on(addr: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        let state = Arc::new(State::default());
        let server = tokio::spawn(protocol::serve(listener, Arc::clone(&state)));
        Ok(Self { addr, state, server })
    }

    /// What a function finds in `AWS_LAMBDA_RUNTIME_API`: a host and a port.
    pub fn address(&self) -> String {
        self.addr.to_string()
    }

    /// Invokes the function and waits for what becomes of it, up to the half of a minute.
    ///
    /// # Errors
    /// Nothing became of it: the function does not poll, or ended before it answered.
    pub async fn invoke(&self, invocation: impl Into<Invocation>) -> io::Result<Outcome> {
        let (outcome, waiting) = oneshot::channel();
        self.state.lock().queue.push_back((invocation.into(), outcome));
        self.state.queued.notify_one();
        match tokio::time::timeout(Duration::from_secs(30), waiting).await {
            Ok(outcome) => outcome.map_err(io::Error::other),
            Err(elapsed) => Err(elapsed.into()),
        }
    }

    /// Sends a request through `front` and gives the response of it; 504 if the function does not answer.
    pub async fn send(&self, front: &Front, request: &Request<Bytes>) -> Response<Bytes> {
        let event = match front.event(request) {
            Ok(event) => event,
            Err(response) => return *response,
        };
        match self.invoke(event).await {
            Ok(outcome) => front.response(&outcome),
            Err(error) => {
                let mut response = Response::new(error.to_string().into());
                *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
                response
            }
        }
    }

    /// Waits until the function reports that it cannot start.
    pub async fn init_error(&self) -> Reported {
        loop {
            let reported = self.state.reported.notified();
            if let Some(error) = self.state.lock().init_error.clone() {
                return error;
            }
            reported.await;
        }
    }

    /// What the function did that the protocol does not allow, in words. Empty after a test that went well.
    pub fn complaints(&self) -> Vec<String> {
        self.state.lock().complaints.clone()
    }

    /// How often the function has asked for an invocation.
    pub fn polls(&self) -> usize {
        self.state.lock().polls
    }

    /// How many connections the function has opened. One is enough.
    pub fn connections(&self) -> usize {
        self.state.lock().connections
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}
