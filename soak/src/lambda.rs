//! Lambda: a Runtime API that hands out events with distinct ids, and checks each response.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, server::conn::http1::Builder, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
    time::{sleep, timeout},
};

use crate::{
    Result,
    child::Child,
    event,
    memory::Memory,
    work::{Expected, Work},
};

/// How long an invocation may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The tasks that the app may have at the end: those of its slots and of their connections. A leak is one for many invocations.
const MAX_TASKS: u64 = 32;

/// Runs the app as a function with one invocation at a time, with eight, and with streamed responses.
pub async fn soak(count: u64) -> Result<()> {
    let one = [];
    let eight = [("AWS_LAMBDA_MAX_CONCURRENCY", "8".to_owned())];
    let streamed = [("LODGER_RESPONSE_MODE", "stream".to_owned())];
    run("lambda", count * 4 / 10, &one).await?;
    run("lambda, 8 at once", count * 3 / 10, &eight).await?;
    run("lambda, streamed", count * 3 / 10, &streamed).await
}

async fn run(name: &'static str, count: u64, variables: &[(&'static str, String)]) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let is_streamed = variables.iter().any(|(name, _)| *name == "LODGER_RESPONSE_MODE");
    let (finish, mut finished) = mpsc::unbounded_channel();
    let wants_stats = Semaphore::new(0);
    let api = Arc::new(RuntimeApi { state: Mutex::default(), count, is_streamed, finish, wants_stats });
    tokio::spawn(accept(listener, Arc::clone(&api)));
    let mut all = variables_of(address);
    all.extend_from_slice(variables);
    let child = Child::start(&all)?;
    let (mut memory, mut descriptors) = (Memory::default(), None);
    loop {
        let progress =
            timeout(TIMEOUT, finished.recv()).await.map_err(|_| format!("{name}: an invocation has no response"))?;
        let ended = progress.ok_or("the Runtime API has ended")??;
        if ended % (count / 100).max(1) == 0 {
            memory.add(ended, child.memory()?);
            descriptors = descriptors.or(Some(child.descriptors()?));
        }
        if ended == count {
            break;
        }
    }
    memory.check(name)?;
    timeout(TIMEOUT, api.check_stats(&mut finished)).await.map_err(|_| format!("{name}: tasks or work are left"))??;
    // No SIGTERM at the end: Lambda sends it only to functions with an extension.
    child.check_descriptors(name, descriptors.unwrap_or_default()).await
}

fn variables_of(api: SocketAddr) -> Vec<(&'static str, String)> {
    let of_lambda = [
        ("AWS_LAMBDA_FUNCTION_NAME", "soak"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/soak"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/30/[$LATEST]1"),
        ("AWS_REGION", "eu-west-1"),
    ];
    let mut variables: Vec<_> = of_lambda.map(|(name, value)| (name, value.to_owned())).into();
    variables.push(("AWS_LAMBDA_RUNTIME_API", api.to_string()));
    variables
}

/// The Runtime API of one process.
struct RuntimeApi {
    state: Mutex<State>,
    count: u64,
    is_streamed: bool,
    /// Receives the number of invocations with a response, after each.
    finish: mpsc::UnboundedSender<Result<u64>>,
    /// A permit for each request for the numbers of the app, after the last event.
    wants_stats: Semaphore,
}

#[derive(Default)]
struct State {
    sent: u64,
    ended: u64,
    in_flight: HashMap<u64, Expected>,
    /// The body of the last response after those that were counted.
    stats: Value,
}

async fn accept(listener: TcpListener, api: Arc<RuntimeApi>) {
    while let Ok((socket, _)) = listener.accept().await {
        // Without it, the second part of a response waits for an acknowledgement.
        let _ = socket.set_nodelay(true);
        let api = Arc::clone(&api);
        tokio::spawn(async move {
            let service = service_fn(|request| async { Ok::<_, Infallible>(api.respond(request).await) });
            // The app closes its connections at its end.
            let _ = Builder::new().serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

impl RuntimeApi {
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        if path.ends_with("/invocation/next") {
            return self.next().await;
        }
        let ended = self.end(&path, request).await;
        // The receiver is gone after the first error.
        let _ = self.finish.send(ended);
        let mut response = Response::new(Full::from(r#"{"status":"OK"}"#));
        *response.status_mut() = hyper::StatusCode::ACCEPTED;
        response
    }

    /// Invokes the app for its numbers, until it has completed all work after responses and has few tasks.
    async fn check_stats(&self, finished: &mut mpsc::UnboundedReceiver<Result<u64>>) -> Result<()> {
        let has_work = |number: &u64| Work::new(*number).has_work_after();
        let expected = (0..self.count).filter(has_work).count() as u64;
        loop {
            self.wants_stats.add_permits(1);
            finished.recv().await.ok_or("the Runtime API has ended")??;
            let stats = self.state().stats.take();
            if stats["completed"].as_u64() == Some(expected) && stats["tasks"].as_u64() <= Some(MAX_TASKS) {
                println!("lambda: {stats} at the end, {expected} works after responses");
                return Ok(());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns the next event. After the last one, waits until the numbers of the app are wanted.
    async fn next(&self) -> Response<Full<Bytes>> {
        let number = {
            let mut state = self.state();
            state.sent += 1;
            state.sent - 1
        };
        let work = if number < self.count {
            Work::new(number)
        } else {
            let Ok(permit) = self.wants_stats.acquire().await else { return pending().await };
            permit.forget();
            Work::stats()
        };
        let event = event::event(number, &work, self.is_streamed);
        self.state().in_flight.insert(number, work.expected);
        let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default() + TIMEOUT;
        let mut response = Response::new(Full::from(event.to_string()));
        let headers = [
            ("lambda-runtime-aws-request-id", format!("8476a536-e9f4-11e8-9739-{number:012x}")),
            ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:soak".to_owned()),
            ("lambda-runtime-trace-id", format!("Root=1-5bef4de7-{number:024x};Parent=91ed514f1e5c03b2;Sampled=0")),
        ];
        for (name, value) in headers {
            response
                .headers_mut()
                .extend(value.parse().map(|value| (hyper::header::HeaderName::from_static(name), value)));
        }
        response
    }

    /// Checks a response or an error, and returns the number of invocations that have one.
    async fn end(&self, path: &str, request: Request<Incoming>) -> Result<u64> {
        let mut segments = path.rsplit('/');
        let (kind, id) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
        let number = id.rsplit('-').next().and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let number = number.ok_or_else(|| format!("unexpected request {path}"))?;
        let is_streamed = request.headers().contains_key("lambda-runtime-function-response-mode");
        let body = request.into_body().collect().await?;
        let has_failed = kind == "error"
            || body.trailers().is_some_and(|trailers| trailers.contains_key("lambda-runtime-function-error-type"));
        let reply = event::Reply::parse(&body.to_bytes(), is_streamed);
        let mut state = self.state();
        let expected =
            state.in_flight.remove(&number).ok_or_else(|| format!("second response to the invocation {number}"))?;
        state.ended += 1;
        match (&expected, reply) {
            (Expected::Stats, Ok(reply)) => state.stats = serde_json::from_slice(&reply.body)?,
            (Expected::Failure, _) if has_failed => {}
            (Expected::Failure, Ok(reply)) if reply.status >= 500 => {}
            (Expected::Response(status, body), Ok(reply))
                if !has_failed && reply.status == *status && reply.body == *body => {}
            (_, reply) => return Err(format!("wrong {kind} of the invocation {number}: {reply:?}").into()),
        }
        Ok(state.ended)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
