//! Requests to `/@connections`, with which a function sends to a client.
//!
//! Source: [Use `@connections`](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html).

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::connections::{Connections, MAX_MESSAGE, close_message, message};
use crate::{
    access::{check_origin, forbidden},
    discard::discard,
    event::path::percent_decode,
    server::read_body,
};

/// Returns the connection id in a path, which may begin with the stage.
pub(super) fn connection_id(path: &str, stage: &str) -> Option<String> {
    let path = path.strip_prefix('/')?;
    let below = path.strip_prefix(stage).and_then(|path| path.strip_prefix('/')).unwrap_or(path);
    let (first, id) = below.split_once('/')?;
    // The AWS SDKs escape the at sign.
    if percent_decode(first.as_bytes())? != b"@connections" {
        return None;
    }
    Some(percent_decode(id.as_bytes()).and_then(|id| String::from_utf8(id).ok()).unwrap_or_default())
}

/// Sends a message to a client, closes its connection, or returns its data.
pub(super) async fn respond(connections: &Connections, id: &str, request: Request<Incoming>) -> Response<Bytes> {
    // On AWS these requests are signed, which a web page cannot do.
    if let Err(error) = check_origin(&request) {
        discard(request.into_body());
        return forbidden(error);
    }
    let method = request.method().clone();
    let body = match read_body(request.into_body()).await {
        Ok(body) if body.len() <= MAX_MESSAGE => body,
        Ok(_) => return connections.reject(StatusCode::PAYLOAD_TOO_LARGE),
        Err(status) => return connections.reject(status),
    };
    let (message, status) = match method {
        Method::GET => {
            let data = connections.lock().open.get(id).map(|client| connection_data(&client.identity));
            return data.unwrap_or_else(|| connections.reject(StatusCode::GONE));
        }
        Method::POST => (message(body), StatusCode::OK),
        Method::DELETE => (close_message(CloseCode::Normal, "Connection Closed Normally"), StatusCode::NO_CONTENT),
        _ => return connections.reject(StatusCode::METHOD_NOT_ALLOWED),
    };
    let sent = connections.lock().open.get(id).is_some_and(|client| client.outgoing.send(message).is_ok());
    if !sent {
        return connections.reject(StatusCode::GONE);
    }
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

fn connection_data(identity: &Value) -> Response<Bytes> {
    let data = json!({
        // The same times as in events.
        "connectedAt": "2025-03-12T19:03:58.382Z",
        "identity": identity,
        "lastActiveAt": "2025-03-12T19:03:58.390Z",
    });
    let mut response = Response::new(data.to_string().into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_connection_id_in_an_escaped_path_and_after_the_stage() {
        for path in ["/@connections/a%3D", "/%40connections/a=", "/dev/@connections/a=", "/dev/%40connections/a%3d"] {
            assert_eq!(connection_id(path, "dev").as_deref(), Some("a="), "{path}");
        }
        for path in ["/", "/dev", "/@connections", "/devx/@connections/a", "/prod/@connections/a", "/%4/@connections/a"]
        {
            assert_eq!(connection_id(path, "dev"), None, "{path}");
        }
    }
}
