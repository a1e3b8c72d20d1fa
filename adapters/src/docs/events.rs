//! Events of Lambda that are not HTTP: queues, schedules, WebSockets.
//!
//! There are three ways to handle such an event, and one function may use all of them:
//!
//! | | for |
//! |---|---|
//! | [handlers](#handlers) beside the app: [`Lodger::on`] | typed events in the same binary as the web app |
//! | [a service](#functions-without-an-app): [`lambda::service_fn`] | a function without a web app, such as one written for lambda_runtime |
//! | [routes of the app](#routes): [`Lodger::events_path`] | middleware of the framework around events, WebSocket APIs |
//!
//! Without any of them, an event fails with an error that names its kind.
//!
//! # Handlers
//!
//! A handler takes the events of one type, and the metadata of the invocation. HTTP requests go to the app:
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use lodger::{Lodger, lambda::{self, Batch, events::eventbridge::EventBridgeEvent}};
//!
//! #[derive(serde::Deserialize)]
//! struct Order {
//!     id: u64,
//! }
//!
//! /// Handles the messages of a queue. Only the failed ones return to it.
//! async fn orders(batch: Batch<Order>, _: lambda::Context) -> lambda::BatchResponse {
//!     batch.for_each(async |record| {
//!         println!("order {}", record.payload.id);
//!         Ok::<_, lambda::Error>(())
//!     }).await
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     let app = Router::new().route("/", get(async || "hello"));
//!     Lodger::new()
//!         .on(orders)
//!         .on_source("nightly", async |event: EventBridgeEvent, _| println!("the rule `nightly` at {:?}", event.time))
//!         .run(app)
//!         .await
//! }
//! ```
//!
//! ```toml
//! lodger = { version = "0.1", features = ["axum", "events"] }
//! ```
//!
//! The feature `events` adds the types of the crate `aws_lambda_events` as [`lambda::events`]. With the feature `handlers`, which
//! adds only serde_json, a handler takes a type of yours.
//!
//! | method | takes |
//! |---|---|
//! | [`Lodger::on`] | the events of the argument's type: of `aws_lambda_events`, a [`Batch`], or a type that implements [`KnownEvent`] |
//! | [`Lodger::on_detail_type`] | events of EventBridge with a source and a detail type |
//! | [`Lodger::on_source`] | events of a source: an app, a service, a queue, a topic, a bucket |
//! | [`Lodger::on_any`] | all other events |
//!
//! The most precise handler takes an event, in any order of the calls. Two equally precise handlers for the same events are an error
//! when the process starts, on every host.
//!
//! **State.** A handler that uses a pool or a client clones it for each event:
//!
//! ```
//! # use lodger::{Lodger, lambda::events::sns::SnsEvent};
//! # use std::sync::Arc;
//! # struct Database;
//! # impl Database { async fn save(&self, _: &str) {} }
//! let database = Arc::new(Database);
//! let lodger = Lodger::new().on(move |event: SnsEvent, _| {
//!     let database = database.clone();
//!     async move {
//!         for record in event.records {
//!             database.save(&record.sns.message).await;
//!         }
//!     }
//! });
//! ```
//!
//! **Results.** A handler returns `Result<T, E>` with any `T` that implements `Serialize` and any error: of `anyhow`, `eyre`,
//! `thiserror`, or a `Box<dyn Error>`. [`HandlerOutput`] lists the results that need no `Result`. [`StreamResponse`] is a stream
//! of bytes. An error fails the invocation, as [`Diagnostic`] describes.
//!
//! **Batches.** [The page about batches](crate::docs::batches) shows queues and streams with partial failures.
//!
//! **Handlers that are not `Send`**, as is usual with actix-web, go through [`lambda::local`].
//!
//! # Functions without an app
//!
//! A service over [`LambdaEvent`] is a function that receives every event, HTTP requests included, as its JSON:
//!
//! ```no_run
//! use lodger::lambda::{Error, LambdaEvent, events::sqs::SqsEvent, service_fn};
//!
//! async fn handler(event: LambdaEvent<SqsEvent>) -> Result<usize, Error> {
//!     Ok(event.payload.records.len())
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), lodger::Error> {
//!     lodger::run(service_fn(handler)).await
//! }
//! ```
//!
//! Any `tower::Service<LambdaEvent<T>>` that is `Clone` and `Send` works, with the layers of tower around it.
//! [The porting guide](crate::porting) has a table for lambda_runtime.
//!
//! # Locally
//!
//! A server has no events: handlers are not called there, and `run` of a function without an app returns an error that explains how
//! to invoke the function. [The page about local work](crate::docs::local) shows `lodger-gateway`, which sends an event from a file.
//!
//! # Routes
//!
//! With a route for events, the app responds to them like to requests:
//!
//! | setting | request to the app | response of the app |
//! |---|---|---|
//! | [`Lodger::events_path`] | a POST with the event as JSON, content type `application/json` | The result of the invocation: JSON unchanged, such as `batchItemFailures` for a queue; other text as a JSON string. A status other than 2xx fails the invocation. |
//! | [`Lodger::websocket_path`] | a POST to the route key below the path, such as `/ws/$connect`, with the message as the body; for the handshake with its headers and query | To `$connect`: the status accepts or rejects the client. To other routes: a status other than 2xx fails the invocation, and the body goes to the route response. |
//!
//! Lodger tries handlers before the route for events. Events of a WebSocket API go to their route if there is one.
//!
//! # Security
//!
//! Anyone who may invoke the function can send an event for any handler, such as an event that names the queue `orders`. Limit the
//! permission to invoke the function to the services that send its events.
//!
//! The rest of this section is about routes.
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
//! Lodger rejects events that resemble an HTTP request without being one, such as events of authorizers and of Lambda@Edge. Only a
//! handler for their type takes them.
//!
//! [`Batch`]: crate::lambda::Batch
//! [`Diagnostic`]: crate::lambda::Diagnostic
//! [`HandlerOutput`]: crate::lambda::HandlerOutput
//! [`KnownEvent`]: crate::lambda::KnownEvent
//! [`LambdaEvent`]: crate::lambda::LambdaEvent
//! [`StreamResponse`]: crate::lambda::StreamResponse
//! [`lambda::events`]: crate::lambda::events
//! [`lambda::local`]: crate::lambda::local
//! [`lambda::service_fn`]: crate::lambda::service_fn
//! [`Lodger::on`]: crate::Lodger::on
//! [`Lodger::on_any`]: crate::Lodger::on_any
//! [`Lodger::on_detail_type`]: crate::Lodger::on_detail_type
//! [`Lodger::on_source`]: crate::Lodger::on_source
//! [`Lodger::events_path`]: crate::Lodger::events_path
//! [`Lodger::websocket_path`]: crate::Lodger::websocket_path
//! [`SyntheticRequest`]: crate::lambda::SyntheticRequest
