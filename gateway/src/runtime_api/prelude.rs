//! The start of a streamed reply, and the response that it begins.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::{
    Chunk, Front, StreamEnd, StreamedResponse,
    front::stream::{MAX_PRELUDE, StreamDecoder, head_without_prelude, split_prelude},
    state::State,
    streamed::Streaming,
};

/// The response of a front that streams.
pub(super) async fn response(
    front: &Front,
    decoder: StreamDecoder,
    mut reply: Streaming,
    state: &State,
) -> StreamedResponse {
    if !decoder.expects_prelude(reply.content_type.as_ref()) {
        return StreamedResponse::streamed(head_without_prelude(reply.content_type.clone()), None, reply);
    }
    let mut begin = BytesMut::new();
    let mut at = Instant::now();
    loop {
        if let Some((prelude, body)) = split_prelude(&begin) {
            let (head, errors) = decoder.decode_prelude(prelude);
            errors.into_iter().for_each(|error| state.complain(error));
            let Some(head) = head else { break };
            let bytes = begin.split_off(body).freeze();
            return StreamedResponse::streamed(head, Some(Chunk { bytes, at }), reply);
        }
        if begin.len() >= MAX_PRELUDE {
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
                if begin.is_empty() && decoder.accepts_empty_reply() {
                    // Seen where a runtime writes its prelude together with the first byte of the body.
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
