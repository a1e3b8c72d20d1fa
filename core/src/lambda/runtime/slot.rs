//! The loop of a slot: next, read, call, write, respond.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use bytes::Bytes;
use http::StatusCode;
use tracing::Span;

use crate::{
    AfterResponse, App, Error, PathPrefix, Request, Settings,
    lambda::{
        Context,
        api::{Api, Invocation},
        event::{self, DecodeContext, DecodedEvent, HeaderNameCache, Rejection},
        reply::{self, Reply, ReplyShape},
        runtime::{deadline::Deadline, group::CutOff, stop::StopSignal},
    },
    log::{self, span},
    path::{location, reserved::Reserved},
    request::after_response,
    util::{
        catch_panic::{self, CatchPanic, Panicked},
        join_all::JoinAll,
    },
};

/// The loop of a slot.
pub(crate) async fn answer<A: App>(
    api: Api,
    settings: &Settings,
    end: (StopSignal, Option<CutOff>),
    app: A,
) -> Result<(), Error> {
    let (mut end, cut_off) = end;
    let mut slot = Slot {
        api,
        app,
        settings,
        reserved: Reserved::new(settings.events_path.as_deref(), settings.websocket_path.as_deref()),
        names: HeaderNameCache::new(),
        deadline: Deadline::new(settings.deadline_margin, cut_off),
        after: AfterResponse::new(),
    };
    let is_frozen = settings.before_freeze.is_some() && settings.max_concurrency.is_none_or(|most| most.get() == 1);
    while let Some(invocation) = slot.api.next(&mut end).await? {
        let span = span::for_invocation(
            invocation.context.request_id(),
            invocation.context.trace_id(),
            invocation.context.tenant_id(),
        );
        slot.deadline.set(&invocation.context);
        {
            // Where it stands: it is ten kilobytes, which to instrument it would have to be moved.
            let mut answered = pin!(slot.answer(invocation, &span));
            poll_fn(|cx| span.in_scope(|| answered.as_mut().poll(cx))).await?;
        }
        // It is closed by then.
        drop(span);
        if is_frozen && slot.deadline.limit(settings.before_freeze.run()).await.is_none() {
            log::warn!(
                "what is done before a freeze took too long, and was cancelled before Lambda would end the process ({})",
                slot.deadline.variable()
            );
        }
    }
    Ok(())
}

/// What is there for one invocation after the other.
struct Slot<'a, A> {
    api: Api,
    app: A,
    settings: &'a Settings,
    reserved: Reserved,
    names: HeaderNameCache,
    deadline: Deadline,
    after: AfterResponse,
}

impl<A: App> Slot<'_, A> {
    async fn answer(&mut self, Invocation { context, event }: Invocation, span: &Span) -> Result<(), Error> {
        let Self { api, app, settings, reserved, names, deadline, after } = self;
        let id = context.request_id();
        let read = read(&event, DecodeContext::new(&context, span, settings, reserved, names));
        // The app is to hold the last of it, so that its memory can be used again.
        drop(event);
        let (answer, body) = match read {
            Ok(DecodedEvent { mut request, shape, prefix }) => {
                request.extensions_mut().insert(after.clone());
                let prefix = prefix.filter(|_| settings.rewrites_location());
                call(app, request, prefix, shape, &context, deadline).await
            }
            Err(refusal) => (refuse(refusal, id), None),
        };
        match answer {
            Reply::Payload(payload) => api.respond(&context, &payload).await?,
            Reply::Stream(begin) => api.stream(&context, &begin, body, deadline).await?,
            Reply::Error { error_type, message } => {
                log::error!("request {id}: {message}");
                api.fail(&context, error_type, &message).await?;
            }
        }
        if after.has_work() {
            finish(after, id, deadline).await;
        }
        Ok(())
    }
}

/// Does what the app has handed over for after the response, and what that hands over, until the time is over.
async fn finish(after: &AfterResponse, request_id: &str, deadline: &mut Deadline) {
    let mut all = JoinAll::new([]);
    let done = poll_fn(|cx| {
        // Work may wait for what it has handed over itself.
        all.extend(
            after
                .take()
                .into_iter()
                .map(|work| Box::pin(after_response::run_logged(work, format!("request {request_id}")))),
        );
        let polled = Pin::new(&mut all).poll(cx);
        if !after.has_work() {
            return polled;
        }
        // At the next turn: one that hands over more each time is not to keep all else from running, nor the time from being over.
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    if deadline.limit(done).await.is_none() {
        drop(after.take());
        log::warn!(
            "request {request_id}: the work after the response took too long, and was cancelled ({})",
            deadline.variable()
        );
    }
}

/// The request that an event stands for. Whatever the event does to the libraries that read it, the loop goes on.
fn read(event: &Bytes, asked: DecodeContext<'_>) -> Result<DecodedEvent, Rejection> {
    catch_panic::catch_panic(|| event::read(event, asked)).unwrap_or_else(|Panicked(message)| {
        Err(Rejection::Failed {
            error_type: "Runtime.UnreadableEvent",
            message: format!("the event cannot be read: {message}"),
        })
    })
}

/// The answer to an event that the app is not to see.
fn refuse(refusal: Rejection, request_id: &str) -> Reply {
    match refusal {
        Rejection::BadRequest(shape, why) => {
            log::error!("request {request_id}: refused with 400: {why}");
            reply::text(shape, StatusCode::BAD_REQUEST, why, request_id)
        }
        Rejection::NotFound(shape) => reply::text(shape, StatusCode::NOT_FOUND, String::new(), request_id),
        Rejection::Failed { error_type, message } => Reply::Error { error_type, message },
    }
}

/// Has the app answer a request, and makes a reply of whatever comes of it, with the body to stream behind it if there is
/// one. `prefix` is put back into `Location`.
fn call<A: App>(
    app: &A,
    request: Request,
    prefix: Option<PathPrefix>,
    shape: ReplyShape,
    context: &Context,
    deadline: &mut Deadline,
) -> impl Future<Output = (Reply, Option<A::Body>)> {
    let request_id = context.request_id();
    // The app is borrowed for the call alone, so that one that is not `Sync` may be served by a future that is `Send`.
    let called = CatchPanic::new(|| {
        let response = app.call(request);
        async move {
            let mut response = response.await;
            if let Some(prefix) = &prefix {
                location::restore(prefix, response.headers_mut());
            }
            reply::write(shape, response, request_id).await
        }
    });
    async move {
        let (status, why, tell) = match deadline.limit(catch_panic::catch_panic_async(called)).await {
            Some(Ok(Ok(answer))) => return answer,
            Some(Ok(Err(error))) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), error.for_the_client()),
            Some(Err(Panicked(message))) => {
                (StatusCode::INTERNAL_SERVER_ERROR, format!("the app panicked: {message}"), None)
            }
            None if deadline.is_cut_off() => (
                StatusCode::GATEWAY_TIMEOUT,
                "the process is shutting down, and the app took longer than the grace period; raise LODGER_GRACE, as far as \
                 Lambda waits"
                    .to_owned(),
                Some("the function is shutting down".to_owned()),
            ),
            None => (
                StatusCode::GATEWAY_TIMEOUT,
                "the app took too long, and was cancelled before Lambda would end the process; raise the function's \
                 timeout, or lower LODGER_DEADLINE_MARGIN, which is how long before that"
                    .to_owned(),
                Some("the function took too long".to_owned()),
            ),
        };
        log::error!("request {request_id}: answered with {}: {why}", status.as_u16());
        let tell = tell.unwrap_or_else(|| "internal server error".to_owned());
        (reply::text(shape, status, tell, request_id), None)
    }
}
