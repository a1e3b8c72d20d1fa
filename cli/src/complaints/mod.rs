//! The limits of AWS that an invocation is near or beyond, and the faults of a reply that a front does not accept.

mod reply;

use crate::{
    history::{Complaint, Detail},
    size::rounded_size,
};

/// The maximum size of an event, and of a buffered reply, in bytes.
const MAX_PAYLOAD: usize = 6 * 1024 * 1024;
/// The maximum size of a reply to an Application Load Balancer, in bytes.
const MAX_ALB_REPLY: usize = 1024 * 1024;
/// The maximum size of the names and values of all response headers of API Gateway, in bytes.
const MAX_HEADERS: usize = 10_240;
/// The longest wait of a REST API for a function by default, and of an HTTP API, in seconds.
const REST_API_WAIT: f64 = 29.0;
const HTTP_API_WAIT: f64 = 30.0;

const LAMBDA_LIMITS: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";
const ALB_LIMITS: &str = "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html";
const API_LIMITS: &str =
    "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html";

/// Returns the complaints about an invocation that has ended.
pub fn complaints(detail: &Detail) -> Vec<Complaint> {
    let front = &*detail.summary.front;
    let is_api = front.starts_with("http-api") || front == "rest-api";
    let mut complaints = Vec::new();
    if let Some(event) = &detail.event {
        complaints.extend(near("event", event.size(), MAX_PAYLOAD, LAMBDA_LIMITS));
    }
    if let Some(reply) = detail.reply.as_ref().filter(|reply| !reply.is_streamed) {
        let (limit, link) =
            if front.starts_with("alb") { (MAX_ALB_REPLY, ALB_LIMITS) } else { (MAX_PAYLOAD, LAMBDA_LIMITS) };
        complaints.extend(near("reply", reply.body.size(), limit, link));
    }
    if let Some(response) = detail.response.as_ref().filter(|_| is_api) {
        let size = response.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        complaints.extend(near("response headers", size, MAX_HEADERS, API_LIMITS));
    }
    let limit = if front == "rest-api" { REST_API_WAIT } else { HTTP_API_WAIT };
    let is_streamed = detail.reply.as_ref().is_some_and(|reply| reply.is_streamed);
    let wait = detail.timing.first_byte_ms.map(|wait| wait / 1000.0);
    if let Some(wait) = wait.filter(|wait| is_api && !is_streamed && *wait > limit) {
        let text = format!("the function took {wait:.1} s to reply: {front} waits {limit} s by default");
        complaints.push(Complaint { level: "error", text, link: API_LIMITS });
    }
    complaints.extend(reply::complaints(detail));
    complaints
}

/// Complains about a size above a limit, or above four fifths of it.
fn near(name: &str, size: usize, limit: usize, link: &'static str) -> Option<Complaint> {
    let (level, verb) = match size {
        _ if size > limit => ("error", "exceeds"),
        _ if size > limit / 5 * 4 => ("warning", "is near"),
        _ => return None,
    };
    let text = format!("the {name} of {} {verb} the limit of {}", rounded_size(size), rounded_size(limit));
    Some(Complaint { level, text, link })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{BodyRecord, ReplyRecord, ResponseRecord};

    fn of_reply(front: &str, size: usize) -> Detail {
        let mut detail = Detail::default();
        front.clone_into(&mut detail.summary.front);
        detail.reply = Some(ReplyRecord { body: BodyRecord::new(None, &vec![b'x'; size]), ..ReplyRecord::default() });
        detail
    }

    fn texts(detail: &Detail) -> Vec<String> {
        complaints(detail).into_iter().map(|complaint| format!("{}: {}", complaint.level, complaint.text)).collect()
    }

    #[test]
    fn complains_about_sizes_near_and_beyond_the_limit() {
        for (front, size, expected) in [
            ("function-url", 4 << 20, None),
            ("function-url", 5 << 20, Some("warning: the reply of 5.0 MB is near the limit of 6.0 MB")),
            ("function-url", 7 << 20, Some("error: the reply of 7.0 MB exceeds the limit of 6.0 MB")),
            ("alb", 900 << 10, Some("warning: the reply of 900.0 KB is near the limit of 1.0 MB")),
            ("alb-multi-value", 2 << 20, Some("error: the reply of 2.0 MB exceeds the limit of 1.0 MB")),
        ] {
            let texts = texts(&of_reply(front, size));
            assert_eq!(texts.first().map(String::as_str), expected, "{front} {size}");
        }
    }

    #[test]
    fn complains_about_the_headers_of_apis_and_the_wait_of_a_rest_api() {
        for (front, count) in [("rest-api", 2), ("http-api", 1), ("function-url", 0), ("alb", 0)] {
            let mut detail = Detail::default();
            front.clone_into(&mut detail.summary.front);
            let headers = vec![("x-long".to_owned(), "x".repeat(11_000))];
            let body = BodyRecord::new(None, &[]);
            detail.response = Some(ResponseRecord { status: 200, headers, body, end: "complete" });
            detail.timing.first_byte_ms = Some(29_500.0);
            assert_eq!(texts(&detail).len(), count, "{front}");
        }
    }
}
