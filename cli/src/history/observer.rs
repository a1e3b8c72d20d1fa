//! The parts of an invocation on Lambda.

use bytes::Bytes;
use http::HeaderValue;
use lodger_gateway::{Chunk, EventDelivery, ObservedReply, Observer, Warning};

use super::{
    body::BodyRecord,
    detail::{Complaint, ReplyRecord, State},
    record::{Record, milliseconds},
};

/// The maximum size of a prelude with its delimiter.
const MAX_PRELUDE: usize = 16 * 1024;
const DELIMITER: [u8; 8] = [0; 8];

impl Observer for Record {
    fn event(&self, event: &Bytes) {
        let body = BodyRecord::new(Some("application/json".to_owned()), event);
        self.update_quietly(|detail| detail.event = Some(body));
    }

    fn delivered(&self, delivery: &EventDelivery) {
        let at = self.now_ms();
        self.update(|detail| {
            detail.timing.queued_ms = Some(at);
            detail.request_id = Some(delivery.request_id.clone());
            detail.summary.state = State::Running;
            if let Some(cold_start) = delivery.cold_start {
                detail.summary.is_cold = true;
                detail.timing.init_ms = Some(milliseconds(cold_start));
            }
        });
    }

    fn reply(&self, reply: &ObservedReply) {
        let at = self.now_ms();
        let text = |value: &Option<HeaderValue>| Some(value.as_ref()?.to_str().ok()?.to_owned());
        let reply = match reply {
            ObservedReply::Buffered { body, content_type } => {
                let content_type = text(content_type);
                ReplyRecord {
                    body: BodyRecord::new(content_type.clone(), body),
                    content_type,
                    ..ReplyRecord::default()
                }
            }
            ObservedReply::Streamed { content_type } => {
                ReplyRecord { is_streamed: true, content_type: text(content_type), ..ReplyRecord::default() }
            }
            ObservedReply::Error(error) => {
                self.update_quietly(|detail| detail.summary.error = Some(error.to_string()));
                ReplyRecord { body: BodyRecord::new(None, &error.body), ..ReplyRecord::default() }
            }
            _ => return,
        };
        self.update_quietly(|detail| {
            detail.timing.first_byte_ms = Some(at);
            detail.reply = Some(reply);
        });
    }

    fn chunk(&self, chunk: &Chunk) {
        self.update_quietly(|detail| {
            let Some(reply) = &mut detail.reply else { return };
            reply.body.push(&chunk.bytes);
            split_prelude(reply);
        });
    }

    fn warning(&self, warning: &Warning) {
        self.complain(Complaint::from(warning));
    }
}

/// Moves the prelude out of the body, once the body has the delimiter.
fn split_prelude(reply: &mut ReplyRecord) {
    if reply.prelude.is_some() || reply.body.size() > 2 * MAX_PRELUDE {
        return;
    }
    let bytes = reply.body.bytes();
    let Some(at) = bytes.windows(DELIMITER.len()).position(|window| window == DELIMITER) else { return };
    let (prelude, rest) = bytes.split_at(at);
    reply.prelude = Some(String::from_utf8_lossy(prelude).into_owned());
    reply.body = BodyRecord::new(None, rest.get(DELIMITER.len()..).unwrap_or_default());
}
