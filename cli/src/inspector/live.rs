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
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::sleep,
};

use crate::{
    history::Update,
    platform::{BoxBody, BuildState, Platform},
};

/// The time after which an idle connection sends a comment: a browser then notices that the server has gone.
const PING: Duration = Duration::from_secs(15);

/// Responds with the changes from now on.
pub fn respond(platform: &Arc<Platform>) -> Response<BoxBody> {
    let (sender, body) = Channel::<Bytes, Infallible>::new(16);
    tokio::spawn(send_changes(platform.history.subscribe(), platform.functions.build_state(), sender));
    let mut response = Response::new(body.map_err(|never| match never {}).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// Sends the changes until the client leaves.
async fn send_changes(
    mut updates: broadcast::Receiver<Update>,
    mut build: watch::Receiver<BuildState>,
    mut client: Sender<Bytes, Infallible>,
) {
    let first = build.borrow_and_update().clone();
    let mut next = event("build", &first);
    while client.send_data(next).await.is_ok() {
        next = tokio::select! {
            update = updates.recv() => match update {
                Ok(Update::Changed(summary)) => event("invocation", &summary),
                Ok(Update::Line(text)) => event("log", &json!({"text": text.trim_end()})),
                Ok(Update::Cleared) => event("cleared", &json!({})),
                // The page loads everything again.
                Err(RecvError::Lagged(_)) => event("lagged", &json!({})),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::History;

    #[tokio::test]
    async fn a_slow_client_loads_everything_again() {
        let history = History::new();
        let build = BuildState {
            state: "running",
            number: 1,
            at: 0,
            duration_ms: 0.0,
            is_serving: true,
            output: String::new(),
        };
        let (_build, build) = watch::channel(build);
        let (sender, mut body) = Channel::new(1);
        let updates = history.subscribe();
        // More than the history keeps for a client.
        (0..5_000).for_each(|number| history.line(&number.to_string()));
        tokio::spawn(send_changes(updates, build, sender));
        let mut names = Vec::new();
        while names.len() < 3 {
            let data = body.frame().await.unwrap().unwrap().into_data().unwrap();
            names.push(std::str::from_utf8(&data).unwrap().lines().next().unwrap().to_owned());
        }
        assert_eq!(names, ["event: build", "event: lagged", "event: log"]);
    }
}
