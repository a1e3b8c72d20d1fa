//! The table of kinds: a row has a variant, its name, and the shapes by which events are recognized.
//!
//! Sources: [services that invoke functions](https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html) with a page
//! for each service, and the types of the crate `aws_lambda_events`.

use std::fmt;

/// A condition on one member of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Condition {
    pub(super) place: Place,
    pub(super) key: &'static str,
    pub(super) test: Test,
}

impl Condition {
    pub(super) fn member(&self) -> (Place, &'static [u8]) {
        (self.place, self.key.as_bytes())
    }
}

/// The place of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The event itself.
    Event,
    /// The first record of `Records`.
    Record,
    /// The first element of an event that is an array.
    Element,
}

/// A test of the value of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Test {
    /// Any value except `null`.
    Present,
    /// A string that equals this one.
    Equals(&'static str),
    /// A string that starts with this one.
    StartsWith(&'static str),
}

const fn has(key: &'static str) -> Condition {
    Condition { place: Place::Event, key, test: Test::Present }
}

const fn equals(key: &'static str, text: &'static str) -> Condition {
    Condition { place: Place::Event, key, test: Test::Equals(text) }
}

const fn starts(key: &'static str, prefix: &'static str) -> Condition {
    Condition { place: Place::Event, key, test: Test::StartsWith(prefix) }
}

/// The source of the first record. SNS sends `EventSource`, which counts as the same member.
const fn record(source: &'static str) -> Condition {
    Condition { place: Place::Record, key: "eventSource", test: Test::Equals(source) }
}

const fn element_has(key: &'static str) -> Condition {
    Condition { place: Place::Element, key, test: Test::Present }
}

/// The trigger of a Cognito user pool. The rest of `triggerSource` is the reason, such as `PreSignUp_AdminCreateUser`.
const fn trigger(prefix: &'static str) -> Condition {
    starts("triggerSource", prefix)
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct KindRow {
    pub(super) kind: EventKind,
    /// The name, after "an event of".
    pub(super) name: &'static str,
    /// The shapes of such events. An event has a shape if it satisfies all conditions.
    pub(super) shapes: &'static [&'static [Condition]],
}

macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident, $name:literal, $($shape:expr),+;)+) => {
        /// The kind of an event: the service that sends it, and the purpose.
        ///
        /// The kind depends only on the shape of the event. Anyone who may invoke the function can send an event of any kind.
        ///
        /// [`Display`](fmt::Display) writes the service: `SQS`, or `a CloudFormation custom resource`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])+ $kind,)+
            /// Any other event, such as an event of your own.
            Unknown,
        }

        /// All rows, in the order in which an event is compared with them. The first row that matches decides. The test
        /// `kinds_overlap_as_documented` compares every row with an event of every other.
        pub(super) const KINDS: &[KindRow] =
            &[$(KindRow { kind: EventKind::$kind, name: $name, shapes: &[$(&$shape),+] }),+];
    };
}

// Events with records are first, because reading ends at a record of a known source.
kinds! {
    /// Messages of an SQS queue.
    Sqs, "SQS", [record("aws:sqs")];
    /// Messages of an SNS topic.
    Sns, "SNS", [record("aws:sns")];
    /// Notifications of an S3 bucket.
    S3, "S3", [record("aws:s3")];
    /// Records of a Kinesis data stream.
    Kinesis, "Kinesis", [record("aws:kinesis")];
    /// Records of a DynamoDB stream.
    DynamoDb, "DynamoDB", [record("aws:dynamodb")];
    /// Emails that SES received.
    Ses, "SES", [record("aws:ses")];
    /// A trigger of a CodeCommit repository.
    CodeCommit, "CodeCommit", [record("aws:codecommit")];
    /// Records of Kafka: of Amazon MSK or of a self-managed cluster.
    Kafka, "Kafka", [equals("eventSource", "aws:kafka")], [equals("eventSource", "SelfManagedKafka")],
        [equals("eventSource", "aws:SelfManagedKafka")];
    /// Messages of an ActiveMQ broker of Amazon MQ.
    ActiveMq, "ActiveMQ", [equals("eventSource", "aws:mq")];
    /// Messages of a RabbitMQ broker of Amazon MQ.
    RabbitMq, "RabbitMQ", [equals("eventSource", "aws:rmq")];
    /// The change stream of an Amazon DocumentDB cluster.
    DocumentDb, "DocumentDB", [equals("eventSource", "aws:docdb")];
    /// A batch of [EventBridge Pipes](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-target.html):
    /// an array of records.
    EventBridgePipes, "EventBridge Pipes", [element_has("eventSource")];

    /// A state change of a CloudWatch alarm that invokes the function itself.
    CloudWatchAlarm, "a CloudWatch alarm", [has("alarmData")];
    /// An event of EventBridge: of an AWS service, of an app, or of a schedule.
    EventBridge, "EventBridge", [has("source"), has("detail-type")];
    /// Log events of a CloudWatch Logs subscription.
    CloudWatchLogs, "CloudWatch Logs", [has("awslogs")];
    /// A task of S3 Batch Operations.
    S3Batch, "S3 Batch Operations", [has("invocationSchemaVersion"), has("job"), has("tasks")];
    /// A request to an S3 Object Lambda access point.
    S3ObjectLambda, "S3 Object Lambda", [has("xAmzRequestId"), has("userRequest")];
    /// Records to transform for a Firehose stream.
    Firehose, "Firehose", [has("deliveryStreamArn"), has("records")];
    /// Records to process, or output, of a Kinesis Data Analytics application.
    KinesisAnalytics, "Kinesis Data Analytics", [has("applicationArn"), has("records")];
    /// Messages in the format of the API `ReceiveMessage` of SQS, which Step Functions passes on.
    SqsApi, "the SQS API", [has("Messages")];
    /// The [record of an asynchronous invocation](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html)
    /// of another function, whose destination is this function.
    Destination, "a Lambda destination", [has("requestContext"), has("requestPayload")];

    /// The pre sign-up trigger of a Cognito user pool.
    CognitoPreSignUp, "a Cognito pre sign-up trigger", [trigger("PreSignUp_")];
    /// The post confirmation trigger of a Cognito user pool.
    CognitoPostConfirmation, "a Cognito post confirmation trigger", [trigger("PostConfirmation_")];
    /// The pre authentication trigger of a Cognito user pool.
    CognitoPreAuthentication, "a Cognito pre authentication trigger", [trigger("PreAuthentication_")];
    /// The post authentication trigger of a Cognito user pool.
    CognitoPostAuthentication, "a Cognito post authentication trigger", [trigger("PostAuthentication_")];
    /// The pre token generation trigger of a Cognito user pool, of any version.
    CognitoPreTokenGeneration, "a Cognito pre token generation trigger", [trigger("TokenGeneration_")];
    /// The migrate user trigger of a Cognito user pool.
    CognitoMigrateUser, "a Cognito migrate user trigger", [trigger("UserMigration_")];
    /// The define auth challenge trigger of a Cognito user pool.
    CognitoDefineAuthChallenge, "a Cognito define auth challenge trigger", [trigger("DefineAuthChallenge_")];
    /// The create auth challenge trigger of a Cognito user pool.
    CognitoCreateAuthChallenge, "a Cognito create auth challenge trigger", [trigger("CreateAuthChallenge_")];
    /// The verify auth challenge response trigger of a Cognito user pool.
    CognitoVerifyAuthChallenge, "a Cognito verify auth challenge trigger", [trigger("VerifyAuthChallengeResponse_")];
    /// The custom message trigger of a Cognito user pool.
    CognitoCustomMessage, "a Cognito custom message trigger", [trigger("CustomMessage_")];
    /// The custom email sender trigger of a Cognito user pool.
    CognitoCustomEmailSender, "a Cognito custom email sender trigger", [trigger("CustomEmailSender_")];
    /// The custom SMS sender trigger of a Cognito user pool.
    CognitoCustomSmsSender, "a Cognito custom SMS sender trigger", [trigger("CustomSMSSender_")];
    /// Another trigger of a Cognito user pool.
    CognitoTrigger, "a Cognito user pool trigger", [has("triggerSource"), has("userPoolId")];
    /// The trigger of Cognito Sync.
    CognitoSync, "Cognito Sync", [has("datasetRecords"), has("identityPoolId")];

    /// A REQUEST authorizer of an HTTP API, with payload format version 2.0.
    HttpApiAuthorizer, "an HTTP API authorizer", [has("routeArn")];
    /// A REQUEST authorizer of an HTTP API, with payload format version 1.0.
    HttpApiAuthorizerV1, "an HTTP API authorizer (payload format version 1.0)",
        [has("methodArn"), has("httpMethod"), has("version")];
    /// A REQUEST authorizer of a REST API.
    RestApiRequestAuthorizer, "a REST API authorizer", [has("methodArn"), has("httpMethod")];
    /// A REQUEST authorizer of a WebSocket API.
    WebSocketApiAuthorizer, "a WebSocket API authorizer", [has("methodArn"), has("requestContext")];
    /// A TOKEN authorizer of a REST API.
    RestApiTokenAuthorizer, "a REST API token authorizer", [has("methodArn"), has("authorizationToken")];
    /// A Lambda authorizer of AppSync.
    AppSyncAuthorizer, "an AppSync authorizer", [has("authorizationToken"), has("requestContext")];
    /// A field to resolve for AppSync, by a direct resolver.
    AppSyncResolver, "an AppSync resolver", [has("info"), has("arguments")], [has("info"), has("request")];
    /// Several fields to resolve for AppSync, by a direct resolver: an array.
    AppSyncBatchResolver, "an AppSync batch resolver",
        [element_has("info"), element_has("arguments")], [element_has("info"), element_has("request")];
    /// A [request](https://docs.aws.amazon.com/appsync/latest/devguide/resolver-reference-lambda-js.html) that a resolver of
    /// AppSync makes, with an `operation` and a `payload`.
    AppSyncRequest, "an AppSync request",
        [equals("operation", "Invoke"), has("payload")], [equals("operation", "BatchInvoke"), has("payload")];

    /// A custom resource of CloudFormation.
    CloudFormation, "a CloudFormation custom resource", [has("RequestType"), has("ResourceProperties")];
    /// An evaluation for a custom rule of AWS Config.
    ConfigRule, "an AWS Config rule", [has("invokingEvent"), has("configRuleName")];
    /// A hook of a CodeDeploy deployment.
    CodeDeployHook, "a CodeDeploy lifecycle hook", [has("DeploymentId"), has("LifecycleEventHookExecutionId")];
    /// A job of CodePipeline.
    CodePipelineJob, "a CodePipeline job", [has("CodePipeline.job")];
    /// A step of the rotation of a secret of Secrets Manager.
    SecretsManagerRotation, "a Secrets Manager rotation", [has("Step"), has("SecretId"), has("ClientRequestToken")];
    /// A custom authorizer of AWS IoT Core.
    IotAuthorizer, "an AWS IoT authorizer", [has("signatureVerified"), has("protocolData")];
    /// A click of an AWS IoT button.
    IotButton, "an AWS IoT button", [has("serialNumber"), has("clickType")];
    /// An event of a device of AWS IoT 1-Click.
    IotOneClick, "AWS IoT 1-Click", [has("deviceEvent"), has("deviceInfo")];
    /// A code hook of Lex V1.
    LexV1, "Lex V1", [has("currentIntent"), has("bot")];
    /// A code hook of Lex V2.
    LexV2, "Lex V2", [has("sessionState"), has("bot")];
    /// A flow of Amazon Connect.
    Connect, "Amazon Connect", [starts("Name", "ContactFlow"), has("Details")];
    /// An action group of an agent of Amazon Bedrock.
    BedrockAgent, "a Bedrock agent", [has("messageVersion"), has("agent"), has("actionGroup")];
    /// A message to a bot of Amazon Chime.
    ChimeBot, "a Chime bot", [has("Sender"), has("Discussion")];
    /// The client connect handler of an AWS Client VPN endpoint.
    ClientVpn, "AWS Client VPN", [has("connection-id"), has("endpoint-id")];
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KINDS.iter().find(|row| row.kind == *self).map_or("an unknown kind", |row| row.name))
    }
}
