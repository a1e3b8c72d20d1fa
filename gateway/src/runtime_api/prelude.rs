//! The prelude of a streamed reply: the head of the response, as JSON before the body.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::state::SharedState;
use crate::{
    Chunk, Front, StreamEnd, StreamedResponse,
    front::stream::{MAX_PRELUDE, StreamDecoder, head_without_prelude, split_prelude},
    streamed::Streaming,
};

/// Makes the response of a streaming front, as soon as the prelude is complete.
pub(super) async fn response(
    front: &Front,
    decoder: StreamDecoder,
    mut reply: Streaming,
    state: &SharedState,
) -> StreamedResponse {
    if !decoder.expects_prelude(reply.content_type.as_ref()) {
        return StreamedResponse::streamed(head_without_prelude(reply.content_type.clone()), None, reply);
    }
    let mut begin = BytesMut::new();
    let mut at = Instant::now();
    loop {
        if let Some((prelude, body)) = split_prelude(&begin) {
            let (head, errors) = decoder.decode_prelude(prelude);
            errors.into_iter().for_each(|error| state.add_protocol_error(error));
            let Some(head) = head else { break };
            let bytes = begin.split_off(body).freeze();
            return StreamedResponse::streamed(head, Some(Chunk { bytes, at }), reply);
        }
        if begin.len() >= MAX_PRELUDE {
            state.add_protocol_error("the first 16 KB of the reply have no 8 NULs after the prelude".to_owned());
            break;
        }
        match reply.next().await {
            Ok(chunk) => {
                at = chunk.at;
                begin.extend_from_slice(&chunk.bytes);
            }
            Err(StreamEnd::Complete) => {
                state.add_protocol_error("the reply ended before the 8 NULs after the prelude".to_owned());
                if begin.is_empty() && decoder.accepts_empty_reply() {
                    // Observed with a runtime that writes the prelude together with the first byte of the body.
                    return StreamedResponse::whole(head_without_prelude(None).map(|()| Bytes::new()));
                }
                break;
            }
            Err(_) => return StreamedResponse::whole(front.failure_response()),
        }
    }
    reply.drain();
    StreamedResponse::whole(decoder.invalid_prelude_response())
}
