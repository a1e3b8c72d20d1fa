//! Test events: a function for each service that invokes Lambda functions.
//!
//! The body and the names are yours. The rest of an event is made up, in the shape that AWS documents: account `123456789012`,
//! region `us-east-1`, and the same IDs and times in each run. IDs differ within an event.
//!
//! A [`TestEvent`] is the argument of [`RuntimeApi::invoke`](crate::RuntimeApi::invoke). This test checks that a function reports
//! the message that it cannot process:
//!
//! ```
//! use lodger_gateway::{RuntimeApi, events};
//!
//! # async fn function(addr: String) {}
//! # async fn test() -> std::io::Result<()> {
//! let api = RuntimeApi::start().await?;
//! tokio::spawn(function(api.address()));
//!
//! let event = events::sqs("orders", [r#"{"id":1}"#, "not JSON"]);
//! let id = event["Records"][1]["messageId"].clone();
//! let reply = api.invoke(event).await?.unwrap();
//! let reply: serde_json::Value = serde_json::from_slice(&reply)?;
//! assert_eq!(reply["batchItemFailures"][0]["itemIdentifier"], id);
//! # Ok(())
//! # }
//! ```
//!
//! A test of a single handler does not need a Runtime API. The event converts into a `serde_json::Value`, and that into the type
//! of the handler:
//!
//! ```
//! use aws_lambda_events::sqs::SqsEvent;
//! use lodger_gateway::events;
//!
//! let event: SqsEvent = serde_json::from_value(events::sqs("orders", ["hello"]).into())?;
//! assert_eq!(event.records[0].body.as_deref(), Some("hello"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! # Kinds
//!
//! The last column is the path in `aws_lambda_events` 1.2. Tests of this crate deserialize each event with the type.
//!
//! | kind | function | type |
//! |---|---|---|
//! | ActiveMQ | [`activemq`] | `activemq::ActiveMqEvent` |
//! | API Gateway, `TOKEN` authorizer | [`authorizer_token`] | `apigw::ApiGatewayCustomAuthorizerRequest` |
//! | API Gateway, `REQUEST` authorizer | [`authorizer_request`] | `apigw::ApiGatewayCustomAuthorizerRequestTypeRequest` |
//! | API Gateway, authorizer 1.0 of an HTTP API | [`authorizer_http_api_v1`] | `apigw::ApiGatewayV2CustomAuthorizerV1Request` |
//! | API Gateway, authorizer 2.0 of an HTTP API | [`authorizer_http_api`] | `apigw::ApiGatewayV2CustomAuthorizerV2Request` |
//! | AppSync, resolver | [`appsync`] | `appsync::AppSyncDirectResolverEvent` |
//! | AppSync, resolver with batching | [`appsync_batch`] | `Vec<appsync::AppSyncDirectResolverEvent>` |
//! | AppSync, authorizer | [`appsync_authorizer`] | `appsync::AppSyncLambdaAuthorizerRequest` |
//! | Bedrock agent, API schema | [`bedrock_agent`] | `event::bedrock_agent_runtime::AgentEvent` |
//! | Bedrock agent, function details | [`bedrock_agent_function`] | none |
//! | Client VPN | [`client_vpn`] | `clientvpn::ClientVpnConnectionHandlerRequest` |
//! | CloudFormation custom resource | [`cloudformation`] | `cloudformation::CloudFormationCustomResourceRequest` |
//! | CloudWatch alarm | [`cloudwatch_alarm`] | `cloudwatch_alarms::CloudWatchMetricAlarm` |
//! | CloudWatch Logs | [`cloudwatch_logs`] | `cloudwatch_logs::LogsEvent` |
//! | CodeCommit | [`codecommit`] | `code_commit::CodeCommitEvent` |
//! | CodePipeline job | [`codepipeline_job`] | `codepipeline_job::CodePipelineJobEvent` |
//! | Cognito user pool | [`cognito`] | `cognito::CognitoEventUserPools..`, one for each [`CognitoTrigger`] except the custom senders |
//! | Cognito Sync | [`cognito_sync`] | `cognito::CognitoEvent` |
//! | Config rule | [`config_rule`] | `config::ConfigEvent` |
//! | Connect | [`connect`] | `connect::ConnectEvent` |
//! | DocumentDB | [`documentdb`] | `documentdb::DocumentDbEvent` |
//! | DynamoDB stream | [`dynamodb`] | `dynamodb::Event` |
//! | EventBridge | [`eventbridge`] | `eventbridge::EventBridgeEvent`, `cloudwatch_events::CloudWatchEvent` |
//! | EventBridge schedule | [`schedule`] | `eventbridge::EventBridgeEvent`, `cloudwatch_events::CloudWatchEvent` |
//! | Firehose | [`firehose`] | `firehose::KinesisFirehoseEvent` |
//! | IoT custom authorizer | [`iot_authorizer`] | `iot::IoTCoreCustomAuthorizerRequest` |
//! | Kafka, Amazon MSK | [`kafka_msk`] | `kafka::KafkaEvent` |
//! | Kafka, self-managed | [`kafka_self_managed`] | `kafka::KafkaEvent` |
//! | Kinesis Data Analytics | [`kinesis_analytics`] | `kinesis::analytics::KinesisAnalyticsOutputDeliveryEvent` |
//! | Kinesis Data Streams | [`kinesis`] | `kinesis::KinesisEvent` |
//! | Lex V1 | [`lex_v1`] | `lex::LexEvent` |
//! | Lex V2 | [`lex_v2`] | none |
//! | RabbitMQ | [`rabbitmq`] | `rabbitmq::RabbitMqEvent` |
//! | S3, object uploaded | [`s3_put`] | `s3::S3Event` |
//! | S3, object deleted | [`s3_delete`] | `s3::S3Event` |
//! | S3 Batch Operations | [`s3_batch`] | `s3_batch_job::S3BatchJobEvent` |
//! | S3 Object Lambda | [`s3_object_lambda`] | `s3::object_lambda::S3ObjectLambdaEvent` |
//! | Secrets Manager rotation | [`secrets_manager_rotation`] | `secretsmanager::SecretsManagerSecretRotationEvent` |
//! | SES | [`ses`] | `ses::SimpleEmailEvent` |
//! | SNS | [`sns`] | `sns::SnsEvent` |
//! | SQS, standard queue | [`sqs`] | `sqs::SqsEvent` |
//! | SQS, FIFO queue | [`sqs_fifo`] | `sqs::SqsEvent` |
//!
//! Other events:
//!
//! - HTTP and WebSocket: see [`Front`](crate::Front) and [`WebSocketApi`](crate::WebSocketApi).
//! - Auto Scaling, CodeBuild, CodeDeploy, CodePipeline, Control Tower, EC2, ECR and other services that send their events through
//!   EventBridge: [`eventbridge`], with the source, the detail type and the detail of the service.
//! - A rule of AWS IoT sends the JSON that its SQL statement selects, and a schedule of EventBridge Scheduler the JSON of its input:
//!   convert a `serde_json::Value` with [`TestEvent::from`].
//!
//! There is no function for IoT 1-Click, the IoT button and Amazon Chime bots.

mod appsync;
mod assistants;
mod authorizers;
mod change;
mod cloudformation;
mod cloudwatch;
mod cognito;
mod developer_tools;
mod documentdb;
mod dynamodb;
mod eventbridge;
mod kafka;
mod kinesis;
mod lex;
mod mq;
mod queues;
mod s3;
mod security;
mod ses;
mod test_event;
#[cfg(test)]
mod testing;
mod values;

pub use appsync::{appsync, appsync_authorizer, appsync_batch};
pub use assistants::{bedrock_agent, bedrock_agent_function, connect};
pub use authorizers::{authorizer_http_api, authorizer_http_api_v1, authorizer_request, authorizer_token};
pub use change::Change;
pub use cloudformation::cloudformation;
pub use cloudwatch::{cloudwatch_alarm, cloudwatch_logs};
pub use cognito::{CognitoTrigger, cognito, cognito_sync};
pub use developer_tools::{codecommit, codepipeline_job};
pub use documentdb::documentdb;
pub use dynamodb::dynamodb;
pub use eventbridge::{eventbridge, schedule};
pub use kafka::{kafka_msk, kafka_self_managed};
pub use kinesis::{firehose, kinesis, kinesis_analytics};
pub use lex::{lex_v1, lex_v2};
pub use mq::{activemq, rabbitmq};
pub use queues::{sns, sqs, sqs_fifo};
pub use s3::{s3_batch, s3_delete, s3_object_lambda, s3_put};
pub use security::{client_vpn, config_rule, iot_authorizer, secrets_manager_rotation};
pub use ses::ses;
pub use test_event::TestEvent;

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_names_each_function() {
        let source = include_str!("mod.rs");
        let exports = source.lines().filter_map(|line| line.strip_prefix("pub use ")?.split_once("::"));
        let names = exports.flat_map(|(_, names)| names.split(|c: char| !c.is_alphanumeric() && c != '_'));
        let functions: Vec<_> = names.filter(|name| name.starts_with(char::is_lowercase)).collect();
        assert!(functions.len() > 40, "{functions:?}");
        for function in functions {
            assert!(source.contains(&format!(" | [`{function}`] | ")), "no row of {function}");
        }
    }
}
