//! The call of the app.

use http::StatusCode;

use crate::{
    App, PathPrefix, Request,
    lambda::{
        reply::{self, Reply, ReplyError, ReplyShape},
        runtime::deadline::Deadline,
    },
    log,
    path::location,
    util::catch_panic::{CatchPanic, Panicked},
};

/// A reply, and the body if it has to be streamed after the reply.
type ReplyAndBody<B> = (Reply, Option<B>);

/// The output of a call, or the panic of the app.
pub(crate) type Called<B> = Result<Result<ReplyAndBody<B>, ReplyError>, Panicked>;

/// Calls the app. The future encodes its response as a reply. `prefix` is added to `Location` again.
///
/// A function apart from [`reply`], so that the caller pins the future in place: every function that gets a large future as an
/// argument moves it.
pub(crate) fn start<A: App>(
    app: &A,
    request: Request,
    prefix: Option<PathPrefix>,
    shape: ReplyShape,
    request_id: &str,
) -> Result<impl Future<Output = Called<A::Body>>, Panicked> {
    // The app is borrowed for the call only, so that the future of an app that is not `Sync` can be `Send`.
    CatchPanic::new(|| {
        let response = app.call(request);
        async move {
            let mut response = response.await;
            if let Some(prefix) = &prefix {
                location::restore(prefix, response.headers_mut());
            }
            reply::write(shape, response, request_id).await
        }
    })
}

/// Returns the reply of a call. If the app has panicked, or has not responded at the deadline (`None`), the reply has status 500 or
/// 504.
pub(crate) fn reply<B>(
    output: Option<Called<B>>,
    shape: ReplyShape,
    request_id: &str,
    deadline: &Deadline,
) -> ReplyAndBody<B> {
    let failure = match output {
        Some(Ok(Ok(reply))) => return reply,
        Some(Ok(Err(error))) => CallFailure::from_reply(&error),
        Some(Err(panic)) => CallFailure::from_panic(&panic),
        None => CallFailure::at_deadline(deadline),
    };
    let CallFailure { status, message, client_message } = failure;
    log::error!("request {request_id}: responding with {}: {message}", status.as_u16());
    (reply::text(shape, status, client_message, request_id), None)
}

/// The reason why the app's response cannot be sent.
struct CallFailure {
    status: StatusCode,
    /// For the log.
    message: String,
    /// The body of the response. Contains no details that the client must not see.
    client_message: String,
}

impl CallFailure {
    fn from_reply(error: &ReplyError) -> Self {
        let client_message = error.for_the_client();
        Self::internal(error.to_string(), client_message)
    }

    fn from_panic(Panicked(message): &Panicked) -> Self {
        Self::internal(format!("the app panicked: {message}"), None)
    }

    fn internal(message: String, client_message: Option<String>) -> Self {
        let client_message = client_message.unwrap_or_else(|| "internal server error".to_owned());
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, message, client_message }
    }

    fn at_deadline(deadline: &Deadline) -> Self {
        let client_message =
            if deadline.is_cut_off() { "the function is shutting down" } else { "the function took too long" };
        Self {
            status: StatusCode::GATEWAY_TIMEOUT,
            message: deadline.message("the app"),
            client_message: client_message.to_owned(),
        }
    }
}
