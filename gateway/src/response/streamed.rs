//! The start of a streamed reply: a prelude of JSON, eight NULs, and then the body.
//!
//! Source: [The format of a REST API](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html#response-transfer-mode-lambda-format).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use super::{
    MAX_API_HEADERS, assemble, default_content_type, is_of_connection, refusal,
    reply::{Headers, Reply, header_value},
    rest_api::{merged, remap},
    size,
};
use crate::{front::Front, kind::Kind};

/// What says of a reply to a Function URL that it begins with a prelude.
const HTTP_INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";
/// Where a prelude has to have ended, its delimiter included.
pub(crate) const MAX_PRELUDE: usize = 16 * 1024;
const DELIMITER: [u8; 8] = [0; 8];

/// What a reply begins with, as far as the front can tell by its content type.
pub(crate) fn has_prelude(front: &Front, content_type: Option<&HeaderValue>) -> bool {
    // A REST API wants one, whatever the type.
    front.kind == Kind::RestApi || content_type.is_some_and(|value| value.as_bytes() == HTTP_INTEGRATION.as_bytes())
}

/// The prelude that `begin` begins with, and what comes behind the delimiter.
pub(crate) fn split(begin: &[u8]) -> Option<(&[u8], usize)> {
    let begin = begin.get(..MAX_PRELUDE).unwrap_or(begin);
    let end = begin.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER)?;
    Some((begin.get(..end)?, end + DELIMITER.len()))
}

/// Whether a front that streams cannot make of `reply` the response that is meant: an envelope, or, of a REST API, anything
/// without a prelude.
pub(crate) fn is_buffered(front: &Front, reply: &[u8]) -> bool {
    let is_envelope = || Reply::strict(reply).is_some_and(|reply| reply.has("statusCode"));
    split(reply).is_none() && (front.kind == Kind::RestApi || is_envelope())
}

/// The head of a response whose body is the reply as it is.
pub(crate) fn plain(content_type: Option<HeaderValue>) -> Response<()> {
    let mut response = Response::new(());
    let content_type = content_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// The whole response of a front that streams to a reply of which the type is not known.
pub(super) fn whole(front: &Front, reply: &[u8]) -> Response<Bytes> {
    let prelude = split(reply).filter(|(prelude, _)| front.kind == Kind::RestApi || Reply::strict(prelude).is_some());
    match prelude {
        Some((prelude, body)) => match head(front, prelude).0 {
            Some(head) => head.map(|()| Bytes::copy_from_slice(reply.get(body..).unwrap_or_default())),
            None => malformed(front),
        },
        None if front.kind == Kind::RestApi => malformed(front),
        None => plain(None).map(|()| Bytes::copy_from_slice(reply)),
    }
}

/// What a front answers instead of a stream that does not begin as it has to.
pub(crate) fn malformed(front: &Front) -> Response<Bytes> {
    refusal(front, StatusCode::INTERNAL_SERVER_ERROR)
}

/// The head that a prelude tells of, if it is one, and what is wrong with it.
pub(crate) fn head(front: &Front, prelude: &[u8]) -> (Option<Response<()>>, Vec<String>) {
    let mut wrong = Vec::new();
    let Some(reply) = Reply::strict(prelude) else {
        return (None, vec!["the prelude is no JSON object".to_owned()]);
    };
    let head = read(front, &reply, &mut wrong);
    if head.is_none() && wrong.is_empty() {
        wrong.push("the prelude has headers that cannot be sent, or too many".to_owned());
    }
    (head, wrong)
}

fn read(front: &Front, reply: &Reply, wrong: &mut Vec<String>) -> Option<Response<()>> {
    let is_rest = front.kind == Kind::RestApi;
    for name in reply.names() {
        match name {
            "statusCode" | "headers" | "cookies" => {}
            "multiValueHeaders" if is_rest => {}
            name => wrong.push(format!("{front} knows no {name:?} in a prelude")),
        }
    }
    let status = if reply.has("statusCode") { reply.status() } else { Some(StatusCode::OK) };
    if status.is_none() {
        wrong.push("the statusCode of the prelude is none".to_owned());
    }
    let (single, multi) = (reply.single("headers"), reply.multi("multiValueHeaders"));
    if single.is_none() {
        wrong.push("the headers of the prelude are no object of strings".to_owned());
    }
    if is_rest && multi.is_none() {
        wrong.push("the multiValueHeaders of the prelude are no object of arrays of strings".to_owned());
    }
    let cookies = cookies(reply);
    if cookies.is_none() {
        wrong.push("the cookies of the prelude are no array of strings".to_owned());
    }
    if !wrong.is_empty() {
        return None;
    }
    let mut headers = merged(multi?, single?);
    headers.extend(cookies?);
    for (name, _) in &mut headers {
        if is_of_connection(name) || *name == header::CONTENT_LENGTH {
            wrong.push(format!("{name} is not for a prelude to tell"));
        }
        // Rule 84: a Function URL renames this one, a REST API more of them.
        if is_rest || *name == header::CONTENT_LENGTH {
            remap(name)?;
        }
    }
    let mut response = assemble(status?, headers, Bytes::new()).map(drop);
    default_content_type(&mut response, if is_rest { "application/json" } else { "application/octet-stream" });
    Some(response).filter(|response| !is_rest || size(response.headers()) <= MAX_API_HEADERS)
}

fn cookies(reply: &Reply) -> Option<Headers> {
    let Some(cookies) = reply.get("cookies") else { return Some(Headers::new()) };
    let cookie = |cookie: &Value| Some((header::SET_COOKIE, header_value(cookie.as_str()?)?));
    cookies.as_array()?.iter().map(cookie).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
    fn a_prelude_is_a_head() {
        let prelude = json!({"statusCode": 201, "headers": {"x": "1, 2"}, "cookies": ["a=1", "b=2"]}).to_string();
        for (front, default) in [(url(), "application/octet-stream"), (rest(), "application/json")] {
            let (head, wrong) = head(&front, prelude.as_bytes());
            let head = head.unwrap();
            assert_eq!((head.status().as_u16(), wrong), (201, vec![]), "{front}");
            assert_eq!((values(&head, "x"), values(&head, "set-cookie")), (vec!["1, 2"], vec!["a=1", "b=2"]));
            assert_eq!(values(&head, "content-type"), [default], "{front}");
            let (head, wrong) = super::head(&front, b"{}");
            assert_eq!((head.unwrap().status().as_u16(), wrong), (200, vec![]), "{front}");
        }
    }

    #[test]
    fn a_rest_api_merges_both_maps() {
        let prelude = json!({"headers": {"x": "1", "y": "3"}, "multiValueHeaders": {"x": ["1", "2"]}}).to_string();
        let (head, wrong) = head(&rest(), prelude.as_bytes());
        let head = head.unwrap();
        assert_eq!((values(&head, "x"), values(&head, "y"), wrong), (vec!["1", "2"], vec!["3"], vec![]));
    }

    #[test]
    fn what_is_no_prelude_is_told() {
        for (front, prelude, about) in [
            (url(), json!({"multiValueHeaders": {"x": ["1"]}}), "multiValueHeaders"),
            (url(), json!({"headers": {"x": ["1"]}}), "strings"),
            (url(), json!({"headers": {"x": 1}}), "strings"),
            (url(), json!({"headers": null}), "strings"),
            (url(), json!({"statusCode": "200"}), "statusCode"),
            (url(), json!({"cookies": "a=1"}), "cookies"),
            (url(), json!({"statusCode": 200, "body": "x"}), "\"body\""),
            (url(), json!([]), "no JSON object"),
            (rest(), json!({"multiValueHeaders": {"x": "1"}}), "arrays"),
            (rest(), json!({"isBase64Encoded": false}), "isBase64Encoded"),
            (rest(), json!({"headers": {"x": "y".repeat(10_240)}}), "too many"),
        ] {
            let (head, wrong) = head(&front, prelude.to_string().as_bytes());
            assert!(head.is_none() && wrong.len() == 1 && wrong[0].contains(about), "{front} {prelude}: {wrong:?}");
        }
        // All that is wrong with it.
        assert_eq!(head(&rest(), br#"{"headers":{"x":1},"cookies":[2],"statusCode":1}"#).1.len(), 3);
    }

    #[test]
    fn what_the_front_sees_to_is_not_in_a_prelude() {
        for front in [url(), rest()] {
            for name in ["content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"]
            {
                let (head, wrong) = head(&front, json!({"headers": {name: "1"}}).to_string().as_bytes());
                let head = head.unwrap();
                assert!(wrong.len() == 1 && wrong[0].starts_with(name), "{front} {name}: {wrong:?}");
                assert!(!head.headers().contains_key(name), "{front} {name}");
                let renamed = head.headers().contains_key("x-amzn-remapped-content-length");
                assert_eq!(renamed, name == "content-length", "{front} {name}");
            }
        }
    }

    #[test]
    fn the_delimiter_is_in_the_first_16_kb() {
        let padded = |size: usize| [vec![b' '; size], vec![0; 8], b"body".to_vec()].concat();
        assert_eq!(split(&padded(3)), Some((&b"   "[..], 11)));
        assert_eq!(split(&padded(MAX_PRELUDE - 8)).unwrap().1, MAX_PRELUDE);
        assert_eq!(split(&padded(MAX_PRELUDE - 7)), None);
        assert_eq!(split(b"{}\0\0\0\0\0\0\0body"), None);
    }

    #[test]
    fn a_whole_reply_is_split_where_it_looks_like_one() {
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
