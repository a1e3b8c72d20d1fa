//! Handlers for events that are not HTTP requests.

use crate::{
    Lodger,
    lambda::{Context, FromEvent, HandlerOutput, KnownEvent, selector::Selector},
};

impl Lodger {
    /// Adds a handler for the events of one type, such as the messages of a queue. HTTP requests go to the app as before.
    ///
    /// The type of the first argument decides which events the handler takes. It is a type of the crate `aws_lambda_events` (with the
    /// feature `events`), a [`Batch`](crate::lambda::Batch) of records, or a type of yours that implements [`KnownEvent`]. For any
    /// other type use [`on_source`](Self::on_source), [`on_detail_type`](Self::on_detail_type) or [`on_any`](Self::on_any). The
    /// most precise handler takes the event. The order is: detail type, ARN, name of the resource, service, type, `on_any`.
    ///
    /// The output of the handler is the result of the invocation: see [`HandlerOutput`]. An error or a panic fails the invocation:
    /// see [`Diagnostic`](crate::lambda::Diagnostic). Whether Lambda retries depends on the service that sent the event.
    ///
    /// An event that no handler takes goes to the [route for events](Self::events_path), if there is one; otherwise the invocation
    /// fails. Two handlers for the same events are an error of [`run`](Self::run). On other hosts than Lambda no handler is called.
    ///
    /// The future of the handler has to be `Send`. If it is not, wrap the handler in [`lambda::local`](crate::lambda::local). A
    /// handler that uses a captured value clones the value for each event: the book (`docs/src/guides/events.md` in the repository) has an
    /// example.
    ///
    /// Anyone who may invoke the function can send an event for any handler.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::{Router, routing::get};
    /// use lodger::{Lodger, lambda::{self, events::{eventbridge::EventBridgeEvent, sqs::SqsEvent}}};
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     let app = Router::new().route("/", get(|| async { "hello" }));
    ///     Lodger::new()
    ///         .on(async |event: SqsEvent, context: lambda::Context| {
    ///             println!("{} messages in {}", event.records.len(), context.request_id());
    ///         })
    ///         .on(async |event: EventBridgeEvent, _| {
    ///             println!("{} of {}", event.detail_type, event.source);
    ///         })
    ///         .run(app)
    ///         .await
    /// }
    /// ```
    pub fn on<E, R>(mut self, handler: impl Fn(E, Context) -> R + Send + Sync + 'static) -> Self
    where
        E: KnownEvent + FromEvent + Send + 'static,
        R: Future<Output: HandlerOutput> + Send + 'static,
    {
        self.handlers.add(Selector::of_type::<E>(), handler);
        self
    }

    /// Adds a handler for the events of one source.
    ///
    /// `source` is one of these, compared exactly:
    ///
    /// - the `source` of an event of EventBridge, such as `my.app` or `aws.ec2`
    /// - the `eventSource` of other services, such as `aws:sqs`
    /// - the ARN of a queue, a stream, a table, an SNS topic, a bucket, or a Kafka cluster of Amazon MSK
    /// - its name, which is a part of the ARN: `orders` for `arn:aws:sqs:eu-west-1:123456789012:orders`
    ///
    /// The first argument has any type that implements `DeserializeOwned`, or is a [`Batch`](crate::lambda::Batch) of records. An
    /// event that does not fit the type fails the invocation. Otherwise the same as [`on`](Self::on).
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::{Lodger, lambda::Batch};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Order {
    ///     id: u64,
    /// }
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Refund {
    ///     order: u64,
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     Lodger::new()
    ///         .on_source("orders", async |batch: Batch<Order>, _| {
    ///             batch.for_each(async |record| Ok::<_, lodger::Error>(println!("order {}", record.payload.id))).await
    ///         })
    ///         .on_source("refunds", async |batch: Batch<Refund>, _| {
    ///             batch.for_each(async |record| Ok::<_, lodger::Error>(println!("refund of {}", record.payload.order))).await
    ///         })
    ///         .run(Router::new())
    ///         .await
    /// }
    /// ```
    pub fn on_source<E, R>(
        mut self,
        source: impl Into<String>,
        handler: impl Fn(E, Context) -> R + Send + Sync + 'static,
    ) -> Self
    where
        E: FromEvent + Send + 'static,
        R: Future<Output: HandlerOutput> + Send + 'static,
    {
        self.handlers.add(Selector::Source(source.into()), handler);
        self
    }

    /// Adds a handler for the events of EventBridge that have this `source` and this `detail-type`.
    ///
    /// Otherwise the same as [`on_source`](Self::on_source).
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::{Lodger, lambda::events::eventbridge::EventBridgeEvent};
    ///
    /// // The type of `aws_lambda_events` demands both traits.
    /// #[derive(serde::Deserialize, serde::Serialize)]
    /// struct OrderPlaced {
    ///     id: u64,
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     Lodger::new()
    ///         .on_detail_type("my.shop", "OrderPlaced", async |event: EventBridgeEvent<OrderPlaced>, _| {
    ///             println!("order {}", event.detail.id);
    ///         })
    ///         .run(Router::new())
    ///         .await
    /// }
    /// ```
    pub fn on_detail_type<E, R>(
        mut self,
        source: impl Into<String>,
        detail_type: impl Into<String>,
        handler: impl Fn(E, Context) -> R + Send + Sync + 'static,
    ) -> Self
    where
        E: FromEvent + Send + 'static,
        R: Future<Output: HandlerOutput> + Send + 'static,
    {
        let (source, detail_type) = (source.into(), detail_type.into());
        self.handlers.add(Selector::DetailType { source, detail_type }, handler);
        self
    }

    /// Adds the handler for the events that no other handler takes.
    ///
    /// Such a handler gets neither HTTP requests nor events that resemble one, such as events of an authorizer or of Lambda@Edge.
    /// Beside a service over [`LambdaEvent`](crate::lambda::LambdaEvent), which takes all events, the handler is never called.
    /// Otherwise the same as [`on_source`](Self::on_source).
    ///
    /// # Example
    ///
    /// ```no_run
    /// use axum::Router;
    /// use lodger::Lodger;
    /// use serde_json::Value;
    ///
    /// #[tokio::main]
    /// async fn main() -> Result<(), lodger::Error> {
    ///     Lodger::new()
    ///         .on_any(async |event: Value, _| println!("an event with {} members", event.as_object().map_or(0, |e| e.len())))
    ///         .run(Router::new())
    ///         .await
    /// }
    /// ```
    pub fn on_any<E, R>(mut self, handler: impl Fn(E, Context) -> R + Send + Sync + 'static) -> Self
    where
        E: FromEvent + Send + 'static,
        R: Future<Output: HandlerOutput> + Send + 'static,
    {
        self.handlers.add(Selector::Any, handler);
        self
    }
}
