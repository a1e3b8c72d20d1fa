//! What is posted to the Runtime API: written piece by piece, its length known before the first.

use bytes::Bytes;

use crate::{
    json::{self, base64},
    lambda::reply::ReplyFormat,
};

/// How much of a body is encoded at a time. Three divides it, so that the pieces of base64 fit together.
const PIECE: usize = 48 * 1024;

/// A JSON object whose last member is a body, which is encoded only when it is written.
#[derive(Debug)]
pub(crate) struct Payload {
    /// All before the body, its opening quote included; or all there is.
    head: Vec<u8>,
    body: Bytes,
    encoding: Encoding,
    length: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    /// There is no body, and the head is everything.
    None,
    Text,
    Base64,
}

impl Payload {
    /// Ends `head`, an object of which the closing bracket is missing, with a body: as text if it is text and nobody has
    /// encoded it, else as base64. What it is, its bytes say; its type may be wrong. Which of them it
    /// is, is said as the style wants it.
    pub(crate) fn new(mut head: Vec<u8>, body: Bytes, is_encoded: bool, style: &ReplyFormat) -> Self {
        let plain: &[u8] = if style.is_explicit { b",\"isBase64Encoded\":false" } else { b"" };
        if body.is_empty() {
            head.extend_from_slice(plain);
            head.push(b'}');
            return Self::whole(head);
        }
        let (encoding, length) = if is_encoded || std::str::from_utf8(&body).is_err() {
            head.push(b',');
            head.extend_from_slice(style.base64_is.as_bytes());
            head.extend_from_slice(b",\"body\":\"");
            (Encoding::Base64, base64::encoded_len(body.len()))
        } else {
            head.extend_from_slice(plain);
            head.extend_from_slice(b",\"body\":\"");
            if body.len() <= PIECE {
                // One look at each byte rather than two.
                json::push_escaped(&body, &mut head);
                head.extend_from_slice(END);
                return Self::whole(head);
            }
            (Encoding::Text, body.len() + json::escapes_len(&body))
        };
        let length = head.len().saturating_add(length).saturating_add(END.len());
        Self { head, body, encoding, length }
    }

    /// JSON that is there as a whole.
    pub(crate) fn whole(json: Vec<u8>) -> Self {
        Self { length: json.len(), head: json, body: Bytes::new(), encoding: Encoding::None }
    }

    /// How many bytes it takes when it is written.
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Starts to write it.
    pub(crate) fn pieces(&self) -> Pieces<'_> {
        Pieces { payload: self, at: None }
    }
}

const END: &[u8] = b"\"}";

/// A payload on its way out.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    payload: &'a Payload,
    /// How much of the body has been written; before the head has been, nothing.
    at: Option<usize>,
}

impl Pieces<'_> {
    /// Appends the next piece; `false` once there is no more.
    pub(crate) fn push_next(&mut self, out: &mut Vec<u8>) -> bool {
        let Payload { head, body, encoding, .. } = self.payload;
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

impl lodger_runtime_api::Payload for Payload {
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

    fn written(payload: &Payload) -> serde_json::Value {
        let mut out = vec![];
        let mut pieces = payload.pieces();
        while pieces.push_next(&mut out) {}
        assert_eq!(out.len(), payload.len());
        serde_json::from_slice(&out).unwrap()
    }

    fn payload(body: Vec<u8>, is_encoded: bool) -> serde_json::Value {
        written(&Payload::new(br#"{"statusCode":200"#.to_vec(), body.into(), is_encoded, &ReplyFormat::DEFAULT))
    }

    #[test]
    fn bytes_decide_how_a_body_travels() {
        assert_eq!(payload(vec![], false), serde_json::json!({"statusCode": 200}));
        assert_eq!(payload("\u{feff}é\"\0".into(), false)["body"], "\u{feff}é\"\0");
        let binary = payload(b"\x89PNG".to_vec(), false);
        assert_eq!((&binary["body"], &binary["isBase64Encoded"]), (&"iVBORw==".into(), &true.into()));
        let encoded = payload(b"text".to_vec(), true);
        assert_eq!((&encoded["body"], &encoded["isBase64Encoded"]), (&"dGV4dA==".into(), &true.into()));
    }

    #[test]
    fn pieces_fit_together_at_any_length() {
        for length in [1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 2] {
            let binary: Vec<u8> = (0..length).map(|i| (i * 7) as u8 | 0x80).collect();
            let reply = payload(binary.clone(), false);
            assert_eq!(base64::decode(reply["body"].as_str().unwrap().as_bytes()).unwrap(), binary, "{length}");
            // Characters of two bytes, so that pieces end within one.
            let text: String = "é\"".chars().cycle().take(length).collect();
            assert_eq!(payload(text.clone().into(), false)["body"], text, "{length}");
        }
    }

    #[test]
    fn json_that_is_whole_is_written_as_it_is() {
        assert_eq!(written(&Payload::whole(b"[1]".to_vec())), serde_json::json!([1]));
    }
}
