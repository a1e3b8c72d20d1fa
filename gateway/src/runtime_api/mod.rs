mod answer;
mod lifecycle;
mod prelude;
mod protocol;
mod stream;
mod tap;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::oneshot,
    task::JoinHandle,
};

use crate::{
    Ended, Front, Invocation, Outcome, Reported, StreamedResponse,
    access::Hosts,
    response::{self, MAX_REPLY},
    state::{Answer, HandedOut, Inner, Queued, State},
    streamed::{Streaming, TooLarge},
};

/// How long an invocation may take unless it is said otherwise, and how long it may wait to be asked for.
const PATIENCE: Duration = Duration::from_secs(30);

/// The [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html) on a port, for one
/// function that answers one invocation at a time, or as many as it has [slots](Self::slots).
///
/// It hands out what it is given, and checks what it is told: an id that nobody waits for gets 400, a reply that is too
/// large 413, and whatever the protocol does not allow is a [complaint](Self::complaints). It ends when it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    addr: SocketAddr,
    state: Arc<State>,
    hosts: Arc<Hosts>,
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
        Ok(Self { addr, state, hosts, server })
    }

    /// Takes requests for this host name as well, without a port, such as `host.docker.internal`.
    ///
    /// A request whose `Host` is neither an IP address nor `localhost` or a name below it gets 403, and so does one with `Origin`
    /// or `Sec-Fetch-Site`, which browsers send: a web page could take the events of a function otherwise, or report errors
    /// of it.
    #[must_use]
    pub fn allow_host(self, name: &str) -> Self {
        self.hosts.allow(name);
        self
    }

    /// How long the function has for an invocation, as its
    /// [timeout](https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html) says on Lambda: half a minute if it is
    /// not set.
    ///
    /// `Lambda-Runtime-Deadline-Ms` tells the function of it. When it is over, the invocation is given up, and an answer that
    /// comes later gets 410 `InvokeTimeout`, which is no complaint: on Managed Instances a function lives on then.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        self.state.lock().timeout = Some(timeout);
        self
    }

    /// Lets the function have so many invocations open at once, which is what it is told in `AWS_LAMBDA_MAX_CONCURRENCY` on
    /// [Managed Instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-execution-environment.html),
    /// where `AWS_LAMBDA_INITIALIZATION_TYPE` is `lambda-managed-instances`. Without it, it has one, as on all others.
    ///
    /// A poll beyond these slots, each of which is a poll that waits or an invocation that is open, is a complaint and gets
    /// 500. Each invocation has an id that has to come back (`Lambda-Runtime-Invocation-Id`), and headers with nothing in them
    /// where there is no client context and no Cognito identity: of the versions of the emulator that AWS published, some leave
    /// them out. An error that is reported while a reply is streamed ends the stream.
    #[must_use]
    pub fn slots(self, slots: usize) -> Self {
        self.state.lock().slots = Some(slots);
        self
    }

    /// Starts the function from a snapshot, as [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html) does, where
    /// `AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`: it asks for what comes after the snapshot
    /// ([`snapshot`](Self::snapshot)), hears of it ([`restore`](Self::restore)), and polls then. Without this there is nothing
    /// to ask for.
    ///
    /// What the Runtime API has for that is documented for the runtimes of AWS only, whose sources say what they ask.
    #[must_use]
    pub fn snap_start(self) -> Self {
        self.state.lock().snap_start = true;
        self
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
    pub async fn invoke(&self, invocation: impl Into<Invocation>) -> io::Result<Outcome> {
        match self.answer(invocation.into()).await? {
            Answer::Reply { body, .. } => Ok(Outcome::Reply(body)),
            Answer::Error(error) => Ok(Outcome::Error(error)),
            Answer::Stream(reply) => collected(reply).await,
        }
    }

    async fn answer(&self, invocation: Invocation) -> io::Result<Answer> {
        let ((answer, waiting), (handed_out, begun)) = (oneshot::channel(), oneshot::channel());
        self.state.lock().queue.push_back(Queued { invocation, answer, handed_out });
        // To all who poll: a permit for one of them would be lost if it was busy with another.
        self.state.queued.notify_waiters();
        let HandedOut { id, timeout, deadline } = tokio::select! {
            biased;
            error = self.cannot_start() => return Err(error),
            begun = begun => begun.map_err(|_| io::Error::other("nothing became of the invocation"))?,
            () = tokio::time::sleep(PATIENCE) => return Err(timed_out(PATIENCE)),
        };
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
    /// came, and how it [`Ended`](crate::Ended) is an extension of the response. If nothing becomes of the invocation, the response
    /// says why: 504 when its time was over, 502 if the function cannot start.
    pub async fn send(&self, front: &Front, request: &Request<Bytes>) -> Response<Bytes> {
        self.stream(front, request).await.collect().await
    }

    /// Sends a request through `front` and gives the response of it as soon as its head is known, which is when the function
    /// has sent its prelude if the front [streams](Front::streaming) and the reply is streamed. The body can be taken as it
    /// arrives. What a reply has instead of a prelude is a complaint, and so is what does not belong into one.
    pub async fn stream(&self, front: &Front, request: &Request<Bytes>) -> StreamedResponse {
        let event = match front.event(request) {
            Ok(event) => event,
            Err(response) => return StreamedResponse::whole(*response),
        };
        let reply = match self.answer(event.into()).await {
            Err(error) => return StreamedResponse::whole(unanswered(&error)),
            Ok(Answer::Error(_)) => return StreamedResponse::whole(response::failure(front)),
            Ok(Answer::Reply { body, .. }) if !front.is_streaming => {
                return StreamedResponse::whole(response::of(front, &body));
            }
            Ok(Answer::Reply { body, content_type }) => Streaming::of(body, content_type),
            Ok(Answer::Stream(reply)) => reply,
        };
        if front.is_streaming {
            return prelude::response(front, reply, &self.state).await;
        }
        StreamedResponse::whole(match collected(reply).await {
            Ok(Outcome::Reply(reply)) => response::of_streamed(front, &reply),
            Ok(Outcome::Error(_)) => response::failure(front),
            Err(error) => unanswered(&error),
        })
    }

    /// Waits until the function reports that it cannot start.
    pub async fn init_error(&self) -> Reported {
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
    pub async fn restore_error(&self) -> Reported {
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

/// What the Invoke API gives of a streamed reply.
async fn collected(reply: Streaming) -> io::Result<Outcome> {
    match reply.collect(MAX_REPLY).await {
        Ok((reply, Ended::Whole)) => Ok(Outcome::Reply(reply)),
        Ok((_, Ended::Failed(error))) => Ok(Outcome::Error(error)),
        Ok((_, Ended::Truncated)) | Err(TooLarge) => Err(cut_off()),
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
