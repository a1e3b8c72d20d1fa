//! The loop of one slot: receive an event, decode it, call the app, encode the reply, respond.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
};

use bytes::Bytes;
use http::{Extensions, StatusCode};
use lodger_runtime_api::{Client, Error as ApiError, Invocation};
use tracing::Span;

use crate::{
    AfterResponse, App, Error, Settings,
    lambda::{
        Context,
        api_error::{into_error, with_causes},
        event::{self, DecodeContext, DecodedEvent, HeaderNameCache, Recipient, Rejection},
        reply::{self, Reply},
        runtime::{Handlers, call, deadline::Deadline, group::GraceEnd, handle, stop::StopSignal, stream},
    },
    log::{self, span},
    path::reserved::Reserved,
    request::{after_response, new_extensions::new_event_extensions},
    util::{
        catch_panic::{self, Panicked},
        join_all::JoinAll,
    },
};

/// The state that a slot keeps from one invocation to the next.
struct Slot<'a, A> {
    app: A,
    handlers: &'a Handlers,
    settings: &'a Settings,
    reserved: Reserved,
    header_names: HeaderNameCache,
    /// The extensions of a new request.
    extensions: Extensions,
    deadline: Deadline,
    after: AfterResponse,
}

/// Responds to one invocation after another until the stop signal.
///
/// # Errors
/// The Runtime API is unreachable for a minute, or reports that the process cannot go on.
pub(crate) async fn run<A: App>(
    mut client: Client,
    settings: &Settings,
    (mut stop, grace_end): (StopSignal, Option<GraceEnd>),
    handlers: &Handlers,
    app: A,
) -> Result<(), Error> {
    let mut slot = Slot {
        app,
        handlers,
        settings,
        reserved: Reserved::new(settings.events_path.as_deref(), settings.websocket_path.as_deref()),
        header_names: HeaderNameCache::new(),
        extensions: new_event_extensions(),
        deadline: Deadline::new(settings.deadline_margin, grace_end),
        after: AfterResponse::new(),
    };
    let is_frozen = settings.before_freeze.is_some() && settings.max_concurrency.is_none_or(|slots| slots.get() == 1);
    while arrives(&mut client, &mut stop).await? {
        let received = client.receive().await.map_err(|error| into_error(&error))?;
        let Some(invocation) = received else { continue };
        let context = Context::new(invocation.context().clone());
        let span = span::for_invocation(|| (context.request_id(), context.trace_id(), context.tenant_id()));
        slot.deadline.set(&context);
        {
            // Pinned in place, because `Instrument` would move this 10 KB future.
            let mut responded = pin!(slot.respond(invocation, &context, &span));
            poll_fn(|cx| span.in_scope(|| responded.as_mut().poll(cx))).await?;
        }
        // The span must be closed before the hooks send it.
        drop(span);
        if is_frozen && slot.deadline.limit(settings.before_freeze.run()).await.is_none() {
            log::warn!("cancelled the hooks before the freeze at the deadline ({})", slot.deadline.variable());
        }
    }
    Ok(())
}

/// Waits until an invocation begins to arrive. Returns `false` after the stop signal.
async fn arrives(client: &mut Client, stop: &mut StopSignal) -> Result<bool, Error> {
    // Step by step, because no poll may be sent after the signal.
    while let Some(step) = stop.or(pin!(client.step())).await {
        if step.map_err(|error| into_error(&error))? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl<A: App> Slot<'_, A> {
    async fn respond(&mut self, mut invocation: Invocation<'_>, context: &Context, span: &Span) -> Result<(), Error> {
        let Self { app, handlers, settings, reserved, header_names, extensions, deadline, after } = self;
        let id = context.request_id();
        let event = invocation.take_event();
        let context_of_event =
            DecodeContext::new(context, span, settings, handlers, reserved, header_names, extensions);
        let recipient = decode(&event, context_of_event);
        // The app holds the last reference to the event, so that its memory can be used for the next event.
        drop(event);
        let (reply, body) = match recipient {
            Ok(Recipient::Handler(handled)) => {
                // Boxed, so that it does not enlarge the future of every request.
                let sent = Box::pin(handle::respond(handled, invocation, context, deadline)).await;
                return self.finish(sent, id).await;
            }
            Ok(Recipient::App(DecodedEvent { mut request, shape, prefix })) => {
                request.extensions_mut().insert(after.clone());
                let prefix = prefix.filter(|_| settings.rewrites_location());
                let output = match call::start(app, request, prefix, shape, id) {
                    Ok(called) => deadline.limit(pin!(called)).await,
                    Err(panic) => Some(Err(panic)),
                };
                call::reply(output, shape, id, deadline)
            }
            Err(rejection) => (reject(rejection, id), None),
        };
        let sent = match reply {
            Reply::Payload(payload) => pin!(invocation.respond(payload)).await,
            Reply::Stream(prelude) => stream::send(invocation, context, &prelude, body, deadline).await,
            Reply::Error { error_type, message } => {
                log::error!("request {id}: {message}");
                invocation.fail(error_type, &message).await
            }
        };
        self.finish(sent, id).await
    }

    /// Logs a response that is lost, and runs the work after the response, which may be that of an earlier invocation.
    async fn finish(&mut self, sent: Result<(), ApiError>, id: &str) -> Result<(), Error> {
        if let Err(error) = sent {
            log_unless_fatal(&error, id)?;
        }
        if self.after.has_work() {
            run_after_response(&self.after, id, &mut self.deadline).await;
        }
        Ok(())
    }
}

/// Logs that a response is lost. The slot goes on with the next invocation.
///
/// # Errors
/// The process cannot go on.
fn log_unless_fatal(error: &ApiError, request_id: &str) -> Result<(), Error> {
    if error.is_fatal() {
        return Err(into_error(error));
    }
    if error.status() == Some(410) {
        // Expected on Managed Instances, where a process survives a timeout.
        log::debug!("request {request_id}: {error}");
    } else {
        log::error!("request {request_id}: {}", with_causes(error));
    }
    Ok(())
}

/// Runs the work after the response until the deadline, including work that other work adds.
async fn run_after_response(after: &AfterResponse, request_id: &str, deadline: &mut Deadline) {
    let mut all = JoinAll::new([]);
    let done = poll_fn(|cx| {
        // Work may wait for other work that it has added.
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
        // In the next turn, because work that always adds more must neither block other tasks nor hide the deadline.
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    });
    if deadline.limit(done).await.is_none() {
        drop(after.take());
        log::warn!(
            "request {request_id}: the work after the response was cancelled at the deadline ({})",
            deadline.variable()
        );
    }
}

/// Decodes an event. A panic of a decoding library becomes a rejection, so that the slot can go on.
fn decode(event: &Bytes, context: DecodeContext<'_>) -> Result<Recipient, Rejection> {
    catch_panic::catch_panic(|| event::read(event, context)).unwrap_or_else(|Panicked(message)| {
        Err(Rejection::Failed {
            error_type: "Runtime.UnreadableEvent",
            message: format!("cannot decode the event: {message}"),
        })
    })
}

/// Makes the reply to an event that the app must not receive.
fn reject(rejection: Rejection, request_id: &str) -> Reply {
    match rejection {
        Rejection::BadRequest(shape, cause) => {
            log::error!("request {request_id}: rejecting the event with 400: {cause}");
            reply::text(shape, StatusCode::BAD_REQUEST, cause, request_id)
        }
        Rejection::NotFound(shape) => reply::text(shape, StatusCode::NOT_FOUND, String::new(), request_id),
        Rejection::Failed { error_type, message } => Reply::Error { error_type, message },
    }
}
