mod answer;
mod lifecycle;
mod prelude;
mod protocol;
mod settings;
mod stream;
mod tap;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    Front, FunctionError, FunctionResult, Invocation, StreamEnd, StreamedResponse, Warning,
    access::Hosts,
    event_name::{event_name, reply_status},
    front::{MAX_REPLY, stream::split_prelude},
    log::{Log, OpenEntry},
    media_type::first_accept_entry,
    state::{Answer, HandedOut, Inner, Queued, State},
    streamed::{Streaming, TooLarge},
};

/// How long an invocation may take unless it is said otherwise, and how long it may wait to be asked for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) on a port, for one
/// function that answers one invocation at a time, or as many as it has [slots](Self::max_concurrency).
///
/// It hands out what it is given, and checks what it is told: an id that nobody waits for gets 400, a reply that is too
/// large 413, and whatever the protocol does not allow is a [complaint](Self::protocol_errors). It ends when it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    addr: SocketAddr,
    state: Arc<State>,
    hosts: Arc<Hosts>,
    log: Log,
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
        let hosts = Arc::new(Hosts::of_private_api());
        let server = tokio::spawn(protocol::serve(listener, Arc::clone(&state), Arc::clone(&hosts)));
        Ok(Self { addr, state, hosts, log: Log::default(), server })
    }

    /// What a function finds in `AWS_LAMBDA_RUNTIME_API`: a host and a port.
    pub fn address(&self) -> String {
        self.addr.to_string()
    }

    /// Invokes the function and waits for what becomes of it: up to half a minute for the function to ask for it, and then until
    /// its [deadline](Invocation::deadline).
    ///
    /// A reply that is streamed is waited for to its end, as the Invoke API does, and is all that the function sent then, a
    /// prelude included. If it failed, that is the outcome.
    ///
    /// # Errors
    /// Nothing became of it: the function does not poll, or its answer was cut off. If it reported that it cannot start, and
    /// has not polled since, nothing is waited for, and the error has the type and the message that it reported.
    pub async fn invoke(&self, invocation: impl Into<Invocation>) -> io::Result<FunctionResult> {
        let invocation = invocation.into();
        let event = invocation.event.clone();
        let mut entry = self.log.begin(|| event_name(&event));
        let outcome = match self.answer(invocation, &mut entry).await {
            Ok(Answer::Reply { body, .. }) => Ok(Ok(body)),
            Ok(Answer::Error(error)) => Ok(Err(error)),
            Ok(Answer::Stream(reply)) => collected(reply).await,
            Err(error) => Err(error),
        };
        match &outcome {
            Ok(Ok(reply)) => entry.succeed_with(|| reply_status(reply)),
            Ok(Err(error)) => entry.fail(error),
            Err(error) => entry.fail(error),
        }
        outcome
    }

    async fn answer(&self, invocation: Invocation, entry: &mut OpenEntry) -> io::Result<Answer> {
        let ((answer, waiting), (handed_out, begun)) = (oneshot::channel(), oneshot::channel());
        self.state.lock().queue.push_back(Queued { invocation, answer, handed_out });
        // To all who poll: a permit for one of them would be lost if it was busy with another.
        self.state.queued.notify_waiters();
        let HandedOut { id, timeout, deadline, cold_start } = tokio::select! {
            biased;
            error = self.cannot_start() => return Err(error),
            begun = begun => begun.map_err(|_| io::Error::other("nothing became of the invocation"))?,
            () = tokio::time::sleep(PATIENCE) => return Err(timed_out(PATIENCE)),
        };
        entry.hand_out(deadline - timeout, cold_start);
        tokio::select! {
            biased;
            error = self.cannot_start() => Err(error),
            answer = waiting => answer.map_err(|_| cut_off()),
            () = tokio::time::sleep_until(deadline) => {
                self.state.give_up(&id);
                Err(timed_out(timeout))
            }
        }
    }

    /// Waits until the function has said that it cannot start, and not polled since.
    async fn cannot_start(&self) -> io::Error {
        let reported = |inner: &Inner| {
            let error = inner.restore_error.as_ref().or(inner.init_error.as_ref());
            error.filter(|_| inner.cannot_start).cloned()
        };
        let reported = self.state.when(reported).await;
        io::Error::other(format!("the function cannot start: {reported}"))
    }

    /// Sends a request through `front` and gives the response of it, all of it. A body that was streamed is there as far as it
    /// came, and how it [`StreamEnd`](crate::StreamEnd) is an extension of the response. If nothing becomes of the invocation, the response
    /// says why: 504 when its time was over, 502 if the function cannot start.
    pub async fn send(&self, front: &Front, request: &Request<Bytes>) -> Response<Bytes> {
        self.stream(front, request).await.collect().await
    }

    /// Sends a request through `front` and gives the response of it as soon as its head is known, which is when the function
    /// has sent its prelude if the front [streams](Front::streaming) and the reply is streamed. The body can be taken as it
    /// arrives. What a reply has instead of a prelude is a complaint, and so is what does not belong into one.
    pub async fn stream(&self, front: &Front, request: &Request<Bytes>) -> StreamedResponse {
        let entry = self.begin_entry(request.method(), request.uri());
        self.stream_with_entry(front, request, entry).await
    }

    pub(crate) fn begin_entry(&self, method: &Method, uri: &Uri) -> OpenEntry {
        self.log.begin_request(method, uri)
    }

    pub(crate) async fn stream_with_entry(
        &self,
        front: &Front,
        request: &Request<Bytes>,
        mut entry: OpenEntry,
    ) -> StreamedResponse {
        let response = self.respond(front, request, &mut entry).await;
        response.with_entry(entry)
    }

    async fn respond(&self, front: &Front, request: &Request<Bytes>, entry: &mut OpenEntry) -> StreamedResponse {
        let event = match front.event(request) {
            Ok(event) => event,
            Err(response) => return StreamedResponse::whole(*response),
        };
        front.request_warning(request).into_iter().for_each(|warning| self.state.warn(warning));
        let answer = self.answer(event.into(), entry).await;
        let decoder = front.stream_decoder();
        entry.succeed(None);
        let reply = match answer {
            Err(error) => {
                entry.fail(&error);
                return StreamedResponse::whole(unanswered(&error));
            }
            Ok(Answer::Error(error)) => {
                entry.fail(&error);
                return StreamedResponse::whole(front.failure_response());
            }
            Ok(Answer::Reply { body, content_type }) => {
                let Some(decoder) = decoder else {
                    let decoded = front.decode_reply(Some(first_accept_entry(request.headers())), &body);
                    decoded.warning.into_iter().for_each(|warning| self.state.warn(warning));
                    return StreamedResponse::whole(decoded.response);
                };
                if decoder.is_buffered(&body) {
                    self.state.warn(Warning::BufferedReply { front: front.name() });
                }
                Streaming::complete(body, content_type)
            }
            Ok(Answer::Stream(reply)) => reply,
        };
        if let Some(decoder) = decoder {
            return prelude::response(front, decoder, reply, &self.state).await;
        }
        StreamedResponse::whole(match collected(reply).await {
            Ok(Ok(reply)) => {
                if split_prelude(&reply).is_some() {
                    let can_stream = front.can_stream();
                    self.state.warn(Warning::StreamedReply { front: front.name(), can_stream });
                }
                front.decode_collected_stream(&reply)
            }
            Ok(Err(error)) => {
                entry.fail(&error);
                front.failure_response()
            }
            Err(error) => {
                entry.fail(&error);
                unanswered(&error)
            }
        })
    }

    /// Waits until the function reports that it cannot start.
    pub async fn init_error(&self) -> FunctionError {
        self.state.when(|inner| inner.init_error.clone()).await
    }

    /// Waits until the function has asked what comes after the snapshot, which is when it has done what it does before one.
    pub async fn snapshot(&self) {
        self.state.when(|inner| inner.asked_for_restore.then_some(())).await;
    }

    /// Lets the function go on from its snapshot, now or when it asks.
    pub fn restore(&self) {
        self.state.lock().is_restored = true;
        self.state.changed.notify_waiters();
    }

    /// Waits until the function reports that it cannot go on from its snapshot.
    pub async fn restore_error(&self) -> FunctionError {
        self.state.when(|inner| inner.restore_error.clone()).await
    }

    /// The names of the extensions that the function has registered, all of them before its first poll: later they are
    /// refused. They are internal ones, for which there are no events, and nothing is handed out before each has asked for one,
    /// as the start is not over by then. With one registered, Lambda ends a function by SIGTERM.
    ///
    /// Source: [Extensions API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html).
    pub fn extensions(&self) -> Vec<String> {
        self.state.lock().extensions.iter().map(|extension| extension.name.clone()).collect()
    }

    /// What the function did that the protocol does not allow, in words. Empty after a test that went well.
    pub fn protocol_errors(&self) -> Vec<String> {
        self.state.lock().complaints.clone()
    }

    /// What clients of [`send`](Self::send), [`stream`](Self::stream) and a [`Server`](crate::Server) lost because settings do
    /// not match, the first of each kind.
    pub fn warnings(&self) -> Vec<Warning> {
        self.state.lock().warnings.clone()
    }

    /// Waits for the warning of this index, counted from 0.
    pub async fn warning(&self, index: usize) -> Warning {
        self.state.when(|inner| inner.warnings.get(index).cloned()).await
    }

    /// How often the function has asked for an invocation.
    pub fn poll_count(&self) -> usize {
        self.state.lock().polls
    }

    /// How many connections the function has opened. One is enough.
    pub fn connection_count(&self) -> usize {
        self.state.lock().connections
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What the Invoke API gives of a streamed reply.
async fn collected(reply: Streaming) -> io::Result<FunctionResult> {
    match reply.collect(MAX_REPLY).await {
        Ok((reply, StreamEnd::Complete)) => Ok(Ok(reply)),
        Ok((_, StreamEnd::Failed(error))) => Ok(Err(error)),
        Ok((_, StreamEnd::Truncated)) | Err(TooLarge) => Err(cut_off()),
    }
}

fn cut_off() -> io::Error {
    io::Error::other("the answer is too large, or was cut off")
}

fn timed_out(after: Duration) -> io::Error {
    let waited = format!("the function has not answered in {} s", after.as_secs_f64());
    io::Error::new(io::ErrorKind::TimedOut, waited)
}

/// What a client gets of which the invocation came to nothing. No front words it so, as it is the test that is to be mended.
pub(crate) fn unanswered(error: &io::Error) -> Response<Bytes> {
    let mut response = Response::new(error.to_string().into());
    *response.status_mut() = match error.kind() {
        io::ErrorKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    response
}
