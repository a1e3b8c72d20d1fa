//! Replies to the events of a WebSocket API.

use bytes::Bytes;
use http::Response;

use crate::response::{assemble::assemble, reply::Reply};

/// Decodes the reply to a handshake or a message. Returns `None` if the reply is invalid (rule 93).
pub(crate) fn decode_websocket_reply(reply: &[u8]) -> Option<Response<Bytes>> {
    let reply = Reply::lenient(reply)?;
    Some(assemble(reply.status()?, reply.single("headers")?, reply.body()?))
}
