//! Events that no request can be made of, and what is said about them.

use super::{
    json::{Malformed, Reader},
    quoted,
};
use crate::lambda::reply::Shape;

/// Why there is no request.
#[derive(Debug)]
pub(in crate::lambda) enum Refusal {
    /// The front is known, and so how to answer its client: with 400, and why.
    BadRequest(Shape, String),
    /// The client asks for what is for events alone: 404.
    NotFound(Shape),
    /// Nobody waits for an HTTP response, or nobody knows how it would have to look.
    Failed {
        /// As the Runtime API wants it: `Category.Reason`.
        error_type: &'static str,
        message: String,
    },
}

/// Shapes of events that are known by a key which others do not have. Those within `requestContext` begin with a dot, those
/// within the first of the `Records` with two. The first that fits names the event: an authorizer's looks like a request
/// in all else.
const KNOWN: &[(&str, &str)] = &[
    ("methodArn", "an authorizer event"),
    ("routeArn", "an authorizer event"),
    ("..cf", "an event of Lambda@Edge"),
    (".elb", "an event of an Application Load Balancer"),
    (".serviceArn", "an event of VPC Lattice"),
    (".serviceNetworkArn", "an event of VPC Lattice"),
    ("raw_path", "an event of VPC Lattice (version 1)"),
    (".connectionId", "an event of a WebSocket API"),
    (".http", "an event of an HTTP API or a Function URL"),
    ("rawPath", "an event of an HTTP API or a Function URL"),
    (".apiId", "an event of an API of API Gateway"),
    ("Records", "an event with Records, as SQS, SNS, S3, DynamoDB and Kinesis send them"),
    ("detail-type", "an event of EventBridge"),
    ("ResourceProperties", "an event of a CloudFormation custom resource"),
    ("arguments", "an event of AppSync"),
];

impl Refusal {
    pub(super) fn malformed(event: &[u8], malformed: Malformed) -> Self {
        Self::Failed {
            error_type: "Runtime.MalformedEvent",
            message: format!("the event is no JSON: it ceases to be at byte {} of {}", malformed.at, event.len()),
        }
    }

    /// An event that looks like one of HTTP, and cannot be served as one.
    pub(super) fn unsupported(event: &[u8]) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "this is {}, and no request for an app; supported are those of REST APIs, HTTP APIs, WebSocket APIs, Function \
                 URLs, Application Load Balancers and VPC Lattice, with the parts that each of them has",
                name(event)
            ),
        }
    }

    /// An event that is not HTTP, where the app has no route for such.
    pub(super) fn unrouted(event: &[u8]) -> Self {
        Self::no_route(&name(event), "LODGER_EVENTS_PATH", "/events")
    }

    /// An event that needs a route of the app, which `variable` would name.
    pub(super) fn no_route(what: &str, variable: &str, example: &str) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "this is {what}, and no HTTP request; set {variable}, to {example} say, to have such events POSTed to the app there"
            ),
        }
    }
}

/// What an event is, as well as its keys tell. It is read anew for that, because hardly any event is refused.
fn name(event: &[u8]) -> String {
    let mut known = KNOWN.len();
    let mut keys = Vec::new();
    let mut look_up = |prefix: &str, key: &[u8]| {
        let key = std::str::from_utf8(key).unwrap_or_default();
        // The dots of a longer prefix are no part of a key.
        let is_here = |(name, _): &(&str, &str)| name.strip_prefix(prefix) == Some(key) && !key.starts_with('.');
        known = KNOWN.iter().position(is_here).unwrap_or(known).min(known);
    };
    let is_object = Reader::new(event).object(|value, key| {
        let key = key.decode().unwrap_or_default();
        look_up("", &key);
        // The event may have many, and hold what a log should not.
        if keys.len() < 8 {
            keys.push(quoted(&key));
        }
        let mut look_within = |value: &mut Reader<'_>, prefix| {
            let is_object = value.object(|value, key| {
                look_up(prefix, &key.decode().unwrap_or_default());
                value.skip().map(drop)
            });
            is_object.map(drop)
        };
        match &*key {
            b"requestContext" => look_within(value, "."),
            b"Records" => value.array(|record| look_within(record, "..")).map(drop),
            _ => value.skip().map(drop),
        }
    });
    match KNOWN.get(known) {
        _ if is_object != Ok(true) => "no JSON object".to_owned(),
        Some((_, name)) => (*name).to_owned(),
        None => format!("an event of an unknown kind, with the keys [{}]", keys.join(", ")),
    }
}
