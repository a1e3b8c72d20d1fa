//! Events that do not become a request, and the errors for them.

use crate::{
    json::read::{Malformed, Reader},
    lambda::{event::text::quote, reply::ReplyShape},
};

/// The reason why an event does not become a request.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// The front is known, so its client gets 400 with this reason.
    BadRequest(ReplyShape, String),
    /// The client requested a path that is reserved for events, and gets 404.
    NotFound(ReplyShape),
    /// The invocation fails: no client waits for a response, or the format of a response is unknown.
    Failed {
        /// In the form of the Runtime API: `Category.Reason`.
        error_type: &'static str,
        message: String,
    },
}

/// Keys that identify events that are not HTTP, with a name for the events.
const KNOWN_EVENTS: &[(&[u8], &str)] = &[
    (b"Records", "an event with Records, such as SQS, SNS, S3, DynamoDB and Kinesis send"),
    (b"detail-type", "an event of EventBridge"),
    (b"ResourceProperties", "an event of a CloudFormation custom resource"),
    (b"arguments", "an event of AppSync"),
];

impl Rejection {
    pub(crate) fn malformed(event: &[u8], malformed: Malformed) -> Self {
        Self::Failed {
            error_type: "Runtime.MalformedEvent",
            message: format!("cannot read the event: invalid JSON at byte {} of {}", malformed.at, event.len()),
        }
    }

    /// Rejects an event that resembles an HTTP request.
    pub(crate) fn unsupported(name: &str, reason: &str) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "cannot serve {name}: {reason}; supported are complete events of REST APIs, HTTP APIs, WebSocket APIs, \
                 Function URLs, Application Load Balancers, VPC Lattice and Vercel"
            ),
        }
    }

    /// Rejects an event that is not HTTP, because the app has no route for events.
    pub(crate) fn unrouted(event: &[u8]) -> Self {
        Self::no_route(&describe(event), "LODGER_EVENTS_PATH", "/events")
    }

    /// Rejects an event that needs a route of the app, because `variable` is not set.
    pub(crate) fn no_route(name: &str, variable: &str, example: &str) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "cannot serve {name}: it is not an HTTP request, and the app has no route for it; set {variable}, for example \
                 to {example}, to POST such events to the app"
            ),
        }
    }
}

/// Describes an event by its keys. Reads the event again, because rejections are rare.
fn describe(event: &[u8]) -> String {
    let mut known = None;
    let mut keys = Vec::new();
    let is_object = Reader::new(event).object(|value, key| {
        let key = key.decode().unwrap_or_default();
        known = known.or_else(|| KNOWN_EVENTS.iter().find(|(known, _)| *known == &*key));
        // At most eight: an event may have many keys, and the values may be confidential.
        if keys.len() < 8 {
            keys.push(quote(&key));
        }
        value.skip().map(drop)
    });
    match known {
        _ if is_object != Ok(true) => "an event that is not a JSON object".to_owned(),
        Some((_, name)) => (*name).to_owned(),
        None => format!("an event of an unknown kind, with the keys [{}]", keys.join(", ")),
    }
}
