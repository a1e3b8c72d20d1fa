//! Each type of the table with an event that it fits.

mod events;

use events::*;
use lodger_core::lambda::EventSource;
use serde_json::{Value, json};

use super::*;

macro_rules! cases {
    ($($event:ty: $json:expr;)+) => {
        #[test]
        fn deserializes_and_recognizes_an_event_of_each_type() {
            let problems: Vec<String> = [$(problem::<$event>(stringify!($event), &$json)),+].into_iter().flatten().collect();
            assert!(problems.is_empty(), "{}", problems.join("\n"));
            let tested: Vec<String> = [$(stringify!($event)),+].map(without_parameters).to_vec();
            assert_eq!(tested, TYPES.iter().map(|name| without_parameters(name)).collect::<Vec<_>>());
        }
    };
}

fn without_parameters(name: &str) -> String {
    name.replace("Vec<", "[").split(['<', '>']).next().unwrap().to_owned()
}

/// Describes why the event is not of the type, or why it is not recognized.
fn problem<T: KnownEvent + DeserializeOwned>(name: &str, event: &Value) -> Option<String> {
    let json = event.to_string();
    let source = EventSource::read(json.as_bytes()).unwrap();
    if let Err(error) = serde_json::from_str::<T>(&json) {
        return Some(format!("{name}: {error}: {json}"));
    }
    let is_recognized = T::PATTERNS.iter().any(|pattern| pattern.matches(&source));
    (!is_recognized).then(|| format!("{name}: {source} matches none of {:?}", T::PATTERNS))
}

cases! {
    sqs::SqsEvent: records(json!({"eventSource": "aws:sqs", "messageId": "m", "body": "b"}));
    sqs::SqsEventObj<Value>: records(json!({"eventSource": "aws:sqs", "body": "{\"total\": 1}"}));
    sqs::SqsApiEventObj<Value>: json!({"Messages": [{"MessageId": "m", "Body": "{}"}]});
    sns::SnsEvent: sns("hello");
    sns::SnsEventObj<Value>: sns("{}");
    s3::S3Event: records(json!({
        "eventSource": "aws:s3", "eventTime": TIME, "eventName": "ObjectCreated:Put", "userIdentity": {"principalId": "p"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"}, "responseElements": {},
        "s3": {"bucket": {"name": "photos", "arn": "arn:aws:s3:::photos"}, "object": {"key": "a.png", "size": 1}},
    }));
    s3::batch_job::S3BatchJobEvent: json!({
        "invocationSchemaVersion": "1.0", "invocationId": "i", "job": {"id": "j"},
        "tasks": [{"taskId": "t", "s3Key": "a.png", "s3BucketArn": "arn:aws:s3:::photos"}],
    });
    s3::object_lambda::S3ObjectLambdaEvent: json!({
        "xAmzRequestId": "r", "protocolVersion": "1.00", "userRequest": {"url": "/", "headers": {}},
        "getObjectContext": {"inputS3Url": "https://example.com", "outputRoute": "r", "outputToken": "t"},
        "configuration": {"accessPointArn": "a", "supportingAccessPointArn": "s", "payload": "{}"},
        "userIdentity": {"type": "IAMUser", "principalId": "p", "arn": "a", "accountId": "1", "accessKeyId": "k"},
    });
    kinesis::KinesisEvent: records(kinesis_record());
    kinesis::KinesisTimeWindowEvent: with_window(kinesis_record(), "arn:aws:kinesis:eu-west-1:1:stream/clicks");
    kinesis::analytics::KinesisAnalyticsOutputDeliveryEvent: json!({
        "invocationId": "i", "applicationArn": "a", "records": [{"recordId": "r", "data": "aGk="}],
    });
    KinesisFirehoseEvent: json!({
        "invocationId": "i", "deliveryStreamArn": "arn:aws:firehose:eu-west-1:1:deliverystream/logs", "region": "eu-west-1",
        "records": [{"recordId": "r", "approximateArrivalTimestamp": 1_700_000_000_000_u64, "data": "aGk="}],
    });
    dynamodb::Event: records(dynamodb_record());
    dynamodb::TimeWindowEvent: with_window(dynamodb_record(), "arn:aws:dynamodb:eu-west-1:1:table/Users");
    KafkaEvent: json!({
        "eventSource": "SelfManagedKafka", "bootstrapServers": "b:9092",
        "records": {"clicks-0": [{
            "topic": "clicks", "partition": 0, "offset": 1, "timestamp": 1_700_000_000_000_u64,
            "timestampType": "CREATE_TIME", "key": "a", "value": "aGk=", "headers": [],
        }]},
    });
    ActiveMqEvent: json!({
        "eventSource": "aws:mq", "eventSourceArn": "arn:aws:mq:eu-west-1:1:broker:jobs:b-1",
        "messages": [{
            "messageID": "m", "messageType": "jms/text-message", "timestamp": 1, "deliveryMode": 1, "redelivered": false,
            "destination": {"physicalName": "q"}, "expiration": 0, "priority": 4, "brokerInTime": 1, "brokerOutTime": 1,
            "data": "aGk=", "properties": {},
        }],
    });
    RabbitMqEvent: json!({
        "eventSource": "aws:rmq", "eventSourceArn": "arn:aws:mq:eu-west-1:1:broker:jobs:b-2",
        "rmqMessagesByQueue": {"q::/": [{
            "basicProperties": {"deliveryMode": 1, "priority": 0, "bodySize": 2, "headers": {}}, "redelivered": false,
            "data": "aGk=",
        }]},
    });
    DocumentDbEvent: json!({
        "eventSource": "aws:docdb", "eventSourceArn": "arn:aws:rds:eu-west-1:1:cluster:docs",
        "events": [{"event": {
            "operationType": "delete", "_id": {"_data": "1"}, "clusterTime": {"$timestamp": {"t": 1, "i": 1}},
            "documentKey": {"_id": {"$oid": "1"}}, "ns": {"db": "shop", "coll": "orders"},
        }}],
    });
    SimpleEmailEvent: records(ses_record());

    EventBridgeEvent: bridge("my.app", "OrderPlaced", json!({"total": 1}));
    CloudWatchEvent: bridge("aws.events", "Scheduled Event", json!({}));
    AutoScalingEvent: bridge("aws.autoscaling", "EC2 Instance Launch Successful", json!({}));
    CodeBuildEvent: code_build();
    codedeploy::CodeDeployEvent: bridge(
        "aws.codedeploy", "CodeDeploy Deployment State-change Notification", json!({"state": "SUCCESS"}),
    );
    CodePipelineCloudWatchEvent: bridge(
        "aws.codepipeline", "CodePipeline Pipeline Execution State Change",
        json!({"pipeline": "p", "version": 1, "execution-id": "e", "state": "STARTED"}),
    );
    EcrScanEvent: bridge("aws.ecr", "ECR Image Scan", json!({
        "scan-status": "COMPLETE", "repository-name": "r", "image-digest": "d", "image-tags": ["latest"],
        "finding-severity-counts": {"CRITICAL": 1},
    }));
    ControlTowerLifecycleEvent: json!({
        "eventVersion": "1.05", "userIdentity": {"accountId": "1", "invokedBy": "AWS Internal"}, "eventTime": TIME,
        "eventSource": "controltower.amazonaws.com", "eventName": "EnableGuardrail", "awsRegion": "eu-west-1",
        "sourceIPAddress": "AWS Internal", "userAgent": "AWS Internal", "eventID": "e", "readOnly": false,
        "eventType": "AwsServiceEvent",
        "serviceEventDetails": {"enableGuardrailStatus": {
            "organizationalUnits": [], "guardrails": [{"guardrailId": "g", "guardrailBehavior": "DETECTIVE"}],
            "state": "SUCCEEDED", "message": "m", "requestTimestamp": TIME, "completedTimestamp": TIME,
        }},
    });
    CloudWatchAlarm: json!({
        "source": "aws.cloudwatch", "alarmArn": "arn:aws:cloudwatch:eu-west-1:1:alarm:5xx", "accountId": "1", "time": TIME,
        "region": "eu-west-1", "alarmData": {"alarmName": "5xx", "configuration": {}},
    });
    // The data is a compressed object with a log event.
    LogsEvent: json!({"awslogs": {"data": LOGS}});

    cognito::CognitoEvent: json!({
        "version": 2, "eventType": "SyncTrigger", "region": "eu-west-1", "identityPoolId": "p", "identityId": "i",
        "datasetName": "d", "datasetRecords": {"k": {"newValue": "v", "op": "replace"}},
    });
    cognito::CognitoEventUserPoolsPreSignup: trigger(
        "PreSignUp_SignUp", json!({"userAttributes": {}}),
        json!({"autoConfirmUser": false, "autoVerifyEmail": false, "autoVerifyPhone": false}),
    );
    cognito::CognitoEventUserPoolsPostConfirmation: trigger(
        "PostConfirmation_ConfirmSignUp", json!({"userAttributes": {}}), json!({}),
    );
    cognito::CognitoEventUserPoolsPreAuthentication: trigger(
        "PreAuthentication_Authentication", json!({"userAttributes": {}}), json!({}),
    );
    cognito::CognitoEventUserPoolsPostAuthentication: trigger(
        "PostAuthentication_Authentication", json!({"newDeviceUsed": false, "userAttributes": {}}), json!({}),
    );
    cognito::CognitoEventUserPoolsPreTokenGen: trigger(
        "TokenGeneration_Authentication", json!({"userAttributes": {}, "groupConfiguration": groups()}),
        json!({"claimsOverrideDetails": null}),
    );
    cognito::CognitoEventUserPoolsPreTokenGenV2: trigger(
        "TokenGeneration_RefreshTokens",
        json!({"userAttributes": {}, "groupConfiguration": groups(), "scopes": ["openid"]}),
        json!({"claimsAndScopeOverrideDetails": null}),
    );
    cognito::CognitoEventUserPoolsMigrateUser: trigger(
        "UserMigration_Authentication", json!({"password": "p", "validationData": {}}), json!({"forceAliasCreation": false}),
    );
    cognito::CognitoEventUserPoolsDefineAuthChallenge: trigger(
        "DefineAuthChallenge_Authentication", json!({"userAttributes": {}, "session": []}), json!({}),
    );
    cognito::CognitoEventUserPoolsCreateAuthChallenge: trigger(
        "CreateAuthChallenge_Authentication", json!({"userAttributes": {}, "session": []}), json!({}),
    );
    cognito::CognitoEventUserPoolsVerifyAuthChallenge: trigger(
        "VerifyAuthChallengeResponse_Authentication", json!({"userAttributes": {}, "challengeAnswer": "a"}),
        json!({"answerCorrect": false}),
    );
    cognito::CognitoEventUserPoolsCustomMessage: trigger(
        "CustomMessage_SignUp", json!({"userAttributes": {}, "codeParameter": "{####}"}), json!({}),
    );

    apigw::ApiGatewayCustomAuthorizerRequest: json!({
        "type": "TOKEN", "methodArn": "arn:aws:execute-api:eu-west-1:1:a/prod/GET/", "authorizationToken": "t",
    });
    apigw::ApiGatewayCustomAuthorizerRequestTypeRequest: json!({
        "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-west-1:1:a/prod/GET/", "resource": "/", "path": "/",
        "httpMethod": "GET", "headers": {}, "requestContext": {"apiId": "a", "stage": "prod", "httpMethod": "GET"},
    });
    apigw::ApiGatewayV2CustomAuthorizerV1Request: json!({
        "version": "1.0", "type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-west-1:1:a/prod/GET/", "path": "/",
        "httpMethod": "GET", "headers": {}, "requestContext": {"apiId": "a", "identity": {}, "httpMethod": "GET"},
    });
    apigw::ApiGatewayV2CustomAuthorizerV2Request: json!({
        "version": "2.0", "type": "REQUEST", "routeArn": "arn:aws:execute-api:eu-west-1:1:a/$default/GET/", "rawPath": "/",
        "headers": {}, "requestContext": {"apiId": "a", "http": {"method": "GET", "path": "/"}},
    });
    appsync::AppSyncLambdaAuthorizerRequest: json!({
        "authorizationToken": "t", "requestContext": {"apiId": "a", "queryString": "{ id }", "variables": {}},
    });
    appsync::AppSyncDirectResolverEvent: resolver();
    Vec<appsync::AppSyncDirectResolverEvent>: json!([resolver(), resolver()]);
    appsync::AppSyncResolverTemplate: json!({"version": "2018-05-29", "operation": "BatchInvoke", "payload": []});

    cloudformation::CloudFormationCustomResourceRequest: custom_resource(true);
    cloudformation::provider::CloudFormationCustomResourceRequest: custom_resource(false);
    CodeCommitEvent: records(json!({
        "eventSource": "aws:codecommit", "eventSourceARN": "arn:aws:codecommit:eu-west-1:1:site", "eventPartNumber": 1,
        "eventTotalParts": 1, "eventTime": "2026-01-02T03:04:05.000+0000", "codecommit": {"references": []},
    }));
    codedeploy::CodeDeployLifecycleEvent: json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e"});
    CodePipelineJobEvent: json!({"CodePipeline.job": {"id": "j", "accountId": "1", "data": {
        "actionConfiguration": {"configuration": {"FunctionName": "f"}}, "inputArtifacts": [], "outputArtifacts": [],
        "artifactCredentials": {"secretAccessKey": "s", "sessionToken": "t", "accessKeyId": "k"},
    }}});
    ConfigEvent: json!({
        "version": "1.0", "invokingEvent": "{}", "ruleParameters": "{}", "resultToken": "t", "eventLeftScope": false,
        "configRuleName": "tags", "configRuleArn": "arn:aws:config:eu-west-1:1:config-rule/config-rule-a1",
    });
    SecretsManagerSecretRotationEvent: json!({
        "Step": "createSecret", "SecretId": "arn:aws:secretsmanager:eu-west-1:1:secret:db-a1B2c3", "ClientRequestToken": "t",
    });
    IoTCoreCustomAuthorizerRequest: json!({
        "token": "t", "signatureVerified": true, "protocols": ["mqtt"], "protocolData": {"mqtt": {"clientId": "c"}},
        "connectionMetadata": {"id": "i"},
    });
    IoTButtonEvent: json!({"serialNumber": "s", "clickType": "SINGLE", "batteryVoltage": "1mV"});
    IoTOneClickEvent: json!({
        "deviceEvent": {"buttonClicked": {"clickType": "SINGLE", "reportedTime": TIME}},
        "deviceInfo": {"attributes": {}, "type": "button", "deviceId": "d", "remainingLife": 99.5},
        "placementInfo": {"projectName": "p", "placementName": "n", "attributes": {}, "devices": {}},
    });
    LexEvent: json!({
        "messageVersion": "1.0", "invocationSource": "DialogCodeHook", "userId": "u", "bot": {"name": "b"},
        "currentIntent": {"name": "i", "slots": {}},
    });
    ConnectEvent: json!({"Name": "ContactFlowEvent", "Details": {
        "ContactData": {"Attributes": {}, "CustomerEndpoint": {}, "SystemEndpoint": {}}, "Parameters": {},
    }});
    AgentEvent: json!({
        "messageVersion": "1.0", "agent": {"name": "a", "id": "i", "alias": "l", "version": "1"}, "inputText": "t",
        "sessionId": "s", "actionGroup": "g", "apiPath": "/", "httpMethod": "GET", "sessionAttributes": {},
        "promptSessionAttributes": {},
    });
    ChimeBotEvent: json!({"Sender": {}, "Discussion": {}, "EventType": "Mention", "EventTimestamp": TIME});
    ClientVpnConnectionHandlerRequest: json!({"connection-id": "c", "endpoint-id": "e", "username": null});
}
