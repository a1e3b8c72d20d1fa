//! An event of each kind.

use serde_json::{Value, json};

use crate::lambda::source::EventKind;

/// An event with one record.
fn records(record: &Value) -> Value {
    json!({"Records": [record]})
}

fn trigger(source: &str) -> Value {
    json!({"version": "1", "triggerSource": source, "region": "eu-west-1", "userPoolId": "eu-west-1_x", "request": {}, "response": {}})
}

/// An event for each row of the table, in its order, and one for each further shape.
pub(super) fn events() -> Vec<(EventKind, Value)> {
    use EventKind as K;
    let method = "arn:aws:execute-api:eu-west-1:1:api/prod/GET/";
    vec![
        (
            K::Sqs,
            records(
                &json!({"messageId": "1", "body": "b", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:orders"}),
            ),
        ),
        (
            K::Sns,
            records(
                &json!({"EventSource": "aws:sns", "EventSubscriptionArn": "s", "Sns": {"TopicArn": "arn:aws:sns:eu-west-1:1:news"}}),
            ),
        ),
        (
            K::S3,
            records(
                &json!({"eventSource": "aws:s3", "s3": {"bucket": {"name": "photos", "arn": "arn:aws:s3:::photos"}}}),
            ),
        ),
        (
            K::Kinesis,
            records(
                &json!({"kinesis": {}, "eventSource": "aws:kinesis", "eventSourceARN": "arn:aws:kinesis:eu-west-1:1:stream/clicks"}),
            ),
        ),
        (
            K::DynamoDb,
            records(
                &json!({"dynamodb": {}, "eventSource": "aws:dynamodb", "eventSourceARN": "arn:aws:dynamodb:eu-west-1:1:table/Users/stream/2026-01-01T00:00:00.000"}),
            ),
        ),
        (K::Ses, records(&json!({"eventSource": "aws:ses", "eventVersion": "1.0", "ses": {}}))),
        (
            K::CodeCommit,
            records(&json!({"eventSource": "aws:codecommit", "eventSourceARN": "arn:aws:codecommit:eu-west-1:1:site"})),
        ),
        (
            K::Kafka,
            json!({"eventSource": "aws:kafka", "eventSourceArn": "arn:aws:kafka:eu-west-1:1:cluster/main/0f-4", "records": {"t-0": []}}),
        ),
        (K::Kafka, json!({"eventSource": "SelfManagedKafka", "bootstrapServers": "b:9092", "records": {}})),
        (K::Kafka, json!({"eventSource": "aws:SelfManagedKafka", "bootstrapServers": "b:9092", "records": {}})),
        (
            K::ActiveMq,
            json!({"eventSource": "aws:mq", "eventSourceArn": "arn:aws:mq:eu-west-1:1:broker:jobs:b-1", "messages": []}),
        ),
        (
            K::RabbitMq,
            json!({"eventSource": "aws:rmq", "eventSourceArn": "arn:aws:mq:eu-west-1:1:broker:jobs:b-2", "rmqMessagesByQueue": {}}),
        ),
        (
            K::DocumentDb,
            json!({"eventSource": "aws:docdb", "eventSourceArn": "arn:aws:rds:eu-west-1:1:cluster:docs", "events": []}),
        ),
        (
            K::EventBridgePipes,
            json!([{"messageId": "1", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:orders"}]),
        ),
        (
            K::CloudWatchAlarm,
            json!({"source": "aws.cloudwatch", "alarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:5xx", "alarmData": {}}),
        ),
        (
            K::EventBridge,
            json!({"version": "0", "source": "my.app", "detail-type": "OrderPlaced", "resources": [], "detail": {}}),
        ),
        (K::CloudWatchLogs, json!({"awslogs": {"data": "H4sI"}})),
        (K::S3Batch, json!({"invocationSchemaVersion": "1.0", "invocationId": "i", "job": {"id": "j"}, "tasks": []})),
        (
            K::S3ObjectLambda,
            json!({"xAmzRequestId": "r", "getObjectContext": {}, "configuration": {}, "userRequest": {}, "protocolVersion": "1.00"}),
        ),
        (
            K::Firehose,
            json!({"invocationId": "i", "deliveryStreamArn": "arn:aws:firehose:eu-west-1:1:deliverystream/logs", "region": "eu-west-1", "records": []}),
        ),
        (
            K::KinesisAnalytics,
            json!({"invocationId": "i", "applicationArn": "arn:aws:kinesisanalytics:eu-west-1:1:application/sums", "records": []}),
        ),
        (K::SqsApi, json!({"Messages": [{"MessageId": "1", "Body": "b"}]})),
        (
            K::Destination,
            json!({"version": "1.0", "requestContext": {"condition": "Success"}, "requestPayload": {}, "responsePayload": {}}),
        ),
        (K::CognitoPreSignUp, trigger("PreSignUp_AdminCreateUser")),
        (K::CognitoPostConfirmation, trigger("PostConfirmation_ConfirmSignUp")),
        (K::CognitoPreAuthentication, trigger("PreAuthentication_Authentication")),
        (K::CognitoPostAuthentication, trigger("PostAuthentication_Authentication")),
        (K::CognitoPreTokenGeneration, trigger("TokenGeneration_RefreshTokens")),
        (K::CognitoMigrateUser, trigger("UserMigration_ForgotPassword")),
        (K::CognitoDefineAuthChallenge, trigger("DefineAuthChallenge_Authentication")),
        (K::CognitoCreateAuthChallenge, trigger("CreateAuthChallenge_Authentication")),
        (K::CognitoVerifyAuthChallenge, trigger("VerifyAuthChallengeResponse_Authentication")),
        (K::CognitoCustomMessage, trigger("CustomMessage_ResendCode")),
        (K::CognitoCustomEmailSender, trigger("CustomEmailSender_SignUp")),
        (K::CognitoCustomSmsSender, trigger("CustomSMSSender_SignUp")),
        (K::CognitoTrigger, trigger("Future_Reason")),
        (
            K::CognitoSync,
            json!({"version": 2, "eventType": "SyncTrigger", "identityPoolId": "p", "datasetName": "d", "datasetRecords": {}}),
        ),
        (
            K::HttpApiAuthorizer,
            json!({"version": "2.0", "type": "REQUEST", "routeArn": method, "rawPath": "/", "requestContext": {}}),
        ),
        (
            K::HttpApiAuthorizerV1,
            json!({"version": "1.0", "type": "REQUEST", "methodArn": method, "httpMethod": "GET", "authorizationToken": "t", "requestContext": {}}),
        ),
        (
            K::RestApiRequestAuthorizer,
            json!({"type": "REQUEST", "methodArn": method, "httpMethod": "GET", "path": "/", "requestContext": {}}),
        ),
        (
            K::WebSocketApiAuthorizer,
            json!({"type": "REQUEST", "methodArn": method, "headers": {}, "requestContext": {"connectionId": "c"}}),
        ),
        (K::RestApiTokenAuthorizer, json!({"type": "TOKEN", "methodArn": method, "authorizationToken": "t"})),
        (
            K::AppSyncAuthorizer,
            json!({"authorizationToken": "t", "requestContext": {"apiId": "a"}, "requestHeaders": {}}),
        ),
        (
            K::AppSyncResolver,
            json!({"arguments": {}, "identity": null, "source": null, "request": {}, "prev": null, "info": {}, "stash": {}}),
        ),
        (K::AppSyncResolver, json!({"arguments": null, "source": "parent", "request": {}, "info": {}})),
        (K::AppSyncRequest, json!({"version": "2018-05-29", "operation": "Invoke", "payload": {}})),
        (K::AppSyncBatchResolver, json!([{"arguments": {}, "source": {}, "request": {}, "info": {}}, {}])),
        (K::AppSyncBatchResolver, json!([{"arguments": {}, "info": {}}])),
        (K::AppSyncRequest, json!({"version": "2018-05-29", "operation": "BatchInvoke", "payload": []})),
        (
            K::CloudFormation,
            json!({"RequestType": "Create", "StackId": "s", "LogicalResourceId": "l", "ResourceProperties": {}}),
        ),
        (
            K::ConfigRule,
            json!({"invokingEvent": "{}", "configRuleName": "tags", "configRuleArn": "arn:aws:config:eu-west-1:1:config-rule/config-rule-a1", "resultToken": "t"}),
        ),
        (K::CodeDeployHook, json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e"})),
        (K::CodePipelineJob, json!({"CodePipeline.job": {"id": "j"}})),
        (
            K::SecretsManagerRotation,
            json!({"Step": "createSecret", "SecretId": "arn:aws:secretsmanager:eu-west-1:1:secret:db-a1B2c3", "ClientRequestToken": "t"}),
        ),
        (
            K::IotAuthorizer,
            json!({"signatureVerified": false, "protocols": ["mqtt"], "protocolData": {"mqtt": {}}, "connectionMetadata": {}}),
        ),
        (K::IotButton, json!({"serialNumber": "s", "clickType": "SINGLE", "batteryVoltage": "1mV"})),
        (K::IotOneClick, json!({"deviceEvent": {}, "deviceInfo": {}, "placementInfo": {}})),
        (K::LexV1, json!({"messageVersion": "1.0", "bot": {}, "currentIntent": {}, "userId": "u"})),
        (K::LexV2, json!({"messageVersion": "1.0", "bot": {}, "sessionState": {}, "sessionId": "s"})),
        (K::Connect, json!({"Name": "ContactFlowEvent", "Details": {"ContactData": {}}})),
        (
            K::BedrockAgent,
            json!({"messageVersion": "1.0", "agent": {}, "actionGroup": "g", "httpMethod": "GET", "apiPath": "/"}),
        ),
        (K::ChimeBot, json!({"Sender": {}, "Discussion": {}, "EventType": "Mention"})),
        (K::ClientVpn, json!({"connection-id": "c", "endpoint-id": "e", "common-name": "n"})),
    ]
}
