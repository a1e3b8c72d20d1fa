//! Events of S3.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{
    TestEvent,
    values::{ACCOUNT, REGION, TIME, base64, records, role_arn, uuid},
};
use crate::event::json::insert;

/// Makes the event of an object that was uploaded, with the name `ObjectCreated:Put`. `size` is in bytes.
///
/// Write the key as in the bucket. The event has the key URL-encoded, with `+` for a space.
///
/// Source: [Event message structure](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
///
/// ```
/// use lodger_gateway::events;
///
/// let event = events::s3_put("photos", "red flower.jpg", 1024);
/// assert_eq!(event["Records"][0]["s3"]["object"]["key"], "red+flower.jpg");
/// ```
pub fn s3_put(bucket: &str, key: &str, size: u64) -> TestEvent {
    let mut object = object(key);
    insert(&mut object, "size", size);
    insert(&mut object, "eTag", "0123456789abcdef0123456789abcdef");
    records([record("ObjectCreated:Put", bucket, object)].into_iter())
}

/// Makes the event of an object that was deleted, with the name `ObjectRemoved:Delete`.
///
/// Write the key as in the bucket. The event has the key URL-encoded, with `+` for a space.
///
/// Source: [Event message structure](https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html).
pub fn s3_delete(bucket: &str, key: &str) -> TestEvent {
    records([record("ObjectRemoved:Delete", bucket, object(key))].into_iter())
}

fn object(key: &str) -> Value {
    json!({"key": url_encode(key), "sequencer": "0055AED6DCD90281E5"})
}

fn record(event_name: &str, bucket: &str, object: Value) -> Value {
    json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": TIME,
        "eventName": event_name,
        "userIdentity": {"principalId": "AWS:AIDAEXAMPLEEXAMPLE123"},
        "requestParameters": {"sourceIPAddress": "203.0.113.7"},
        "responseElements": {"x-amz-request-id": "EXAMPLE0123456789", "x-amz-id-2": base64("made-up ID of the host")},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": uuid(1),
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A1EXAMPLE"},
                "arn": format!("arn:aws:s3:::{bucket}"),
            },
            "object": object,
        },
    })
}

/// Makes the event of an S3 Batch Operations job for an object, with schema version 1.0. S3 sends one task in each event.
///
/// Write the key as in the bucket. The event has the key URL-encoded, like the manifest of the job.
///
/// Source: [Invoke AWS Lambda function](https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html).
pub fn s3_batch(bucket: &str, key: &str) -> TestEvent {
    json!({
        "invocationSchemaVersion": "1.0",
        "invocationId": base64("made-up ID of the invocation"),
        "job": {"id": uuid(1)},
        "tasks": [{
            "taskId": base64("made-up ID of the task"),
            "s3Key": url_encode(key),
            "s3VersionId": null,
            "s3BucketArn": format!("arn:aws:s3:::{bucket}"),
        }],
    })
    .into()
}

/// Makes the event of S3 Object Lambda for a `GetObject` request.
///
/// The function reads the object from `getObjectContext.inputS3Url`. A test can replace this URL with the URL of a local server.
///
/// Source: [Event context format and usage](https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html).
pub fn s3_object_lambda(access_point: &str, key: &str) -> TestEvent {
    let path = url_encode(key);
    let host = format!("{access_point}-{ACCOUNT}.s3-object-lambda.{REGION}.amazonaws.com");
    let supporting = format!("{access_point}-source");
    json!({
        "xAmzRequestId": uuid(1),
        "getObjectContext": {
            "inputS3Url": format!("https://{supporting}-{ACCOUNT}.s3-accesspoint.{REGION}.amazonaws.com/{path}?X-Amz-Signature=example"),
            "outputRoute": "io-use1-001",
            "outputToken": base64("made-up output token"),
        },
        "configuration": {
            "accessPointArn": format!("arn:aws:s3-object-lambda:{REGION}:{ACCOUNT}:accesspoint/{access_point}"),
            "supportingAccessPointArn": format!("arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/{supporting}"),
            "payload": "{}",
        },
        "userRequest": {"url": format!("https://{host}/{path}"), "headers": {"Host": host, "Accept-Encoding": "identity"}},
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": "AROAEXAMPLEEXAMPLE123:session",
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/reader/session"),
            "accountId": ACCOUNT,
            "accessKeyId": "ASIAEXAMPLEEXAMPLE123",
            "sessionContext": {
                "attributes": {"mfaAuthenticated": "false", "creationDate": TIME},
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLEEXAMPLE123",
                    "arn": role_arn("reader"),
                    "accountId": ACCOUNT,
                    "userName": "reader",
                },
            },
        },
        "protocolVersion": "1.00",
    })
    .into()
}

/// Encodes a key like S3: a space becomes `+`, and slashes stay.
fn url_encode(key: &str) -> String {
    let mut encoded = String::new();
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => encoded.push(byte.into()),
            b' ' => encoded.push('+'),
            // A String accepts every write.
            _ => _ = write!(encoded, "%{byte:02X}"),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::testing::read;
    use aws_lambda_events::{
        s3::{S3Event, object_lambda::S3ObjectLambdaEvent},
        s3_batch_job::S3BatchJobEvent,
    };

    const KEY: &str = "2025/red flower+é.jpg";
    const ENCODED: &str = "2025/red+flower%2B%C3%A9.jpg";

    #[test]
    fn has_the_object_that_was_put_or_deleted() {
        for (event, name, size) in [
            (s3_put("photos", KEY, 1024), "ObjectCreated:Put", Some(1024)),
            (s3_delete("photos", KEY), "ObjectRemoved:Delete", None),
        ] {
            let event: S3Event = read(event);
            let record = &event.records[0];
            assert_eq!(record.event_source.as_deref(), Some("aws:s3"));
            assert_eq!(record.event_name.as_deref(), Some(name));
            assert_eq!(record.s3.bucket.name.as_deref(), Some("photos"));
            assert_eq!(record.s3.bucket.arn.as_deref(), Some("arn:aws:s3:::photos"));
            let object = &record.s3.object;
            assert_eq!((object.key.as_deref(), object.size), (Some(ENCODED), size));
            assert_eq!(object.e_tag.is_some(), size.is_some());
        }
    }

    #[test]
    fn has_the_task_of_a_batch_job() {
        let event: S3BatchJobEvent = read(s3_batch("photos", KEY));
        assert_eq!(event.invocation_schema_version.as_deref(), Some("1.0"));
        assert_eq!(event.job.id.as_deref().map(str::len), Some(36));
        let task = &event.tasks[0];
        assert_eq!(
            (task.s3_key.as_deref(), task.s3_bucket_arn.as_deref()),
            (Some(ENCODED), Some("arn:aws:s3:::photos"))
        );
        assert!(task.task_id.is_some() && event.tasks.len() == 1);
    }

    #[test]
    fn has_the_request_to_an_object_lambda_access_point() {
        let event: S3ObjectLambdaEvent = read(s3_object_lambda("resize", KEY));
        let context = event.get_object_context.unwrap();
        assert!(context.input_s3_url.contains(&format!("/{ENCODED}?")), "{}", context.input_s3_url);
        assert!(event.user_request.url.ends_with(&format!("/{ENCODED}")), "{}", event.user_request.url);
        assert!(event.configuration.access_point_arn.ends_with(":accesspoint/resize"));
        assert_eq!(event.user_request.headers["host"], "resize-123456789012.s3-object-lambda.us-east-1.amazonaws.com");
        assert_eq!(event.user_identity.session_context.unwrap().session_issuer.unwrap().user_name, "reader");
    }
}
