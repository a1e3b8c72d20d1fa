//! Events that no request can be made of, and what is said about them.

use super::{
    json::{Malformed, Reader},
    quoted,
};

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::lambda) enum Refusal {
    /// The front is known, and so how to answer its client: with 400, and why.
    BadRequest(String),
    /// Nobody waits for an HTTP response, or nobody knows how it would have to look.
    Failed {
        /// As the Runtime API wants it: `Category.Reason`.
        error_type: &'static str,
        message: String,
    },
}

/// Shapes of events that are known by a key which others do not have. Those within `requestContext` begin with a dot.
/// The first that fits names the event: an authorizer's looks like a request in all else.
const KNOWN: &[(&str, &str)] = &[
    ("methodArn", "an authorizer event"),
    ("routeArn", "an authorizer event"),
    (".elb", "an event of an Application Load Balancer"),
    (".serviceArn", "an event of VPC Lattice"),
    (".serviceNetworkArn", "an event of VPC Lattice"),
    ("raw_path", "an event of VPC Lattice (version 1)"),
    (".connectionId", "an event of a WebSocket API"),
    ("httpMethod", "an event of a REST API or of payload format version 1.0"),
    ("Records", "an event with Records, as SQS, SNS, S3, DynamoDB, Kinesis and CloudFront send them"),
    ("detail-type", "an event of EventBridge"),
    ("ResourceProperties", "an event of a CloudFormation custom resource"),
    ("arguments", "an event of AppSync"),
];

impl Refusal {
    pub(super) fn malformed(event: &[u8], malformed: Malformed) -> Self {
        Self::Failed {
            error_type: "Runtime.MalformedEvent",
            message: format!(
                "the event is no JSON object: it ceases to be one at byte {} of {}",
                malformed.at,
                event.len()
            ),
        }
    }

    pub(super) fn unsupported(event: &[u8]) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "this is {}; supported are events of HTTP APIs (payload format version 2.0) and of Function URLs",
                name(event)
            ),
        }
    }
}

/// What an event is, as well as its keys tell. It is read anew for that, because hardly any event is refused.
fn name(event: &[u8]) -> String {
    let mut known = KNOWN.len();
    let mut keys = Vec::new();
    let mut look_up = |prefix: &str, key: &[u8]| {
        let is_it = |(name, _): &&(&str, &str)| name.strip_prefix(prefix).is_some_and(|name| name.as_bytes() == key);
        // Without a dot one is of the event itself.
        let is_here = |entry: &&(&str, &str)| is_it(entry) && (!prefix.is_empty() || !entry.0.starts_with('.'));
        known = KNOWN.iter().position(|entry| is_here(&entry)).unwrap_or(known).min(known);
    };
    let is_object = Reader::new(event).object(|value, key| {
        let key = key.decode().unwrap_or_default();
        look_up("", &key);
        // The event may have many, and hold what a log should not.
        if keys.len() < 8 {
            keys.push(quoted(&key));
        }
        if *key == *b"requestContext" {
            value.object(|value, key| {
                look_up(".", &key.decode().unwrap_or_default());
                value.skip().map(drop)
            })?;
        } else {
            value.skip()?;
        }
        Ok(())
    });
    match KNOWN.get(known) {
        _ if is_object != Ok(true) => "no JSON object".to_owned(),
        Some((_, name)) => (*name).to_owned(),
        None => format!("an event of an unknown kind, with the keys [{}]", keys.join(", ")),
    }
}
