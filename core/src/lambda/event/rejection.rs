//! Events that no request can be made of, and what is said about them.

use crate::{
    json::read::{Malformed, Reader},
    lambda::{event::quoted, reply::ReplyShape},
};

/// Why there is no request.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// The front is known, and so how to answer its client: with 400, and why.
    BadRequest(ReplyShape, String),
    /// The client asks for what is for events alone: 404.
    NotFound(ReplyShape),
    /// Nobody waits for an HTTP response, or nobody knows how it would have to look.
    Failed {
        /// As the Runtime API wants it: `Category.Reason`.
        error_type: &'static str,
        message: String,
    },
}

/// Events that are not HTTP, and a key that others do not have.
const KNOWN: &[(&[u8], &str)] = &[
    (b"Records", "an event with Records, as SQS, SNS, S3, DynamoDB and Kinesis send them"),
    (b"detail-type", "an event of EventBridge"),
    (b"ResourceProperties", "an event of a CloudFormation custom resource"),
    (b"arguments", "an event of AppSync"),
];

impl Rejection {
    pub(crate) fn malformed(event: &[u8], malformed: Malformed) -> Self {
        Self::Failed {
            error_type: "Runtime.MalformedEvent",
            message: format!("the event is no JSON: it ceases to be at byte {} of {}", malformed.at, event.len()),
        }
    }

    /// An event that looks like one of HTTP, and cannot be served as one.
    pub(crate) fn unsupported(name: &str) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "this is {name}, and no request for an app; supported are events of REST APIs, HTTP APIs, WebSocket APIs, \
                 Function URLs, Application Load Balancers, VPC Lattice and Vercel, with the parts that each of them has"
            ),
        }
    }

    /// An event that is not HTTP, where the app has no route for such.
    pub(crate) fn unrouted(event: &[u8]) -> Self {
        Self::no_route(&name(event), "LODGER_EVENTS_PATH", "/events")
    }

    /// An event that needs a route of the app, which `variable` would name.
    pub(crate) fn no_route(what: &str, variable: &str, example: &str) -> Self {
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
    let mut known = None;
    let mut keys = Vec::new();
    let is_object = Reader::new(event).object(|value, key| {
        let key = key.decode().unwrap_or_default();
        known = known.or_else(|| KNOWN.iter().find(|(known, _)| *known == &*key));
        // The event may have many, and hold what a log should not.
        if keys.len() < 8 {
            keys.push(quoted(&key));
        }
        value.skip().map(drop)
    });
    match known {
        _ if is_object != Ok(true) => "no JSON object".to_owned(),
        Some((_, name)) => (*name).to_owned(),
        None => format!("an event of an unknown kind, with the keys [{}]", keys.join(", ")),
    }
}
