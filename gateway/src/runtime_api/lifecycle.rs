//! Initialization and restore errors, and snapshots.
//!
//! Source: [Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;

use super::{
    body::read_body,
    check::error_type,
    phases::Outcome,
    responses::accepted,
    state::{SharedState, State},
};
use crate::FunctionError;

/// Records an error that fails all invocations until the function polls again.
///
/// `name` is for the message about a second error, and `field` selects the place of the error in the state.
pub(super) async fn error(
    state: &SharedState,
    request: Request<&mut Incoming>,
    name: &str,
    field: impl Fn(&mut State) -> &mut Option<FunctionError>,
) -> Response<Full<Bytes>> {
    let error_type = error_type(state, &request);
    let body = read_body(state, request).await;
    let is_second = {
        let mut state = state.lock();
        state.has_failed_to_start = true;
        state.fail_init(&Outcome::error(error_type.as_str()));
        // A function that starts again registers its extensions again.
        state.extensions.remove_internal();
        field(&mut state).replace(FunctionError { error_type, body }).is_some()
    };
    if is_second {
        state.add_protocol_error(format!("reported {name} twice"));
    }
    state.changed.notify_waiters();
    accepted()
}

/// Responds when the function is restored from its snapshot.
pub(super) async fn restore_next(state: &SharedState) -> Response<Full<Bytes>> {
    let is_second = std::mem::replace(&mut state.lock().has_snapshot, true);
    if is_second {
        state.add_protocol_error("requested the restore of its snapshot twice".to_owned());
    }
    state.changed.notify_waiters();
    state.wait_for(|state| state.is_restored.then_some(())).await;
    Response::default()
}
