//! The body of a post to the Runtime API, of known length, encoded piece by piece.

use bytes::Bytes;

use crate::{
    json::{self, base64},
    lambda::reply::format::Envelope,
};

/// The number of body bytes encoded at a time, divisible by three so that the pieces of base64 have no padding.
const PIECE: usize = 48 * 1024;

/// A JSON object whose last member is a response body. The body is encoded when the payload is sent.
#[derive(Debug)]
pub(crate) struct ReplyPayload {
    /// The JSON before the body, including the opening quote, or the whole JSON.
    head: Vec<u8>,
    body: Bytes,
    encoding: Encoding,
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// The head is the whole JSON.
    None,
    Text,
    Base64,
}

impl ReplyPayload {
    /// Adds a body to `head`, a JSON object without its closing brace.
    ///
    /// The body becomes text if it is UTF-8 and has no content coding (`is_encoded`), else base64. The
    /// `Content-Type` does not count, because apps send wrong ones.
    pub(crate) fn new(mut head: Vec<u8>, body: Bytes, is_encoded: bool, envelope: Envelope) -> Self {
        if body.is_empty() {
            head.extend_from_slice(envelope.text_members().as_bytes());
            head.push(b'}');
            return Self::whole(head);
        }
        let (encoding, length) = if is_encoded || std::str::from_utf8(&body).is_err() {
            head.extend_from_slice(envelope.base64_members().as_bytes());
            head.extend_from_slice(b",\"body\":\"");
            (Encoding::Base64, base64::encoded_len(body.len()))
        } else {
            head.extend_from_slice(envelope.text_members().as_bytes());
            head.extend_from_slice(b",\"body\":\"");
            if body.len() <= PIECE {
                // Escapes a short body at once, which saves the pass that measures it.
                json::push_escaped(&body, &mut head);
                head.extend_from_slice(END);
                return Self::whole(head);
            }
            (Encoding::Text, body.len() + json::escapes_len(&body))
        };
        let length = head.len().saturating_add(length).saturating_add(END.len());
        Self { head, body, encoding, length }
    }

    /// Creates a payload from complete JSON.
    pub(crate) fn whole(json: Vec<u8>) -> Self {
        Self { length: json.len(), head: json, body: Bytes::new(), encoding: Encoding::None }
    }

    /// The length in bytes, encoded.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Encodes the payload piece by piece.
    pub(crate) fn pieces(&self) -> Pieces<'_> {
        Pieces { payload: self, at: None }
    }
}

const END: &[u8] = b"\"}";

/// The pieces of a payload.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    payload: &'a ReplyPayload,
    /// The number of body bytes written so far, or `None` before the head is written.
    at: Option<usize>,
}

impl Pieces<'_> {
    /// Appends the next piece. Returns `false` if there is none.
    pub(crate) fn push_next(&mut self, out: &mut Vec<u8>) -> bool {
        let ReplyPayload { head, body, encoding, .. } = self.payload;
        let at = match self.at {
            Some(at) if at >= body.len() => return false,
            Some(at) => at,
            None => {
                out.extend_from_slice(head);
                0
            }
        };
        let end = body.len().min(at + PIECE);
        let piece = body.get(at..end).unwrap_or_default();
        match encoding {
            Encoding::None => {}
            Encoding::Text => json::push_escaped(piece, out),
            Encoding::Base64 => base64::encode(piece, out),
        }
        if end == body.len() && *encoding != Encoding::None {
            out.extend_from_slice(END);
        }
        self.at = Some(end);
        true
    }
}

impl lodger_runtime_api::Payload for ReplyPayload {
    fn len(&self) -> usize {
        self.length
    }

    fn write_chunk(&self, index: usize, out: &mut Vec<u8>) -> bool {
        let mut pieces = self.pieces();
        if index > 0 {
            pieces.at = Some(index.saturating_mul(PIECE));
        }
        pieces.push_next(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(payload: &ReplyPayload) -> serde_json::Value {
        let mut out = vec![];
        let mut pieces = payload.pieces();
        while pieces.push_next(&mut out) {}
        assert_eq!(out.len(), payload.len());
        serde_json::from_slice(&out).unwrap()
    }

    fn payload(body: Vec<u8>, is_encoded: bool) -> serde_json::Value {
        written(&ReplyPayload::new(br#"{"statusCode":200"#.to_vec(), body.into(), is_encoded, Envelope::ApiGateway))
    }

    #[test]
    fn encodes_bodies_as_base64_unless_they_are_uncoded_utf8() {
        assert_eq!(payload(vec![], false), serde_json::json!({"statusCode": 200}));
        assert_eq!(payload("\u{feff}é\"\0".into(), false)["body"], "\u{feff}é\"\0");
        let binary = payload(b"\x89PNG".to_vec(), false);
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&"iVBORw==".into(), &true.into()));
        let encoded = payload(b"text".to_vec(), true);
        assert_eq!((&encoded["body"], &encoded["isBase64Encoded"]), (&"dGV4dA==".into(), &true.into()));
    }

    #[test]
    fn joins_pieces_of_bodies_of_any_length() {
        for length in [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2] {
            let binary: Vec<u8> = (0..length).map(|i| (i * 7) as u8 | 0x80).collect();
            let reply = payload(binary.clone(), false);
            assert_eq!(base64::decode(reply["body"].as_str().unwrap().as_bytes()).unwrap(), binary, "{length}");
            // Two-byte characters, so that a piece may end inside of one.
            let text: String = "é\"".chars().cycle().take(length).collect();
            assert_eq!(payload(text.clone().into(), false)["body"], text, "{length}");
        }
    }

    #[test]
    fn writes_each_chunk_by_its_index() {
        use lodger_runtime_api::Payload as _;

        for length in [0, 1, PIECE, PIECE + 1, 3 * PIECE + 2] {
            let payload = ReplyPayload::new(b"{".to_vec(), vec![0xff; length].into(), true, Envelope::ApiGateway);
            let (mut whole, mut pieces) = (vec![], payload.pieces());
            while pieces.push_next(&mut whole) {}
            // The last chunk first, because a chunk does not depend on those before it.
            let chunk = |index| {
                let mut chunk = vec![];
                payload.write_chunk(index, &mut chunk).then_some(chunk)
            };
            let count = length.div_ceil(PIECE).max(1);
            assert_eq!(chunk(count), None, "{length}");
            let mut chunks: Vec<_> = (0..count).rev().map(|index| chunk(index).unwrap()).collect();
            chunks.reverse();
            assert!(chunks.concat() == whole, "{length}");
            assert_eq!(lodger_runtime_api::Payload::len(&payload), whole.len());
        }
    }

    #[test]
    fn writes_complete_json_unchanged() {
        assert_eq!(written(&ReplyPayload::whole(b"[1]".to_vec())), serde_json::json!([1]));
    }
}
