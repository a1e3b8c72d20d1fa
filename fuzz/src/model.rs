//! The request that an app receives, and the response that a client receives, according to the model of the fronts in `tests/`.

use bytes::Bytes;
use http::Response;
use lodger_gateway::Front;
use serde_json::{Value, json};

use crate::{
    client::ClientRequest,
    frameworks::Framework,
    losses::{self, Headers, RepeatedHeaders, comparable_response, merge_headers},
    probe::{headers, latin1},
};

/// Returns the request that an app receives. Returns `None` if the front responds itself.
pub fn expected_request(front: &Front, framework: Framework, sent: &ClientRequest) -> Option<Value> {
    let mut on_server: Headers = vec![("host".into(), "example.com".into())];
    on_server.extend(sent.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), latin1(value))));
    // Programs that an app starts could take it for a setting (CVE-2016-5385).
    on_server.retain(|(name, _)| name != "proxy");
    if !sent.body.is_empty() {
        on_server.push(("content-length".into(), sent.body.len().to_string()));
    }
    on_server.sort_by(|one, other| one.0.cmp(&other.0));
    let seen = json!({"method": sent.method, "uri": sent.target, "headers": on_server, "body": latin1(&sent.body)});
    let mut seen = losses::expected_request(front, seen, sent)?;
    if framework == Framework::Warp {
        // Lodger joins the headers of one name for warp.
        let all: Headers = serde_json::from_value(seen["headers"].take()).expect("the model has made it");
        seen["headers"] = json!(merge_headers(all, |_| RepeatedHeaders::Joined(", ")));
    }
    Some(seen)
}

/// Returns the response that a client receives, given the one of the app.
pub fn expected_response(front: &Front, planned: &Response<Bytes>, is_head: bool) -> Value {
    let mut on_server = headers(planned.headers());
    let length = planned.body().len();
    if is_head && length > 0 {
        on_server.push(("content-length".into(), length.to_string()));
    }
    on_server.sort_by(|one, other| one.0.cmp(&other.0));
    let body = if is_head { String::new() } else { latin1(planned.body()) };
    let on_server = json!({"status": planned.status().as_u16(), "headers": on_server, "body": body});
    without_empty_length(losses::expected_response(front, on_server, is_head))
}

/// Returns the response in the form of [`expected_response`].
pub fn received_response(response: &Response<Bytes>, is_head: bool) -> Value {
    without_empty_length(comparable_response(response, is_head))
}

/// Frameworks differ in whether the response to HEAD has a length if there is no body.
fn without_empty_length(mut response: Value) -> Value {
    let headers = response["headers"].as_array_mut().expect("the model has made it");
    let empty = [json!(["content-length", "0"]), json!(["x-amzn-remapped-content-length", "0"])];
    headers.retain(|header| !empty.contains(header));
    response
}
