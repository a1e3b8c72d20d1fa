//! The changes, as server-sent events.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Response, header::CONTENT_TYPE};
use http_body_util::{
    BodyExt as _,
    channel::{Channel, Sender},
};
use serde::Serialize;
use serde_json::json;
use tokio::{sync::broadcast::error::RecvError, time::sleep};

use crate::{
    history::Update,
    platform::{BoxBody, Platform},
};

/// The time after which an idle connection sends a comment: a browser then notices that the server has gone.
const PING: Duration = Duration::from_secs(15);

/// Responds with the changes from now on.
pub fn respond(platform: &Arc<Platform>) -> Response<BoxBody> {
    let (sender, body) = Channel::<Bytes, Infallible>::new(16);
    tokio::spawn(send_changes(Arc::clone(platform), sender));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// Sends the changes until the client leaves.
async fn send_changes(platform: Arc<Platform>, mut client: Sender<Bytes, Infallible>) {
    let (mut updates, mut build) = (platform.history.subscribe(), platform.functions.build_state());
    let first = build.borrow_and_update().clone();
    let mut next = event("build", &first);
    while client.send_data(next).await.is_ok() {
        next = tokio::select! {
            update = updates.recv() => match update {
                Ok(Update::Changed(summary)) => event("invocation", &summary),
                Ok(Update::Line(text)) => event("log", &json!({"text": text.trim_end()})),
                Ok(Update::Cleared) | Err(RecvError::Lagged(_)) => event("cleared", &json!({})),
                Err(RecvError::Closed) => return,
            },
            changed = build.changed() => match changed {
                Ok(()) => event("build", &build.borrow_and_update().clone()),
                Err(_) => return,
            },
            // A client that has left is noticed at the next event.
            () = sleep(PING) => Bytes::from_static(b":\n\n"),
        };
    }
}

fn event(name: &str, data: &impl Serialize) -> Bytes {
    let data = serde_json::to_string(data).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n").into()
}
