//! Batches: queues of SQS, streams of Kinesis and DynamoDB, and topics of Kafka.
//!
//! [`Batch`] calls a closure for each record, several at once, and returns the records that failed. Lambda retries only those
//! of a queue, and a stream from its first failure.
//!
//! ```
//! use lodger::lambda::{Batch, BatchResponse, Context};
//!
//! #[derive(serde::Deserialize)]
//! struct Order {
//!     id: String,
//!     total: u32,
//! }
//!
//! # async fn save(_: &Order) -> std::io::Result<()> {
//! #     Ok(())
//! # }
//! async fn orders(batch: Batch<Order>, _: Context) -> BatchResponse {
//!     batch.for_each(async |record| save(&record.payload).await).await
//! }
//! ```
//!
//! # The event source mapping
//!
//! **Set `FunctionResponseTypes`.** Without it, Lambda [ignores the response][ddb]: the invocation is a success, Lambda deletes
//! all messages, and the failed ones are lost. In a template of SAM:
//!
//! ```yaml
//! Orders:
//!   Type: AWS::Serverless::Function
//!   Properties:
//!     Timeout: 30
//!     Events:
//!       Queue:
//!         Type: SQS # or Kinesis, DynamoDB, MSK, SelfManagedKafka
//!         Properties:
//!           Queue: !GetAtt OrdersQueue.Arn
//!           BatchSize: 10
//!           FunctionResponseTypes:
//!             - ReportBatchItemFailures
//! OrdersQueue:
//!   Type: AWS::SQS::Queue
//!   Properties:
//!     VisibilityTimeout: 180 # six times the timeout of the function
//!     RedrivePolicy:
//!       deadLetterTargetArn: !GetAtt OrdersDeadLetterQueue.Arn
//!       maxReceiveCount: 5
//! OrdersDeadLetterQueue:
//!   Type: AWS::SQS::Queue
//! ```
//!
//! | source | `ReportBatchItemFailures` | page of AWS |
//! |---|---|---|
//! | SQS, standard and FIFO | yes | [error handling][sqs] |
//! | Kinesis Data Streams | yes | [partial batch responses][kinesis] |
//! | DynamoDB Streams | yes | [partial batch responses][ddb] |
//! | Amazon MSK, Apache Kafka | yes, with event pollers in *provisioned mode* | [error handling][kafka] |
//! | Amazon MQ, DocumentDB | no | [Amazon MQ][mq], [DocumentDB][docdb] |
//!
//! [`Batch::from_event`] rejects events of other sources. Take these as a whole: an error of the handler fails the whole batch.
//! It also rejects events of [tumbling windows][windows], whose response contains a state. Take these as a
//! `kinesis::KinesisTimeWindowEvent` or a `dynamodb::TimeWindowEvent` of the crate `aws_lambda_events`, with
//! [`Lodger::on_source`].
//!
//! Every source may send a record more than once, even a record that succeeded. Make the handler [idempotent][idempotent].
//!
//! # Queues
//!
//! Lambda deletes the messages that are not in the response. A failed message becomes visible again after the
//! [visibility timeout][visibility] of the queue. AWS recommends at least six times the timeout of the function.
//!
//! After `maxReceiveCount` attempts, SQS moves the message to the [dead-letter queue][dlq]. Without one, a message that always
//! fails comes back until its retention period ends.
//!
//! With partial batch responses, Lambda does [not slow down][sqs] after failures, even if every message of a batch failed: the
//! invocation itself is a success. For the same reason the metric `Errors` does not count them. Watch
//! `ApproximateAgeOfOldestMessage`, the dead-letter queue, and Lodger's log lines.
//!
//! A message that SNS has sent to the queue contains the notification as its payload, with the text in the field `Message`. With
//! [raw message delivery][raw], the payload is the text itself.
//!
//! ## FIFO queues
//!
//! Messages of a message group are processed in order; different groups at once, up to [`Batch::concurrency`]. After a failure,
//! the later messages of the group do not begin and are reported as failed, so that the group stays in order. Other groups go
//! on. AWS's page describes the simpler rule of stopping at the first failure of the batch.
//!
//! # Streams of Kinesis and DynamoDB
//!
//! A batch is from one shard. Lambda takes the **lowest** failed sequence number as the checkpoint, and sends that record and all
//! later ones again, including those that succeeded.
//!
//! Records with the same partition key, and changes of the same item, are processed in order and stop at a failure. Records with
//! other keys are processed even after the checkpoint: Lambda may discard the rest of the batch after the last retry, and then
//! these records have been processed at least once.
//!
//! | setting of the event source mapping | default | with partial batch responses |
//! |---|---|---|
//! | `BisectBatchOnFunctionError` | `false` | Lambda [splits the batch at the checkpoint][kinesis]. If the invocation itself fails, it splits the batch in two halves |
//! | `MaximumRetryAttempts` | -1: until the records expire | limits the attempts. **Set it**: a record that always fails blocks its shard |
//! | `MaximumRecordAgeInSeconds` | -1 | limits the age of records instead |
//! | `DestinationConfig.OnFailure` | none | receives the [discarded batches][discarded]. For SQS and SNS these are positions in the stream and not the records |
//! | `ParallelizationFactor` | 1 | several batches of a shard at once; records with one key are in one batch at a time |
//!
//! After the last attempt, Lambda [discards][discarded] the rest of the batch. To skip only one record that cannot succeed, store
//! the record elsewhere and return `Ok(())`.
//!
//! # Kafka
//!
//! A batch may have records of several partitions. Records of a partition are processed in order and stop at a failure. The
//! identifier of a record is an object with its topic and partition and its offset ([source][kafka]):
//!
//! ```json
//! {"batchItemFailures": [{"itemIdentifier": {"partition": "orders-0", "offset": 100}}]}
//! ```
//!
//! Lambda retries without a limit, unless `MaximumRetryAttempts` or `MaximumRecordAgeInSeconds` is set. With an
//! [on-failure destination][kafka-dlq], there are at most 10 retries.
//!
//! Payloads are read as JSON. With a [schema registry][schema], set the format of records to JSON, or implement [`FromRecord`].
//!
//! # The deadline
//!
//! A batch ends one second before the deadline of the invocation ([`Batch::deadline_margin`]): Lodger cancels records in flight
//! and reports them as failed, with all that have not begun. If the function times out instead, Lambda retries the whole batch.
//! Choose a batch size that the function can process in its timeout.
//!
//! # Errors
//!
//! If the handler returns an error instead of a response, or panics outside the closure, the whole batch has failed.
//!
//! [`Batch`]: crate::lambda::Batch
//! [`Batch::concurrency`]: crate::lambda::Batch::concurrency
//! [`Batch::deadline_margin`]: crate::lambda::Batch::deadline_margin
//! [`Batch::from_event`]: crate::lambda::Batch::from_event
//! [`FromRecord`]: crate::lambda::FromRecord
//! [`Lodger::on_source`]: crate::Lodger::on_source
//! [ddb]: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
//! [discarded]: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
//! [dlq]: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
//! [docdb]: https://docs.aws.amazon.com/lambda/latest/dg/with-documentdb.html
//! [idempotent]: https://repost.aws/knowledge-center/lambda-function-idempotent
//! [kafka]: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html
//! [kafka-dlq]: https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure-destination.html
//! [kinesis]: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
//! [mq]: https://docs.aws.amazon.com/lambda/latest/dg/services-mq-params.html
//! [raw]: https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
//! [schema]: https://docs.aws.amazon.com/lambda/latest/dg/services-consume-kafka-events.html
//! [sqs]: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
//! [visibility]: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
//! [windows]: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
