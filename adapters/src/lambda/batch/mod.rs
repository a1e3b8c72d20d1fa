//! Batches of records, with partial batch responses.

mod event;
mod failure;
mod fields;
mod identifier;
mod payload;
mod record;
mod response;
mod run;
mod schedule;
mod source;
#[cfg(test)]
mod tests;

use std::{fmt, marker::PhantomData, time::Duration};

use lodger_core::BoxError;
use tokio::time::Instant;

use self::{
    event::Item,
    run::{BatchLimits, run},
};
pub use self::{
    identifier::ItemIdentifier,
    payload::{FromRecord, Raw, Whole},
    record::Record,
    response::BatchResponse,
    source::BatchSource,
};
use crate::{
    Error,
    lambda::{Context, Event, EventKind, EventPattern, FromEvent, KnownEvent},
};

/// The default number of records in flight.
const DEFAULT_CONCURRENCY: usize = 10;
/// The default time between the end of a batch and the deadline. Twice the default of `Lodger::deadline_margin`, at which Lodger
/// cancels the handler.
const DEFAULT_MARGIN: Duration = Duration::from_secs(1);

/// The records of an event from a queue or a stream, with a result for each record.
///
/// [`for_each`](Self::for_each) processes the records with a closure and returns a [`BatchResponse`]: the records that failed,
/// which Lambda sends again. The others are done. `T` is the type of the payload.
///
/// **The event source mapping needs `FunctionResponseTypes: [ReportBatchItemFailures]`.** Without it, Lambda ignores the response,
/// and failed records are lost. The book (`docs/src/guides/batches.md` in the repository) has a template, and the rules of each
/// source.
///
/// # Sources
///
/// | source | payload, as JSON | [`Record::data`] | identifier | in order |
/// |---|---|---|---|---|
/// | SQS | `body` | the text of `body` | `messageId` | no |
/// | SQS FIFO | `body` | the text of `body` | `messageId` | records of a message group |
/// | Kinesis | `kinesis.data`, decoded from base64 | the decoded bytes | `sequenceNumber` | records of a partition key |
/// | DynamoDB | `dynamodb`: keys and images | the JSON of `dynamodb` | `SequenceNumber` | changes of an item |
/// | Kafka | `value`, decoded from base64; `null` if the record has none | the decoded bytes | partition and offset | records of a partition |
///
/// `T` is read from the payload by serde. [`Whole`] reads it from the whole record instead, and [`Raw`] reads nothing. A record
/// that cannot be read fails alone.
///
/// # Failures
///
/// A record fails if the closure returns an error or panics, or if it cannot be read. Records in order stop at a failure: later
/// records of the same group, key, item or partition do not begin, and are reported as failed too. Lodger logs each failure at
/// level `ERROR` with the identifier and the causes, without the payload.
///
/// # Deadline
///
/// Some time before the deadline of the invocation, the batch cancels the records in flight, begins no others, and reports all
/// of them as failed. The records that are done stay done. See [`deadline_margin`](Self::deadline_margin).
///
/// # Example
///
/// ```
/// use lodger::{Error, lambda::{Batch, BatchResponse, Context, Event}};
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     total: u32,
/// }
///
/// async fn orders(batch: Batch<Order>, _: Context) -> BatchResponse {
///     batch.for_each(async |record| match record.payload.total {
///         0 => Err("the order is empty"),
///         _ => Ok(()),
///     }).await
/// }
///
/// // A test of the handler.
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let event = Event::new(r#"{"Records": [
///     {"eventSource": "aws:sqs", "messageId": "a", "body": "{\"total\": 7}"},
///     {"eventSource": "aws:sqs", "messageId": "b", "body": "{\"total\": 0}"},
///     {"eventSource": "aws:sqs", "messageId": "c", "body": "not JSON"}
/// ]}"#);
/// let context = Context::default();
/// let response = orders(Batch::from_event(&event, &context)?, context).await;
/// let failures: Vec<_> = response.failures().iter().map(ToString::to_string).collect();
/// assert_eq!(failures, ["b", "c"]);
/// # Ok(())
/// # }
/// ```
#[must_use = "records are processed by `for_each`"]
pub struct Batch<T> {
    source: BatchSource,
    items: Vec<Item>,
    concurrency: usize,
    margin: Duration,
    /// When the event was read, and how much time the invocation had then.
    time: Option<(Instant, Duration)>,
    payload: PhantomData<fn() -> T>,
}

impl<T: FromRecord> FromEvent for Batch<T> {
    fn from_event(event: &Event, context: &Context) -> Result<Self, Error> {
        Self::from_event(event, context)
    }
}

/// A handler of a `Batch` takes events of SQS, Kinesis, DynamoDB and Kafka.
impl<T> KnownEvent for Batch<T> {
    const PATTERNS: &'static [EventPattern] = &[
        EventPattern::Kind(EventKind::Sqs),
        EventPattern::Kind(EventKind::Kinesis),
        EventPattern::Kind(EventKind::DynamoDb),
        EventPattern::Kind(EventKind::Kafka),
    ];
}

impl<T: FromRecord> Batch<T> {
    /// Reads the records of an event. Payloads are read later, by [`for_each`](Self::for_each).
    ///
    /// Handlers that take a `Batch` do not need this function: it is for the [route of events](crate::Lodger::events_path),
    /// and for tests.
    ///
    /// # Errors
    /// The event is not from a [`BatchSource`] or is of a tumbling window, `T` is a type of whole records (use [`Whole`]), a
    /// record has no identifier, or the key of a Kafka partition has more than 300 bytes.
    pub fn from_event(event: &Event, context: &Context) -> Result<Self, Error> {
        let time = context.remaining_time().map(|left| (Instant::now(), left));
        let (source, items) = event::split(event)?;
        T::check_source(source)?;
        Ok(Self { source, items, concurrency: DEFAULT_CONCURRENCY, margin: DEFAULT_MARGIN, time, payload: PhantomData })
    }

    /// Processes each record with `handler`, and returns the records that failed.
    ///
    /// The handler runs for several records at once, up to the [`concurrency`](Self::concurrency), in the task that calls this
    /// method. Each record gets a clone of the handler, so that a handler should capture references, or values that are cheap to
    /// clone, such as an `Arc`. The future is `Send` if the futures of the handler are. They do not have to be.
    ///
    /// A handler that blocks its thread, or that computes without an `await`, delays the other records and cannot be cancelled.
    ///
    /// Dropping the future of this method cancels the records in flight.
    ///
    /// # Panics
    /// If the deadline is known, outside a Tokio runtime with time enabled.
    ///
    /// # Example
    ///
    /// ```
    /// use lodger::lambda::{Batch, BatchResponse};
    /// # struct Database;
    /// # impl Database {
    /// #     async fn insert(&self, order: String) -> std::io::Result<()> {
    /// #         drop(order);
    /// #         Ok(())
    /// #     }
    /// # }
    ///
    /// async fn orders(batch: Batch<String>, database: &Database) -> BatchResponse {
    ///     batch.concurrency(50).for_each(async |record| database.insert(record.payload).await).await
    /// }
    /// ```
    pub async fn for_each<E>(self, handler: impl AsyncFnOnce(Record<T>) -> Result<(), E> + Clone) -> BatchResponse
    where
        E: Into<BoxError>,
    {
        let limits = BatchLimits { concurrency: self.concurrency, stop: self.stop() };
        let source = self.source;
        let begin = |item: Item| {
            let handler = handler.clone();
            async move {
                let record = item.into_record(source)?;
                let payload = T::from_record(&record)?;
                handler(record.with_payload(payload)).await.map_err(Into::into)
            }
        };
        run(source, self.items, limits, begin).await.into_iter().map(|item| item.id).collect()
    }
}

impl<T> Batch<T> {
    /// Sets how many records are in flight at once, at least 1. The default is 10.
    ///
    /// Each time that a record in flight wakes the task, all of them are polled: more than some hundred cost CPU time. A payload
    /// is decoded when its record begins, so that the number also limits the memory.
    pub fn concurrency(mut self, records: usize) -> Self {
        self.concurrency = records.max(1);
        self
    }

    /// Sets the time before the deadline of the invocation at which the batch ends. The default is one second.
    ///
    /// The margin is never more than three quarters of the time that the invocation has. Lodger cancels a handler at
    /// [`Lodger::deadline_margin`](crate::Lodger::deadline_margin) before the deadline, by default half a second, and at most
    /// half of the time. Then Lambda would retry the whole batch, so this margin has to be longer: if you raise
    /// `LODGER_DEADLINE_MARGIN`, raise this margin too.
    ///
    /// Without a [deadline](Context::deadline), the margin has no effect.
    pub fn deadline_margin(mut self, margin: Duration) -> Self {
        self.margin = margin;
        self
    }

    /// The source of the records.
    pub fn source(&self) -> BatchSource {
        self.source
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are no records. Lambda sends at least one.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// When the batch ends at the latest.
    fn stop(&self) -> Option<Instant> {
        let (start, time) = self.time?;
        start.checked_add(time - self.margin.min(time / 4 * 3))
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the records, which may be confidential.
        let Self { source, items, concurrency, margin, time, .. } = self;
        f.debug_struct("Batch")
            .field("source", source)
            .field("len", &items.len())
            .field("concurrency", concurrency)
            .field("deadline_margin", margin)
            .field("time", &time.map(|(_, time)| time))
            .finish_non_exhaustive()
    }
}
