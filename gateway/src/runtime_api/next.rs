//! Polls, and the delivery of invocations.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use tokio::time::Instant;

use super::{
    extensions::ExtensionEvent,
    ids::Ids,
    responses::json,
    state::{DEFAULT_TIMEOUT, Delivery, OpenInvocation, Progress, QueuedInvocation, SharedState, State},
};

/// Waits for an invocation and delivers it.
pub(super) async fn next(shared: &SharedState) -> Response<Full<Bytes>> {
    let has_slot = begin_poll(&mut shared.lock());
    shared.changed.notify_waiters();
    if !has_slot {
        let body = r#"{"errorMessage":"Internal Server Error","errorType":"InternalServerError"}"#;
        return json(StatusCode::INTERNAL_SERVER_ERROR, body);
    }
    let mut poll = WaitingPoll(Some(shared));
    loop {
        let queued = shared.queued.notified();
        {
            let mut state = shared.lock();
            if state.slots.is_none() {
                // The caller has given up, such as after a restart of the process.
                state.open.retain(|_, open| !open.is_abandoned());
                if !state.open.is_empty() {
                    state.protocol_errors.push("polled before the reply to the last invocation".to_owned());
                }
            }
            // Skips invocations whose caller no longer waits.
            state.queue.retain(|queued| !queued.reply.is_closed());
            if let Some(queued) = state.is_ready().then(|| state.queue.pop_front()).flatten() {
                // Under the same lock as the delivery: the slot stays busy.
                poll.0 = None;
                state.waiting_polls -= 1;
                let response = deliver(&mut state, queued);
                shared.changed.notify_waiters();
                return response;
            }
        }
        queued.await;
    }
}

/// Records a poll. Returns whether there is a free slot.
fn begin_poll(state: &mut State) -> bool {
    state.poll_count += 1;
    state.is_registration_closed = true;
    state.runtime_polled();
    if let Some(started_at) = state.started_at.take() {
        state.cold_start = Some(started_at.elapsed());
    }
    // A function that polls after an init error was started again.
    state.has_failed_to_start = false;
    if state.has_snap_start && !state.is_restored {
        state.protocol_errors.push("polled before it requested the restore of its snapshot".to_owned());
    }
    let busy = state.waiting_polls + state.open.len();
    if let Some(slots) = state.slots.filter(|slots| busy >= *slots) {
        state.protocol_errors.push(format!("polled while all {slots} slots were busy"));
        return false;
    }
    state.waiting_polls += 1;
    true
}

/// A poll without a response. hyper drops it when the function closes the connection.
struct WaitingPoll<'a>(Option<&'a SharedState>);

impl Drop for WaitingPoll<'_> {
    fn drop(&mut self) {
        if let Some(state) = self.0 {
            state.lock().waiting_polls -= 1;
            state.changed.notify_waiters();
        }
    }
}

/// Opens an invocation and returns the response that delivers it.
fn deliver(state: &mut State, queued: QueuedInvocation) -> Response<Full<Bytes>> {
    let QueuedInvocation { invocation, reply, delivery } = queued;
    state.invocation_count += 1;
    let ids = if state.has_random_ids { Ids::random() } else { Ids::counted(state.invocation_count) };
    let Ids { request: id, trace } = ids;
    let timeout = invocation.timeout.or(state.timeout).unwrap_or(DEFAULT_TIMEOUT);
    let mut response = Response::new(Full::new(invocation.event));
    let headers = response.headers_mut();
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + timeout;
    for (name, value) in [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", id.as_str()),
        ("lambda-runtime-deadline-ms", &deadline.as_millis().to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:test"),
        ("lambda-runtime-trace-id", trace.as_str()),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if state.slots.is_some() {
        // Managed Instances send these headers even without a value.
        for name in ["lambda-runtime-client-context", "lambda-runtime-cognito-identity"] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(""));
        }
        headers.insert(HeaderName::from_static("lambda-runtime-invocation-id"), state.invocation_count.into());
    }
    for (name, value) in &invocation.headers {
        headers.insert(name, value.clone());
    }
    let invocation_id = text(headers, "lambda-runtime-invocation-id");
    let trace_id = text(headers, "lambda-runtime-trace-id");
    let arn = text(headers, "lambda-runtime-invoked-function-arn").unwrap_or_default();
    state.extensions.send(&invoke_event(&id, headers));
    let deadline = Instant::now() + timeout;
    let open = OpenInvocation { invocation_id, timeout, deadline, progress: Progress::Awaited(reply) };
    state.open.insert(id.clone(), open);
    state.begin_invocation(&id, &arn, trace_id, deadline);
    let _ = delivery.send(Delivery { id, timeout, deadline, cold_start: state.cold_start.take() });
    response
}

/// Makes the event that extensions get for an invocation with these headers.
fn invoke_event(id: &str, headers: &HeaderMap) -> ExtensionEvent {
    let deadline_ms = text(headers, "lambda-runtime-deadline-ms").and_then(|deadline| deadline.parse().ok());
    ExtensionEvent::Invoke {
        request_id: id.to_owned(),
        deadline_ms: deadline_ms.unwrap_or_default(),
        arn: text(headers, "lambda-runtime-invoked-function-arn").unwrap_or_default(),
        trace_id: text(headers, "lambda-runtime-trace-id"),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
