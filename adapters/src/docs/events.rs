//! Events of Lambda that are not HTTP: queues, schedules, WebSockets.
//!
//! By default, such an event fails with an error that names the kind of the event. With a route for events, the app
//! responds to them like to requests:
//!
//! | setting | request to the app | response of the app |
//! |---|---|---|
//! | [`Lodger::events_path`] | a POST with the event as JSON | The result of the invocation: JSON unchanged, such as `batchItemFailures` for a queue; other text as a JSON string. A status other than 2xx fails the invocation. |
//! | [`Lodger::websocket_path`] | a POST to the route key below the path, such as `/ws/$connect`, with the message as the body; for the handshake with its headers and query | To `$connect`: the status accepts or rejects the client. To other routes: a status other than 2xx fails the invocation, and the body goes to the route response. |
//!
//! # Security
//!
//! No HTTP request reaches these routes, on any host: Lodger responds with 404 to every spelling of the path. This
//! applies only while the setting is set, so set it in code. Without the setting, the route is open to every client.
//!
//! A request that Lodger made from an event has the extension [`lambda::SyntheticRequest`](crate::lambda::SyntheticRequest).
//!
//! Lodger always rejects events that resemble an HTTP request without being one, such as events of authorizers and of
//! Lambda@Edge.
//!
//! [`Lodger::events_path`]: crate::Lodger::events_path
//! [`Lodger::websocket_path`]: crate::Lodger::websocket_path
