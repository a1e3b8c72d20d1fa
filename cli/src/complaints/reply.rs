//! The faults of a buffered reply.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

use crate::history::{Complaint, Detail};

const API_FORMAT: &str =
    "https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html#apigateway-types-transforms";
const URL_FORMAT: &str = "https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads";
const ALB_FORMAT: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#respond-to-load-balancer";
const LATTICE_FORMAT: &str = "https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html";

/// Returns the reasons for which a front does not accept a reply, and the members that it ignores.
pub(super) fn complaints(detail: &Detail) -> Vec<Complaint> {
    let Some(reply) = detail.reply.as_ref().filter(|reply| !reply.is_streamed && !reply.body.is_truncated()) else {
        return Vec::new();
    };
    if detail.summary.kind != "http" || detail.summary.error.is_some() {
        return Vec::new();
    }
    let (front, link) = (&*detail.summary.front, link(&detail.summary.front));
    let reply: Result<Value, _> = serde_json::from_slice(&reply.body.bytes());
    let sent = reply.as_ref().ok().and_then(|reply| reply.get("statusCode")?.as_u64());
    // The front has sent an error of its own.
    let is_rejected = detail.summary.status.is_some_and(|status| status >= 500 && Some(u64::from(status)) != sent);
    if is_rejected {
        let mut faults = faults(&reply);
        if faults.is_empty() {
            faults.push("it is valid for another front".to_owned());
        }
        let text = |fault| format!("{front} does not accept the reply: {fault}");
        return faults.into_iter().map(|fault| Complaint { level: "error", text: text(fault), link }).collect();
    }
    let ignored = reply.ok().into_iter().flat_map(|reply| ignored(front, &reply)).map(|name| {
        let text = format!("{front} ignores the member `{name}` of the reply");
        Complaint { level: "warning", text, link }
    });
    ignored.collect()
}

fn link(front: &str) -> &'static str {
    match front {
        "function-url" => URL_FORMAT,
        "alb" | "alb-multi-value" => ALB_FORMAT,
        "lattice-v1" | "lattice-v2" => LATTICE_FORMAT,
        _ => API_FORMAT,
    }
}

/// The members with headers or cookies that a front does not read.
fn ignored(front: &str, reply: &Value) -> Vec<&'static str> {
    let unread: &[&str] = match front {
        "http-api" | "function-url" | "lattice-v1" | "lattice-v2" => &["multiValueHeaders"],
        "alb-multi-value" => &["headers"],
        "alb" => &["multiValueHeaders"],
        "http-api-v1" => &["cookies"],
        _ => &[],
    };
    let is_sent = |name: &&str| reply.get(name).is_some_and(|value| !value.is_null() && !is_empty(value));
    // A reply with both maps is for both modes of a load balancer.
    let has_both = is_sent(&"headers") && is_sent(&"multiValueHeaders");
    unread.iter().filter(|name| is_sent(name) && !(has_both && **name != "cookies")).copied().collect()
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

/// The faults of a reply for all fronts.
fn faults(reply: &Result<Value, serde_json::Error>) -> Vec<String> {
    let reply = match reply {
        Ok(Value::Object(reply)) => reply,
        Ok(_) => return vec!["it is JSON, but not an object".to_owned()],
        Err(error) => return vec![format!("it is not JSON: {error}")],
    };
    let mut faults = Vec::new();
    match reply.get("statusCode") {
        None => faults.push("it has no `statusCode`".to_owned()),
        Some(status) if !status.as_u64().is_some_and(|status| (200..600).contains(&status)) => {
            faults.push(format!("`statusCode` is {status}, not an integer from 200 to 599"));
        }
        Some(_) => {}
    }
    faults.extend(header_faults(reply, "headers", "a string", |value| value.is_string()));
    let is_array = |value: &Value| value.as_array().is_some_and(|values| values.iter().all(Value::is_string));
    faults.extend(header_faults(reply, "multiValueHeaders", "an array of strings", is_array));
    if reply.get("cookies").is_some_and(|cookies| !is_array(cookies)) {
        faults.push("`cookies` is not an array of strings".to_owned());
    }
    faults.extend(body_fault(reply));
    for name in reply.keys() {
        let known =
            ["statusCode", "statusDescription", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded"];
        if !known.contains(&name.as_str()) {
            faults.push(format!("it has the unknown member `{name}`"));
        }
    }
    faults
}

fn header_faults(reply: &Map<String, Value>, map: &str, kind: &str, is_valid: impl Fn(&Value) -> bool) -> Vec<String> {
    match reply.get(map) {
        None => Vec::new(),
        Some(Value::Object(headers)) => {
            let invalid = headers.iter().filter(|(_, value)| !is_valid(value));
            invalid.map(|(name, _)| format!("the header `{name}` of `{map}` is not {kind}")).collect()
        }
        Some(_) => vec![format!("`{map}` is not an object")],
    }
}

fn body_fault(reply: &Map<String, Value>) -> Option<String> {
    let body = match reply.get("body") {
        None | Some(Value::Null) => "",
        Some(Value::String(body)) => body,
        Some(_) => return Some("`body` is not a string; encode JSON as a string".to_owned()),
    };
    match reply.get("isBase64Encoded") {
        None | Some(Value::Bool(false)) => None,
        Some(Value::Bool(true)) => {
            let error = STANDARD.decode(body).err()?;
            Some(format!("`isBase64Encoded` is true, and `body` is not base64: {error}"))
        }
        Some(_) => Some("`isBase64Encoded` is not a boolean".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{BodyRecord, ReplyRecord};

    fn texts(front: &str, status: u16, reply: &str) -> Vec<String> {
        let mut detail = Detail::default();
        front.clone_into(&mut detail.summary.front);
        (detail.summary.kind, detail.summary.status) = ("http", Some(status));
        detail.reply = Some(ReplyRecord { body: BodyRecord::new(None, reply.as_bytes()), ..ReplyRecord::default() });
        complaints(&detail).into_iter().map(|complaint| complaint.text).collect()
    }

    #[test]
    fn names_the_faults_of_a_reply_that_the_front_rejects() {
        for (reply, expected) in [
            ("no json", "it is not JSON: expected ident at line 1 column 2"),
            ("[]", "it is JSON, but not an object"),
            ("{}", "it has no `statusCode`"),
            (r#"{"statusCode":"200"}"#, "`statusCode` is \"200\", not an integer from 200 to 599"),
            (r#"{"statusCode":200,"headers":{"x-a":1}}"#, "the header `x-a` of `headers` is not a string"),
            (r#"{"statusCode":200,"headers":[]}"#, "`headers` is not an object"),
            (
                r#"{"statusCode":200,"multiValueHeaders":{"x-a":"1"}}"#,
                "the header `x-a` of `multiValueHeaders` is not an array of strings",
            ),
            (r#"{"statusCode":200,"body":{"a":1}}"#, "`body` is not a string; encode JSON as a string"),
            (
                r#"{"statusCode":200,"body":"x","isBase64Encoded":true}"#,
                "`isBase64Encoded` is true, and `body` is not base64: Invalid input length: 1",
            ),
            (r#"{"statusCode":200,"isBase64Encoded":"no"}"#, "`isBase64Encoded` is not a boolean"),
            (r#"{"statusCode":200,"cookies":"a=1"}"#, "`cookies` is not an array of strings"),
            (r#"{"statusCode":200,"status":200}"#, "it has the unknown member `status`"),
        ] {
            let expected = format!("rest-api does not accept the reply: {expected}");
            assert_eq!(texts("rest-api", 502, reply), [expected], "{reply}");
            assert_eq!(texts("rest-api", 200, reply).len(), 0, "{reply}");
        }
        // The function's own 502.
        assert_eq!(texts("rest-api", 502, r#"{"statusCode":502}"#), [""; 0]);
    }

    #[test]
    fn names_the_members_that_a_front_ignores() {
        let reply = r#"{"statusCode":200,"multiValueHeaders":{"a":["1"]}}"#;
        assert_eq!(texts("http-api", 200, reply), ["http-api ignores the member `multiValueHeaders` of the reply"]);
        assert_eq!(texts("rest-api", 200, reply), [""; 0]);
        let both = r#"{"statusCode":200,"headers":{"a":"1"},"multiValueHeaders":{"a":["1"]}}"#;
        assert_eq!(texts("alb", 200, both), [""; 0]);
        assert_eq!(texts("alb", 200, r#"{"statusCode":200,"multiValueHeaders":{}}"#), [""; 0]);
    }
}
