//! Events and parts of events.

use serde_json::{Value, json};

pub(super) const TIME: &str = "2026-01-02T03:04:05Z";

pub(super) fn records(record: Value) -> Value {
    json!({"Records": [record]})
}

/// An event of EventBridge.
pub(super) fn bridge(source: &str, detail_type: &str, detail: Value) -> Value {
    json!({
        "version": "0", "id": "i", "source": source, "detail-type": detail_type, "account": "1", "time": TIME,
        "region": "eu-west-1", "resources": [], "detail": detail,
    })
}

/// An event of a trigger of a Cognito user pool.
pub(super) fn trigger(reason: &str, request: Value, response: Value) -> Value {
    json!({
        "version": "1", "triggerSource": reason, "region": "eu-west-1", "userPoolId": "p", "userName": "u",
        "callerContext": {"awsSdkVersion": "1", "clientId": "c"}, "request": request, "response": response,
    })
}

pub(super) fn groups() -> Value {
    json!({"groupsToOverride": [], "iamRolesToOverride": []})
}

pub(super) fn sns(message: &str) -> Value {
    records(json!({
        "EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": "arn:aws:sns:eu-west-1:1:news:s",
        "Sns": {
            "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:1:news", "Timestamp": TIME,
            "SignatureVersion": "1", "Signature": "s", "SigningCertUrl": "u", "UnsubscribeUrl": "u", "Message": message,
            "MessageAttributes": {},
        },
    }))
}

pub(super) fn kinesis_record() -> Value {
    json!({
        "eventSource": "aws:kinesis", "eventSourceARN": "arn:aws:kinesis:eu-west-1:1:stream/clicks",
        "kinesis": {"approximateArrivalTimestamp": 1_700_000_000.5, "data": "aGk=", "sequenceNumber": "1"},
    })
}

pub(super) fn dynamodb_record() -> Value {
    json!({
        "eventSource": "aws:dynamodb", "eventID": "e", "eventName": "INSERT", "awsRegion": "eu-west-1",
        "eventSourceARN": "arn:aws:dynamodb:eu-west-1:1:table/Users/stream/2026-01-01T00:00:00.000",
        "dynamodb": {"ApproximateCreationDateTime": 1_700_000_000, "Keys": {"id": {"S": "1"}}, "SequenceNumber": "1", "SizeBytes": 2},
    })
}

/// Adds the members of a tumbling window.
pub(super) fn with_window(record: Value, arn: &str) -> Value {
    json!({
        "Records": [record], "window": {"start": TIME, "end": TIME}, "state": {}, "shardId": "s", "eventSourceARN": arn,
        "isFinalInvokeForWindow": false, "isWindowTerminatedEarly": false,
    })
}

pub(super) fn ses_record() -> Value {
    let verdict = json!({"status": "PASS"});
    json!({
        "eventSource": "aws:ses", "eventVersion": "1.0",
        "ses": {
            "mail": {
                "commonHeaders": {"from": ["a@example.com"], "to": ["b@example.com"]}, "timestamp": TIME,
                "destination": ["b@example.com"], "headers": [], "headersTruncated": false,
            },
            "receipt": {
                "recipients": ["b@example.com"], "timestamp": TIME, "spamVerdict": verdict, "dkimVerdict": verdict,
                "dmarcVerdict": verdict, "spfVerdict": verdict, "virusVerdict": verdict, "processingTimeMillis": 1,
                "action": {"type": "Lambda", "functionArn": "f", "invocationType": "Event"},
            },
        },
    })
}

pub(super) fn custom_resource(with_url: bool) -> Value {
    let mut event = json!({
        "RequestType": "Create", "RequestId": "r", "StackId": "s", "ResourceType": "Custom::Thing",
        "LogicalResourceId": "l", "ResourceProperties": {"Size": "2"},
    });
    if with_url {
        event["ResponseURL"] = "https://example.com".into();
    }
    event
}

pub(super) fn resolver() -> Value {
    json!({
        "arguments": {"id": "1"}, "identity": null, "source": null, "prev": null, "stash": {},
        "request": {"headers": {}, "domainName": null},
        "info": {
            "selectionSetList": ["id"], "selectionSetGraphQL": "{ id }", "parentTypeName": "Query", "fieldName": "user",
            "variables": {},
        },
    })
}

pub(super) fn code_build() -> Value {
    let environment = json!({
        "image": "i", "privileged-mode": false, "compute-type": "c", "type": "LINUX_CONTAINER", "environment-variables": [],
    });
    bridge(
        "aws.codebuild",
        "CodeBuild Build State Change",
        json!({
            "build-status": "SUCCEEDED", "project-name": "p", "build-id": "b",
            "additional-information": {
                "artifact": {}, "environment": environment, "timeout-in-minutes": 60, "build-complete": true,
                "build-start-time": "Jan 2, 2026 3:04:05 AM", "source": {"type": "S3"}, "logs": {}, "phases": [],
            },
        }),
    )
}

/// `{"messageType":"DATA_MESSAGE",..}` with one log event, compressed with gzip.
pub(super) const LOGS: &str = "H4sIAAAAAAACA0WOOwvCQBCE/8vWKUwlpDvwTGV16STIqet5cC9uN4qE/HfXF0613zDM7AwRiazD4VEQOtioQR122hjVa2gg3xNWsVu5Q3Z9zVMRdB80XNFGYRKm6Uin6gv7nLY+MFaCbg8XGN9ZfcPEL2cGf/42spdxtlEq2/Xqr+b3lOSuGEKGZVyeBpJPjKoAAAA=";
