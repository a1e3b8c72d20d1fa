//! What can be done with a connection from outside.
//!
//! Source: [Use `@connections`](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, protocol::frame::coding::CloseCode};

use super::{MAX_MESSAGE, Shared, closing};
use crate::{
    access::{check_origin, forbidden},
    discard::discard,
    event::path::percent_decode,
    server::whole,
};

/// The id in a path to a connection, with or without the stage before.
pub(super) fn id(path: &str, stage: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    let below = path.strip_prefix(stage).and_then(|path| path.strip_prefix('/')).unwrap_or(path);
    let (first, id) = below.split_once('/')?;
    // The SDKs of AWS escape the at sign.
    if percent_decode(first.as_bytes())? != b"@connections" {
        return None;
    }
    Some(percent_decode(id.as_bytes()).and_then(|id| String::from_utf8(id).ok()).unwrap_or_default())
}

/// Sends to a client, closes its connection, or tells of it.
pub(super) async fn answer(shared: &Shared, id: &str, request: Request<Incoming>) -> Response<Bytes> {
    // Only programs that sign their requests get this far on AWS.
    if let Err(why) = check_origin(&request) {
        discard(request.into_body());
        return forbidden(why);
    }
    let method = request.method().clone();
    let body = match whole(request.into_body()).await {
        Ok(body) if body.len() <= MAX_MESSAGE => body,
        Ok(_) => return shared.refuse(StatusCode::PAYLOAD_TOO_LARGE),
        Err(status) => return shared.refuse(status),
    };
    let (message, done) = match method {
        Method::GET => {
            let about = shared.open().clients.get(id).map(|client| about(&client.identity));
            return about.unwrap_or_else(|| shared.refuse(StatusCode::GONE));
        }
        Method::POST => (outgoing(body), StatusCode::OK),
        Method::DELETE => (closing(CloseCode::Normal, "Connection Closed Normally"), StatusCode::NO_CONTENT),
        _ => return shared.refuse(StatusCode::METHOD_NOT_ALLOWED),
    };
    let sent = shared.open().clients.get(id).is_some_and(|client| client.outgoing.send(message).is_ok());
    if !sent {
        return shared.refuse(StatusCode::GONE);
    }
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = done;
    response
}

/// A message for a client: text if it can be.
pub(super) fn outgoing(body: Bytes) -> tungstenite::Message {
    match String::from_utf8(body.into()) {
        Ok(text) => tungstenite::Message::text(text),
        Err(error) => tungstenite::Message::binary(error.into_bytes()),
    }
}

fn about(identity: &Value) -> Response<Bytes> {
    // The times of events.
    let about = json!({
        "connectedAt": "2025-03-12T19:03:58.382Z",
        "identity": identity,
        "lastActiveAt": "2025-03-12T19:03:58.390Z",
    });
    let mut response = Response::new(about.to_string().into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_to_a_connection_may_be_escaped_and_have_the_stage() {
        for path in ["/@connections/a%3D", "/%40connections/a=", "/dev/@connections/a=", "/dev/%40connections/a%3d"] {
            assert_eq!(id(path, "dev").as_deref(), Some("a="), "{path}");
        }
        for path in ["/", "/dev", "/@connections", "/devx/@connections/a", "/prod/@connections/a", "/%4/@connections/a"]
        {
            assert_eq!(id(path, "dev"), None, "{path}");
        }
    }
}
