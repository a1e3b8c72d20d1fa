//! From a streamed reply to a response: a prelude of JSON, eight NUL bytes, and the body.
//!
//! Source: [The format of a REST API](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html#response-transfer-mode-lambda-format).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use crate::{
    front::spec::{FrontSpec, StreamSpec},
    response::{
        assemble::{assemble, is_hop_by_hop, merge_headers, rename_header, set_default_content_type},
        reply::{Headers, Reply, header_value},
    },
};

/// The content type of a reply to a Function URL that begins with a prelude.
const HTTP_INTEGRATION: &[u8] = b"application/vnd.awslambda.http-integration-response";
/// The maximum size of a prelude with its delimiter.
pub(crate) const MAX_PRELUDE: usize = 16 * 1024;
const DELIMITER: [u8; 8] = [0; 8];

/// Splits a reply at the first delimiter. Returns the prelude and the offset of the body, or `None` without a delimiter.
pub(crate) fn split_prelude(reply: &[u8]) -> Option<(&[u8], usize)> {
    let begin = reply.get(..MAX_PRELUDE).unwrap_or(reply);
    let end = begin.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER)?;
    Some((begin.get(..end)?, end + DELIMITER.len()))
}

/// Returns the head of a response whose body is the whole reply.
pub(crate) fn head_without_prelude(content_type: Option<HeaderValue>) -> Response<()> {
    let mut response = Response::new(());
    let content_type = content_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// A decoder of the replies to a front that streams.
#[derive(Clone, Copy)]
pub(crate) struct StreamDecoder {
    pub(super) front: &'static FrontSpec,
    pub(super) rules: &'static StreamSpec,
}

impl StreamDecoder {
    /// Returns whether a reply with this content type must begin with a prelude.
    pub(crate) fn expects_prelude(self, content_type: Option<&HeaderValue>) -> bool {
        self.rules.requires_prelude || content_type.is_some_and(|value| value.as_bytes() == HTTP_INTEGRATION)
    }

    /// Returns whether a reply without a prelude and without a body is a response with the status 200.
    pub(crate) fn accepts_empty_reply(self) -> bool {
        self.rules.accepts_empty_reply
    }

    /// Returns whether the function sent a buffered reply: without a prelude where one is required, or an envelope.
    pub(crate) fn is_buffered(self, reply: &[u8]) -> bool {
        let is_envelope = || Reply::strict(reply).is_some_and(|reply| reply.has("statusCode"));
        split_prelude(reply).is_none() && (self.rules.requires_prelude || is_envelope())
    }

    /// Makes the response of a complete reply whose content type is unknown. A JSON object before a delimiter is a prelude.
    pub(crate) fn decode_complete(self, reply: &[u8]) -> Response<Bytes> {
        let is_prelude = |prelude: &[u8]| self.rules.requires_prelude || Reply::strict(prelude).is_some();
        match split_prelude(reply).filter(|(prelude, _)| is_prelude(prelude)) {
            Some((prelude, body)) => match self.decode_prelude(prelude).0 {
                Some(head) => head.map(|()| Bytes::copy_from_slice(reply.get(body..).unwrap_or_default())),
                None => self.invalid_prelude_response(),
            },
            None if self.rules.requires_prelude => self.invalid_prelude_response(),
            None => head_without_prelude(None).map(|()| Bytes::copy_from_slice(reply)),
        }
    }

    /// Returns the response to a reply without a valid prelude.
    pub(crate) fn invalid_prelude_response(self) -> Response<Bytes> {
        self.front.error_response(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Decodes a prelude. Returns the head of the response, if the prelude is valid, and all errors of the prelude.
    pub(crate) fn decode_prelude(self, prelude: &[u8]) -> (Option<Response<()>>, Vec<String>) {
        let mut errors = Vec::new();
        let Some(reply) = Reply::strict(prelude) else {
            return (None, vec!["invalid prelude: expected a JSON object".to_owned()]);
        };
        let head = self.read_head(&reply, &mut errors);
        if head.is_none() && errors.is_empty() {
            errors.push("invalid prelude: its headers contain invalid characters, or are too many".to_owned());
        }
        (head, errors)
    }

    fn read_head(self, reply: &Reply, errors: &mut Vec<String>) -> Option<Response<()>> {
        let accepts_multi = self.rules.accepts_multi_value_headers;
        for name in reply.names() {
            let is_known =
                ["statusCode", "headers", "cookies"].contains(&name) || name == "multiValueHeaders" && accepts_multi;
            if !is_known {
                errors.push(format!("invalid prelude: {} does not accept the member {name:?}", self.front.name));
            }
        }
        let status = if reply.has("statusCode") { reply.status() } else { Some(StatusCode::OK) };
        let (single, multi, cookies) = (reply.single("headers"), reply.multi("multiValueHeaders"), cookies(reply));
        for (is_invalid, error) in [
            (status.is_none(), "statusCode must be an integer from 200 to 599"),
            (single.is_none(), "headers must be an object of strings"),
            (accepts_multi && multi.is_none(), "multiValueHeaders must be an object of arrays of strings"),
            (cookies.is_none(), "cookies must be an array of strings"),
        ] {
            if is_invalid {
                errors.push(format!("invalid prelude: {error}"));
            }
        }
        if !errors.is_empty() {
            return None;
        }
        let mut headers = merge_headers(multi?, single?);
        headers.extend(cookies?);
        for (name, _) in &mut headers {
            if is_hop_by_hop(name) || *name == header::CONTENT_LENGTH {
                errors.push(format!("{name} must not be in a prelude: the front sets it"));
            }
            rename_header(name, self.rules.renamed_headers)?;
        }
        let mut head = assemble(status?, headers, Bytes::new()).map(drop);
        set_default_content_type(&mut head, self.rules.default_content_type);
        Some(head).filter(|head| !self.front.limits.exceeds_headers(head))
    }
}

fn cookies(reply: &Reply) -> Option<Headers> {
    let Some(cookies) = reply.get("cookies") else { return Some(Headers::new()) };
    let cookie = |cookie: &Value| Some((header::SET_COOKIE, header_value(cookie.as_str()?)?));
    cookies.as_array()?.iter().map(cookie).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Front;
    use serde_json::json;

    fn decode(front: &Front, prelude: &[u8]) -> (Option<Response<()>>, Vec<String>) {
        front.stream_decoder().unwrap().decode_prelude(prelude)
    }

    fn rest() -> Front {
        Front::rest_api().streaming()
    }

    fn url() -> Front {
        Front::function_url().streaming()
    }

    fn values<'a>(head: &'a Response<()>, name: &str) -> Vec<&'a str> {
        head.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn decodes_a_prelude() {
        let prelude = json!({"statusCode": 201, "headers": {"x": "1, 2"}, "cookies": ["a=1", "b=2"]}).to_string();
        for (front, default) in [(url(), "application/octet-stream"), (rest(), "application/json")] {
            let (head, errors) = decode(&front, prelude.as_bytes());
            let head = head.unwrap();
            assert_eq!((head.status().as_u16(), errors), (201, vec![]), "{front}");
            assert_eq!((values(&head, "x"), values(&head, "set-cookie")), (vec!["1, 2"], vec!["a=1", "b=2"]));
            assert_eq!(values(&head, "content-type"), [default], "{front}");
            let (head, errors) = decode(&front, b"{}");
            assert_eq!((head.unwrap().status().as_u16(), errors), (200, vec![]), "{front}");
        }
    }

    #[test]
    fn merges_both_maps_of_headers_for_a_rest_api() {
        let prelude = json!({"headers": {"x": "1", "y": "3"}, "multiValueHeaders": {"x": ["1", "2"]}}).to_string();
        let (head, errors) = decode(&rest(), prelude.as_bytes());
        let head = head.unwrap();
        assert_eq!((values(&head, "x"), values(&head, "y"), errors), (vec!["1", "2"], vec!["3"], vec![]));
    }

    #[test]
    fn reports_an_invalid_prelude() {
        for (front, prelude, about) in [
            (url(), json!({"multiValueHeaders": {"x": ["1"]}}), "multiValueHeaders"),
            (url(), json!({"headers": {"x": ["1"]}}), "strings"),
            (url(), json!({"headers": {"x": 1}}), "strings"),
            (url(), json!({"headers": null}), "strings"),
            (url(), json!({"statusCode": "200"}), "statusCode"),
            (url(), json!({"cookies": "a=1"}), "cookies"),
            (url(), json!({"statusCode": 200, "body": "x"}), "\"body\""),
            (url(), json!([]), "expected a JSON object"),
            (rest(), json!({"multiValueHeaders": {"x": "1"}}), "arrays"),
            (rest(), json!({"isBase64Encoded": false}), "isBase64Encoded"),
            (rest(), json!({"headers": {"x": "y".repeat(10_240)}}), "too many"),
        ] {
            let (head, errors) = decode(&front, prelude.to_string().as_bytes());
            assert!(head.is_none() && errors.len() == 1 && errors[0].contains(about), "{front} {prelude}: {errors:?}");
        }
        // All errors of a prelude.
        assert_eq!(decode(&rest(), br#"{"headers":{"x":1},"cookies":[2],"statusCode":1}"#).1.len(), 3);
    }

    #[test]
    fn reports_headers_that_the_front_sets() {
        for front in [url(), rest()] {
            for name in ["content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"]
            {
                let (head, errors) = decode(&front, json!({"headers": {name: "1"}}).to_string().as_bytes());
                let head = head.unwrap();
                assert!(errors.len() == 1 && errors[0].starts_with(name), "{front} {name}: {errors:?}");
                assert!(!head.headers().contains_key(name), "{front} {name}");
                let renamed = head.headers().contains_key("x-amzn-remapped-content-length");
                assert_eq!(renamed, name == "content-length", "{front} {name}");
            }
        }
    }

    #[test]
    fn the_warning_of_a_buffered_reply_matches_the_response() {
        for front in Front::all().into_iter().filter(Front::can_stream).map(Front::streaming) {
            let status = front.response(&Ok(r#"{"statusCode":200}"#.into())).status();
            let warning = crate::Warning::BufferedReply { front: front.name() }.to_string();
            let expected =
                if status == 500 { "the client gets 500;" } else { "the client gets its JSON with the status 200;" };
            assert!(warning.contains(expected), "{front} responds with {status}: {warning}");
        }
    }

    #[test]
    fn finds_the_delimiter_in_the_first_16_kb() {
        let padded = |size: usize| [vec![b' '; size], vec![0; 8], b"body".to_vec()].concat();
        assert_eq!(split_prelude(&padded(3)), Some((&b"   "[..], 11)));
        assert_eq!(split_prelude(&padded(MAX_PRELUDE - 8)).unwrap().1, MAX_PRELUDE);
        assert_eq!(split_prelude(&padded(MAX_PRELUDE - 7)), None);
        assert_eq!(split_prelude(b"{}\0\0\0\0\0\0\0body"), None);
    }

    #[test]
    fn splits_a_complete_reply_after_its_prelude() {
        let reply = Bytes::from_static(b"{\"statusCode\":404}\0\0\0\0\0\0\0\0\0body");
        for front in [url(), rest()] {
            let response = front.response(&Ok(reply.clone()));
            assert_eq!((response.status().as_u16(), &response.body()[..]), (404, &b"\0body"[..]), "{front}");
        }
        let envelope = Bytes::from_static(br#"{"statusCode":404,"body":"x"}"#);
        let response = url().response(&Ok(envelope.clone()));
        assert_eq!((response.status().as_u16(), response.body()), (200, &envelope));
        assert_eq!(rest().response(&Ok(envelope)).status(), 500);
    }
}
