//! The fronts: one file for each. This file is the only one that names them all.

mod alb;
mod authorizer;
mod edge;
mod event_route;
mod lattice_v1;
mod lattice_v2;
mod payload_v1;
mod payload_v2;
mod vercel;
mod websocket;

use std::sync::LazyLock;

use crate::lambda::event::{
    fields::EventFields,
    front::{EventFormat, FrontSpec, Recognition},
    own_keys::KeyTable,
    rejection::Rejection,
};

/// All fronts, in the order in which an event is compared with them. The order matters for fronts that overlap:
///
/// - `authorizer` before both payloads: a `REQUEST` authorizer gets the members of the request that it authorizes.
/// - `alb` before `payload_v1`: both send `httpMethod` and `path`, and only a load balancer sends `elb`.
/// - `websocket` before both payloads: its events have the `apiId` of API Gateway and a `routeKey`, without `http`. An event
///   of a handshake may have `httpMethod` too.
/// - `payload_v2` before `payload_v1`: both have an `apiId` and a domain, and only version 2.0 has `http`.
///
/// The others share no member that identifies them. An event that no front recognizes goes to the route for events. The test
/// `fronts_overlap_as_documented` compares every front with an event of every other.
const FRONTS: &[FrontSpec] = &[
    vercel::FRONT,
    authorizer::FRONT,
    edge::FRONT,
    alb::FRONT,
    lattice_v2::FRONT,
    lattice_v1::FRONT,
    websocket::FRONT,
    payload_v2::FRONT,
    payload_v1::FRONT,
];

/// Returns the keys that the fronts declare.
pub(crate) fn keys() -> &'static KeyTable {
    static KEYS: LazyLock<KeyTable> = LazyLock::new(|| KeyTable::new(FRONTS.iter().map(|front| front.keys)));
    &KEYS
}

/// Returns the format of an event.
///
/// # Errors
/// The event is of a front and cannot be served.
pub(crate) fn recognize(fields: &EventFields<'_>) -> Result<&'static EventFormat, Rejection> {
    for front in FRONTS {
        match (front.recognize)(fields) {
            Recognition::No => {}
            Recognition::Broken(reason) => return Err(Rejection::unsupported(front.name, reason)),
            Recognition::Yes(format) => return Ok(format),
        }
    }
    Ok(&event_route::FORMAT)
}

/// Whether events of this format are of no front.
pub(crate) fn is_event_route(format: &EventFormat) -> bool {
    format.log_name == event_route::FORMAT.log_name
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names of all fronts that do not answer `No`, with `!` after those that answer `Broken`.
    fn claims(event: &str) -> Vec<String> {
        let fields = EventFields::read(event.as_bytes(), keys()).unwrap();
        let claims = FRONTS.iter().filter_map(|front| match (front.recognize)(&fields) {
            Recognition::No => None,
            Recognition::Broken(_) => Some(format!("{}!", front.name)),
            Recognition::Yes(format) => Some(format.log_name.to_owned()),
        });
        claims.collect()
    }

    #[test]
    fn fronts_overlap_as_documented() {
        const V1: &str = "an event of API Gateway (a REST API, or an HTTP API with payload format version 1.0)!";
        const V2: &str = "an event of an HTTP API or a Function URL!";
        for (event, expected) in [
            (r#"{"Action":"Invoke","body":"{}"}"#, &["vercel"][..]),
            (
                r#"{"methodArn":"arn","httpMethod":"GET","path":"/","requestContext":{"apiId":"a","domainName":"d"}}"#,
                &["an event of an authorizer!", "rest-api"],
            ),
            (
                r#"{"routeArn":"arn","rawPath":"/","requestContext":{"apiId":"a","http":{"method":"GET"},"domainName":"d.com"}}"#,
                &["an event of an authorizer!", "http-api", V1],
            ),
            (r#"{"Records":[{"cf":{"request":{}}}]}"#, &["an event of Lambda@Edge!"]),
            (r#"{"httpMethod":"GET","path":"/","headers":{},"requestContext":{"elb":{}}}"#, &["alb", "rest-api"]),
            (
                r#"{"version":"2.0","path":"/","method":"GET","headers":{},"requestContext":{"serviceArn":"arn"}}"#,
                &["vpc-lattice"],
            ),
            (r#"{"raw_path":"/","method":"GET","headers":{},"is_base64_encoded":false}"#, &["vpc-lattice"]),
            (
                r#"{"requestContext":{"routeKey":"a","eventType":"MESSAGE","connectionId":"c","apiId":"a","domainName":"d"}}"#,
                &["websocket-api", V2, V1],
            ),
            (
                r#"{"headers":{},"httpMethod":"GET","requestContext":{"eventType":"CONNECT","connectionId":"c","apiId":"a"}}"#,
                &["websocket-api", "rest-api"],
            ),
            (
                r#"{"version":"2.0","rawPath":"/","requestContext":{"apiId":"a","domainName":"d.com","http":{"method":"GET"}}}"#,
                &["http-api", V1],
            ),
            (
                r#"{"version":"1.0","httpMethod":"GET","path":"/","requestContext":{"apiId":"a","domainName":"d.com"}}"#,
                &["http-api"],
            ),
            (
                r#"{"resource":"/","httpMethod":"GET","path":"/","requestContext":{"apiId":"a","domainName":"d.com"}}"#,
                &["rest-api"],
            ),
            (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, &[]),
        ] {
            assert_eq!(claims(event), expected, "{event}");
        }
    }

    #[test]
    fn rejects_a_broken_event_of_one_front_that_another_recognizes() {
        for (event, front) in [
            (
                r#"{"requestContext":{"connectionId":"c","eventType":"OTHER"},"httpMethod":"GET","path":"/"}"#,
                "WebSocket",
            ),
            (r#"{"raw_path":"/","httpMethod":"GET","path":"/"}"#, "Lattice"),
        ] {
            let fields = EventFields::read(event.as_bytes(), keys()).unwrap();
            let Err(Rejection::Failed { message, .. }) = recognize(&fields) else { panic!("{event}") };
            assert!(message.contains(front), "{message}");
        }
    }
}
