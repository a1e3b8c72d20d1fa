//! Replies to an Application Load Balancer.

use bytes::Bytes;
use http::Response;

use super::{assemble, reply::Reply, size};
use crate::{front::Front, kind::Kind};

/// What an ALB takes as a reply, JSON and all.
const MAX_REPLY: usize = 1024 * 1024;
/// What it lets through as headers (rule 87).
const MAX_HEADERS: usize = 32 * 1024;

pub(super) fn response(front: &Front, reply: &[u8]) -> Option<Response<Bytes>> {
    if reply.len() > MAX_REPLY {
        return None;
    }
    // Rule 71.
    let known = ["statusCode", "statusDescription", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
    let reply = Reply::strict(reply)?.only(&known)?;
    if let Some(description) = reply.get("statusDescription") {
        is_description(description.as_str()?).then_some(())?;
    }
    for either in ["headers", "multiValueHeaders"] {
        // Both may be there (rule 77), but no null for either.
        reply.get(either).is_none_or(serde_json::Value::is_object).then_some(())?;
    }
    let headers = match front.kind {
        Kind::AlbMultiValue => reply.multi("multiValueHeaders")?,
        _ => reply.single("headers")?,
    };
    let response = assemble(reply.status()?, headers, reply.body()?);
    Some(response).filter(|response| size(response.headers()) <= MAX_HEADERS)
}

/// Rule 80: the code, a space, and a reason.
fn is_description(description: &str) -> bool {
    let Some((code, reason)) = description.split_once(' ') else { return false };
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()) && !reason.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::of;
    use serde_json::{Value, json};

    fn response(front: &Front, reply: Value) -> Response<Bytes> {
        of(front, reply.to_string().as_bytes())
    }

    #[test]
    fn each_mode_looks_at_its_own_map() {
        let reply = json!({"statusCode": 200, "statusDescription": "200 OK", "isBase64Encoded": true, "body": "iVBO",
            "headers": {"x": "1", "set-cookie": "a=1", "Set-cookie": "b=2"},
            "multiValueHeaders": {"x": ["2", "3"], "set-cookie": ["c=3"]}});
        for (front, x, cookies) in
            [(Front::alb(), vec!["1"], vec!["a=1", "b=2"]), (Front::alb_multi_value(), vec!["2", "3"], vec!["c=3"])]
        {
            let response = response(&front, reply.clone());
            assert_eq!(response.headers().get_all("x").iter().collect::<Vec<_>>(), x, "{front}");
            assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), cookies, "{front}");
            assert_eq!(&response.body()[..], b"\x89PN", "{front}");
            assert!(!response.headers().contains_key("content-type"), "{front}");
        }
    }

    #[test]
    fn what_is_not_to_the_letter_is_a_502() {
        for front in [Front::alb(), Front::alb_multi_value()] {
            for reply in [
                json!({"statusCode": 200, "cookies": []}),
                json!({"statusCode": 200, "statusDescription": null}),
                json!({"statusCode": 200, "statusDescription": "OK"}),
                json!({"statusCode": 599, "statusDescription": "599 "}),
                json!({"statusCode": 200, "statusDescription": "OKs now"}),
                json!({"headers": {}}),
            ] {
                let response = response(&front, reply.clone());
                assert_eq!(response.status(), 502, "{front}: {reply}");
                assert!(response.body().starts_with(b"<html>"), "{front}: {reply}");
            }
            let reply = json!({"statusCode": 599, "statusDescription": "599 Unknown"});
            assert_eq!(response(&front, reply).status(), 599);
        }
        let null = json!({"statusCode": 200, "headers": {"x": null}, "multiValueHeaders": {"x": null}});
        for front in [Front::alb(), Front::alb_multi_value()] {
            assert_eq!(response(&front, null.clone()).status(), 502, "{front}");
        }
        let arrays = json!({"statusCode": 200, "headers": {"x": ["1"]}});
        assert_eq!(response(&Front::alb(), arrays).status(), 502);
        let strings = json!({"statusCode": 200, "multiValueHeaders": {"x": "1"}});
        assert_eq!(response(&Front::alb_multi_value(), strings).status(), 502);
    }
}
