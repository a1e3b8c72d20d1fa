//! Events of Lambda that are not HTTP: queues, schedules, WebSockets.
//!
//! By default, such an event fails with an error that names the kind of the event. With a route for events, the app
//! responds to them like to requests:
//!
//! | setting | request to the app | response of the app |
//! |---|---|---|
//! | [`Lodger::events_path`] | a POST with the event as JSON, content type `application/json` | The result of the invocation: JSON unchanged, such as `batchItemFailures` for a queue; other text as a JSON string. A status other than 2xx fails the invocation. |
//! | [`Lodger::websocket_path`] | a POST to the route key below the path, such as `/ws/$connect`, with the message as the body; for the handshake with its headers and query | To `$connect`: the status accepts or rejects the client. To other routes: a status other than 2xx fails the invocation, and the body goes to the route response. |
//!
//! # Security
//!
//! No HTTP request reaches the route that is set, or a path below it, on any host. Lodger responds with 404 to every path
//! that a router may take for the route: with escapes, other slashes, other case, or `..`. Lodger also responds with 404
//! to any path with a segment that is percent-encoded more than three times over.
//!
//! The protection covers only the path that is in effect:
//!
//! | code | variable | events go to | an HTTP request to `/events` |
//! |---|---|---|---|
//! | `events_path("/events")` | not set, or empty | `/events` | gets 404 |
//! | `events_path("/events")` | `LODGER_EVENTS_PATH=/internal` | `/internal` | **reaches the app** |
//! | nothing | `LODGER_EVENTS_PATH=/events` | `/events` | gets 404 |
//! | nothing | not set, or empty | no route: events fail | **reaches the app** |
//!
//! So set the path in code, and do not set the variable to another path. The same applies to
//! [`Lodger::websocket_path`] and `LODGER_WEBSOCKET_PATH`.
//!
//! A handler that does not depend on the settings checks for the extension [`SyntheticRequest`]: Lodger adds it to the
//! requests that it makes from events, and no client can. As an extractor it responds with 500 to any other request:
//!
//! ```
//! use axum::{Json, Router, routing::post};
//! use lodger::lambda::SyntheticRequest;
//! use serde_json::Value;
//!
//! async fn messages(_: SyntheticRequest, Json(event): Json<Value>) {
//!     println!("{event}");
//! }
//! # let _: Router = Router::new().route("/events", post(messages));
//! ```
//!
//! The page of [`SyntheticRequest`] says which events to trust.
//!
//! Lodger always rejects events that resemble an HTTP request without being one, such as events of authorizers and of
//! Lambda@Edge.
//!
//! [`Lodger::events_path`]: crate::Lodger::events_path
//! [`Lodger::websocket_path`]: crate::Lodger::websocket_path
//! [`SyntheticRequest`]: crate::lambda::SyntheticRequest
