//! The routes for events that are not HTTP requests.

use crate::Lodger;

impl Lodger {
    /// Sets the route for events that are not HTTP requests, such as messages of a queue. Each event is a POST with its JSON.
    ///
    /// The content type of the POST is `application/json`. The body of the response is the result of the invocation: as it is if it is JSON, else as a JSON string. A status other
    /// than 2xx fails the invocation.
    ///
    /// On Azure Functions each event is a POST too: its body is the message of the Functions host, with `Data` and `Metadata`.
    ///
    /// No HTTP request reaches this path, or a path below it, on any host: Lodger responds with 404, also to other spellings of the
    /// path. `LODGER_EVENTS_PATH` moves this protection to another path. The book (`docs/src/guides/events.md` in the
    /// repository) has the rules, and the check in the handler that does not depend on them.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Json, Router, routing::post};
    /// use lodger::Lodger;
    /// use serde_json::{Value, json};
    ///
    /// /// Handles messages of an SQS queue, and returns those to retry.
    /// async fn messages(Json(event): Json<Value>) -> Json<Value> {
    ///     let records = event["Records"].as_array().into_iter().flatten();
    ///     let failed = records.filter(|record| record["body"] == "");
    ///     let ids = failed.map(|record| json!({"itemIdentifier": record["messageId"]}));
    ///     Json(json!({"batchItemFailures": ids.collect::<Vec<_>>()}))
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     let app = Router::new().route("/events", post(messages));
    ///     Lodger::new().events_path("/events").run(app).await
    /// }
    /// ```
    pub fn events_path(mut self, path: impl Into<String>) -> Self {
        self.settings.events_path = Some(path.into());
        self
    }

    /// Sets the parent of the routes for events of a WebSocket API. Each event is a POST to its route key below this path.
    ///
    /// Such a route is `/ws/$connect` or `/ws/$default`, and the message is the body of the request. No HTTP request reaches
    /// this path or a path below it, as with [`events_path`](Self::events_path).
    ///
    /// The status of the response to `$connect` accepts or rejects the client. On other routes a status other than 2xx fails
    /// the invocation. The body of the response goes to the client if the route has a route response.
    ///
    /// To send a message at any other time, the app sends a POST to
    /// `https://{domainName}/{stage}/@connections/{connectionId}`, signed like every request to AWS. These three values are in the
    /// [`RequestContext`](crate::lambda::RequestContext). Behind a custom domain the host is
    /// `{apiId}.execute-api.{region}.amazonaws.com` nevertheless.
    ///
    /// A message has no headers. Its content type is `application/json`, the format by which a WebSocket API selects routes, or
    /// `application/octet-stream` if the message is binary.
    ///
    /// A server has no such connections. To try the routes locally, run `cargo lodger dev`, whose WebSocket API is at
    /// `ws://websocket-api.localhost:4000`.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Json, Router, http::StatusCode, routing::post};
    /// use lodger::{Lodger, lambda::RequestContext};
    /// use serde_json::{Value, json};
    ///
    /// /// Handles a message `{"action": "say", ..}`. The response goes to the client if the route has a route response.
    /// async fn say(context: RequestContext, Json(message): Json<Value>) -> Json<Value> {
    ///     Json(json!({"from": context.connection_id(), "text": message["text"]}))
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     let app = Router::new()
    ///         .route("/ws/$connect", post(async || StatusCode::OK))
    ///         .route("/ws/say", post(say))
    ///         .route("/ws/{other}", post(async || StatusCode::OK));
    ///     Lodger::new().websocket_path("/ws").run(app).await
    /// }
    /// ```
    pub fn websocket_path(mut self, path: impl Into<String>) -> Self {
        self.settings.websocket_path = Some(path.into());
        self
    }
}
