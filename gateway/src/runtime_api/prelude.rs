//! The start of a streamed reply, and the response that it begins.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::{
    Chunk, Front, StreamEnd, StreamedResponse,
    kind::Kind,
    response::{self, streamed},
    state::State,
    streamed::Streaming,
};

/// The response of a front that streams.
pub(super) async fn response(front: &Front, mut reply: Streaming, state: &State) -> StreamedResponse {
    if !streamed::has_prelude(front, reply.content_type.as_ref()) {
        return StreamedResponse::streamed(streamed::plain(reply.content_type.clone()), None, reply);
    }
    let mut begin = BytesMut::new();
    let mut at = Instant::now();
    loop {
        if let Some((prelude, body)) = streamed::split(&begin) {
            let (head, wrong) = streamed::head(front, prelude);
            wrong.into_iter().for_each(|wrong| state.complain(wrong));
            let Some(head) = head else { break };
            let bytes = begin.split_off(body).freeze();
            return StreamedResponse::streamed(head, Some(Chunk { bytes, at }), reply);
        }
        if begin.len() >= streamed::MAX_PRELUDE {
            state.complain("there are no 8 NULs in the first 16 KB of the reply".to_owned());
            break;
        }
        match reply.next().await {
            Ok(chunk) => {
                at = chunk.at;
                begin.extend_from_slice(&chunk.bytes);
            }
            Err(StreamEnd::Complete) => {
                state.complain("the reply ended before a prelude and its 8 NULs".to_owned());
                if begin.is_empty() && front.kind == Kind::FunctionUrl {
                    // Seen where a runtime writes its prelude together with the first byte of the body.
                    return StreamedResponse::whole(streamed::plain(None).map(|()| Bytes::new()));
                }
                break;
            }
            Err(_) => return StreamedResponse::whole(response::failure(front)),
        }
    }
    reply.drain();
    StreamedResponse::whole(streamed::malformed(front))
}
