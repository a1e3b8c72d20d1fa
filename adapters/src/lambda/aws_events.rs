//! The types of the crate `aws_lambda_events`, except those of HTTP requests.

use aws_lambda_events::event::{
    activemq::ActiveMqEvent, apigw, appsync, autoscaling::AutoScalingEvent, bedrock_agent_runtime::AgentEvent,
    chime_bot::ChimeBotEvent, clientvpn::ClientVpnConnectionHandlerRequest, cloudformation,
    cloudwatch_alarms::CloudWatchAlarm, cloudwatch_events::CloudWatchEvent, cloudwatch_logs::LogsEvent,
    code_commit::CodeCommitEvent, codebuild::CodeBuildEvent, codedeploy,
    codepipeline_cloudwatch::CodePipelineCloudWatchEvent, codepipeline_job::CodePipelineJobEvent, cognito,
    config::ConfigEvent, connect::ConnectEvent, controltower::ControlTowerLifecycleEvent, documentdb::DocumentDbEvent,
    dynamodb, ecr_scan::EcrScanEvent, eventbridge::EventBridgeEvent, firehose::KinesisFirehoseEvent,
    iot::IoTCoreCustomAuthorizerRequest, iot_1_click::IoTOneClickEvent, iot_button::IoTButtonEvent, kafka::KafkaEvent,
    kinesis, lex::LexEvent, rabbitmq::RabbitMqEvent, s3, secretsmanager::SecretsManagerSecretRotationEvent,
    ses::SimpleEmailEvent, sns, sqs,
};
use lodger_core::lambda::EventKind as Kind;
use serde_core::{Serialize, de::DeserializeOwned};

use crate::lambda::known::{EventPattern, KnownEvent};

macro_rules! known_events {
    ($($event:ty $([$($parameter:ident),+])? => $($pattern:expr),+;)+) => {
        $(impl$(<$($parameter: Serialize + DeserializeOwned),+>)? KnownEvent for $event {
            const PATTERNS: &'static [EventPattern] = &[$($pattern),+];
        })+

        /// The types in the order of the table.
        #[cfg(test)]
        pub(super) const TYPES: &[&str] = &[$(stringify!($event)),+];
    };
}

const fn kind(kind: Kind) -> EventPattern {
    EventPattern::Kind(kind)
}

const fn source(source: &'static str) -> EventPattern {
    EventPattern::Source(source)
}

known_events! {
    sqs::SqsEvent => kind(Kind::Sqs);
    sqs::SqsEventObj<T> [T] => kind(Kind::Sqs);
    // Not `sqs::SqsApiEvent`: it has the key `messages`, and the API sends `Messages`.
    sqs::SqsApiEventObj<T> [T] => kind(Kind::SqsApi);
    sns::SnsEvent => kind(Kind::Sns);
    sns::SnsEventObj<T> [T] => kind(Kind::Sns);
    s3::S3Event => kind(Kind::S3);
    s3::batch_job::S3BatchJobEvent => kind(Kind::S3Batch);
    s3::object_lambda::S3ObjectLambdaEvent<P> [P] => kind(Kind::S3ObjectLambda);
    kinesis::KinesisEvent => kind(Kind::Kinesis);
    kinesis::KinesisTimeWindowEvent => kind(Kind::Kinesis);
    kinesis::analytics::KinesisAnalyticsOutputDeliveryEvent => kind(Kind::KinesisAnalytics);
    KinesisFirehoseEvent => kind(Kind::Firehose);
    dynamodb::Event => kind(Kind::DynamoDb);
    dynamodb::TimeWindowEvent => kind(Kind::DynamoDb);
    KafkaEvent => kind(Kind::Kafka);
    ActiveMqEvent => kind(Kind::ActiveMq);
    RabbitMqEvent => kind(Kind::RabbitMq);
    DocumentDbEvent => kind(Kind::DocumentDb);
    SimpleEmailEvent => kind(Kind::Ses);

    EventBridgeEvent<T> [T] => kind(Kind::EventBridge);
    CloudWatchEvent<T> [T] => kind(Kind::EventBridge);
    AutoScalingEvent<T> [T] => source("aws.autoscaling");
    CodeBuildEvent => source("aws.codebuild");
    codedeploy::CodeDeployEvent => source("aws.codedeploy");
    CodePipelineCloudWatchEvent => source("aws.codepipeline");
    EcrScanEvent => EventPattern::DetailType { source: "aws.ecr", detail_type: "ECR Image Scan" };
    // The detail of an event of EventBridge, if the rule sends it alone.
    ControlTowerLifecycleEvent => source("controltower.amazonaws.com");
    CloudWatchAlarm<C, R> [C, R] => kind(Kind::CloudWatchAlarm);
    LogsEvent => kind(Kind::CloudWatchLogs);

    cognito::CognitoEvent => kind(Kind::CognitoSync);
    cognito::CognitoEventUserPoolsPreSignup => kind(Kind::CognitoPreSignUp);
    cognito::CognitoEventUserPoolsPostConfirmation<T> [T] => kind(Kind::CognitoPostConfirmation);
    cognito::CognitoEventUserPoolsPreAuthentication => kind(Kind::CognitoPreAuthentication);
    cognito::CognitoEventUserPoolsPostAuthentication => kind(Kind::CognitoPostAuthentication);
    cognito::CognitoEventUserPoolsPreTokenGen => kind(Kind::CognitoPreTokenGeneration);
    cognito::CognitoEventUserPoolsPreTokenGenV2 => kind(Kind::CognitoPreTokenGeneration);
    cognito::CognitoEventUserPoolsMigrateUser => kind(Kind::CognitoMigrateUser);
    cognito::CognitoEventUserPoolsDefineAuthChallenge => kind(Kind::CognitoDefineAuthChallenge);
    cognito::CognitoEventUserPoolsCreateAuthChallenge => kind(Kind::CognitoCreateAuthChallenge);
    cognito::CognitoEventUserPoolsVerifyAuthChallenge => kind(Kind::CognitoVerifyAuthChallenge);
    cognito::CognitoEventUserPoolsCustomMessage => kind(Kind::CognitoCustomMessage);

    apigw::ApiGatewayCustomAuthorizerRequest => kind(Kind::RestApiTokenAuthorizer);
    apigw::ApiGatewayCustomAuthorizerRequestTypeRequest =>
        kind(Kind::RestApiRequestAuthorizer), kind(Kind::WebSocketApiAuthorizer);
    apigw::ApiGatewayV2CustomAuthorizerV1Request => kind(Kind::HttpApiAuthorizerV1);
    apigw::ApiGatewayV2CustomAuthorizerV2Request => kind(Kind::HttpApiAuthorizer);
    appsync::AppSyncLambdaAuthorizerRequest => kind(Kind::AppSyncAuthorizer);
    appsync::AppSyncDirectResolverEvent<A, S, T> [A, S, T] => kind(Kind::AppSyncResolver);
    Vec<appsync::AppSyncDirectResolverEvent<A, S, T>> [A, S, T] => kind(Kind::AppSyncBatchResolver);
    appsync::AppSyncResolverTemplate<T> [T] => kind(Kind::AppSyncRequest);

    cloudformation::CloudFormationCustomResourceRequest<O, P> [O, P] => kind(Kind::CloudFormation);
    cloudformation::provider::CloudFormationCustomResourceRequest<O, P> [O, P] => kind(Kind::CloudFormation);
    CodeCommitEvent => kind(Kind::CodeCommit);
    codedeploy::CodeDeployLifecycleEvent => kind(Kind::CodeDeployHook);
    CodePipelineJobEvent => kind(Kind::CodePipelineJob);
    ConfigEvent => kind(Kind::ConfigRule);
    SecretsManagerSecretRotationEvent => kind(Kind::SecretsManagerRotation);
    IoTCoreCustomAuthorizerRequest => kind(Kind::IotAuthorizer);
    IoTButtonEvent => kind(Kind::IotButton);
    IoTOneClickEvent => kind(Kind::IotOneClick);
    LexEvent => kind(Kind::LexV1);
    ConnectEvent => kind(Kind::Connect);
    AgentEvent => kind(Kind::BedrockAgent);
    ChimeBotEvent => kind(Kind::ChimeBot);
    ClientVpnConnectionHandlerRequest => kind(Kind::ClientVpn);
}

#[cfg(test)]
mod tests;
