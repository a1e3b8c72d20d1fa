//! The response of a handler to an event.

use lodger_runtime_api::{Error as ApiError, Invocation};

use crate::{
    lambda::{
        Context, ErrorReport, HandlerFuture, HandlerResult,
        reply::{ReplyError, ReplyFormat},
        runtime::{deadline::Deadline, stream},
    },
    log,
    util::catch_panic::{CatchPanic, Panicked, catch_panic_async},
};

/// For a media type that is not ASCII.
const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

/// Awaits the result of a handler, and sends it.
///
/// If the handler panics, or has not returned at the deadline, the invocation fails.
///
/// # Errors
/// The result is lost, as for [`Invocation::respond`].
pub(crate) async fn respond(
    handled: HandlerFuture,
    invocation: Invocation<'_>,
    context: &Context,
    deadline: &mut Deadline,
) -> Result<(), ApiError> {
    let result = match deadline.limit(catch_panic_async(CatchPanic::new(|| handled))).await {
        Some(Ok(result)) => result,
        Some(Err(Panicked(message))) => failed("Function.Panicked", format!("the handler panicked: {message}")),
        None => failed("Function.Timeout", deadline.message("the handler")),
    };
    let result = match result {
        HandlerResult::Json(json) if json.len() > ReplyFormat::RESULT.max_size => {
            let error = ReplyError::TooLarge { size: json.len() as u64, format: &ReplyFormat::RESULT };
            failed("Function.ResponseSizeTooLarge", error.to_string())
        }
        result => result,
    };
    match result {
        HandlerResult::Json(json) => invocation.respond(json).await,
        HandlerResult::Stream { content_type, body } => {
            let content_type = content_type.to_str().unwrap_or(DEFAULT_CONTENT_TYPE);
            let stream = invocation.stream_bytes(content_type).await?;
            stream::send_body(stream, context, Some(body), deadline).await
        }
        HandlerResult::Error(report) => {
            log::error!("request {}: the handler failed: {report}", context.request_id());
            let ErrorReport { error_type, message, stack_trace } = report;
            invocation.fail_with_trace(&error_type, &message, &stack_trace).await
        }
    }
}

fn failed(error_type: &str, message: String) -> HandlerResult {
    HandlerResult::Error(ErrorReport { error_type: error_type.to_owned(), message, stack_trace: Vec::new() })
}
