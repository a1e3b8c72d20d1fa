//! Buffering of response bodies.

use std::{future::poll_fn, pin::pin};

use bytes::{Bytes, BytesMut};
use http_body::Body;
use tokio::task::coop::consume_budget;

use crate::{
    BoxError,
    lambda::reply::{error::ReplyError, format::ReplyFormat},
    util::guarded_body::GuardedBody,
};

/// Reads a whole body, and stops as soon as the reply would exceed the limit. A body of one frame is not copied.
pub(crate) async fn collect<B>(body: B, format: &'static ReplyFormat) -> Result<Bytes, ReplyError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    if body.size_hint().lower() > format.max_size as u64 {
        return Err(ReplyError::TooLarge { size: body.size_hint().lower(), format });
    }
    let mut body = pin!(GuardedBody::new(Some(body)));
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    loop {
        // Yields now and then: a body whose frames are always ready, such as empty ones, would block the thread.
        consume_budget().await;
        let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await else { break };
        // A buffered reply has no trailers.
        let Ok(data) = frame.map_err(ReplyError::BodyError)?.into_data() else { continue };
        if first.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.reserve(first.len() + data.len());
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&data);
        if whole.len() > format.max_size {
            return Err(ReplyError::TooLarge { size: whole.len() as u64, format });
        }
    }
    Ok(if whole.is_empty() { first } else { whole.freeze() })
}
