mod events;

use events::events;
use serde_json::{Value, json};

use super::{
    kinds::{EventKind as Kind, KINDS},
    matcher::Matcher,
    read::SourceFields,
    *,
};

fn kind(event: &str) -> Kind {
    EventSource::read(event.as_bytes()).unwrap_or_else(|| panic!("{event}")).kind()
}

fn display(event: &Value) -> String {
    EventSource::read(event.to_string().as_bytes()).unwrap().to_string()
}

#[test]
fn recognizes_an_event_of_each_shape() {
    let events = events();
    for (expected, event) in &events {
        assert_eq!(kind(&event.to_string()), *expected, "{event}");
        assert_eq!(kind(&format!("\r\n{event:#}\n")), *expected, "{event}");
    }
    for row in KINDS {
        let count = events.iter().filter(|(kind, _)| *kind == row.kind).count();
        assert_eq!(count, row.shapes.len(), "events of {:?}", row.kind);
    }
}

#[test]
fn kinds_overlap_as_documented() {
    // The kinds after the first are the rows that would take the event if the first row were absent.
    let overlaps = |kind| match kind {
        Kind::HttpApiAuthorizerV1 => &[
            Kind::RestApiRequestAuthorizer,
            Kind::WebSocketApiAuthorizer,
            Kind::RestApiTokenAuthorizer,
            Kind::AppSyncAuthorizer,
        ][..],
        Kind::RestApiRequestAuthorizer => &[Kind::WebSocketApiAuthorizer],
        kind if format!("{kind:?}").starts_with("Cognito")
            && !matches!(kind, Kind::CognitoTrigger | Kind::CognitoSync) =>
        {
            &[Kind::CognitoTrigger]
        }
        _ => &[],
    };
    for (kind, event) in events() {
        let json = event.to_string();
        let satisfied = SourceFields::read(json.as_bytes()).unwrap().satisfied;
        let mut kinds = Matcher::get().kinds(satisfied);
        kinds.dedup();
        assert_eq!(kinds, [&[kind], overlaps(kind)].concat(), "{event}");
    }
    let composite_alarm =
        r#"{"source": "aws.cloudwatch", "detail-type": "CloudWatch Alarm State Change", "alarmData": {}}"#;
    assert_eq!(kind(composite_alarm), Kind::CloudWatchAlarm);
}

#[test]
fn names_the_source_of_an_event() {
    for (kind, source, arn, name) in [
        (Kind::Sqs, Some("aws:sqs"), Some("arn:aws:sqs:eu-west-1:1:orders"), "orders"),
        (Kind::Sns, Some("aws:sns"), Some("arn:aws:sns:eu-west-1:1:news"), "news"),
        (Kind::S3, Some("aws:s3"), Some("arn:aws:s3:::photos"), "photos"),
        (Kind::Kinesis, Some("aws:kinesis"), Some("arn:aws:kinesis:eu-west-1:1:stream/clicks"), "clicks"),
        (Kind::CodeCommit, Some("aws:codecommit"), Some("arn:aws:codecommit:eu-west-1:1:site"), "site"),
        (Kind::Kafka, Some("aws:kafka"), Some("arn:aws:kafka:eu-west-1:1:cluster/main/0f-4"), "main"),
        (Kind::ActiveMq, Some("aws:mq"), Some("arn:aws:mq:eu-west-1:1:broker:jobs:b-1"), "jobs"),
        (Kind::DocumentDb, Some("aws:docdb"), Some("arn:aws:rds:eu-west-1:1:cluster:docs"), "docs"),
        (Kind::EventBridgePipes, Some("aws:sqs"), Some("arn:aws:sqs:eu-west-1:1:orders"), "orders"),
        (Kind::EventBridge, Some("my.app"), None, "my.app"),
        (Kind::Firehose, None, Some("arn:aws:firehose:eu-west-1:1:deliverystream/logs"), "logs"),
        (Kind::KinesisAnalytics, None, Some("arn:aws:kinesisanalytics:eu-west-1:1:application/sums"), "sums"),
        (Kind::CloudWatchAlarm, Some("aws.cloudwatch"), Some("arn:aws:cloudwatch:eu-west-1:1:alarm:5xx"), "5xx"),
        (Kind::SecretsManagerRotation, None, Some("arn:aws:secretsmanager:eu-west-1:1:secret:db-a1B2c3"), "db-a1B2c3"),
    ] {
        let (_, event) = events().into_iter().find(|(other, _)| *other == kind).unwrap();
        let json = event.to_string();
        let read = EventSource::read(json.as_bytes()).unwrap();
        assert_eq!((read.source(), read.arn()), (source, arn), "{event}");
        assert!([source, arn, Some(name)].into_iter().flatten().all(|name| read.is_from(name)), "{event}");
        assert!(["", "arn", "order", &name.to_uppercase()].iter().all(|other| *other == name || !read.is_from(other)));
    }
}

#[test]
fn names_the_rule_of_a_schedule_only() {
    let event = |detail_type: &str| {
        json!({"source": "aws.events", "detail-type": detail_type, "resources": ["arn:aws:events:eu-west-1:1:rule/nightly", 1]})
            .to_string()
    };
    let (scheduled, other) = (event("Scheduled Event"), event("Instance State-change"));
    let scheduled = EventSource::read(scheduled.as_bytes()).unwrap();
    assert!(scheduled.is_from("nightly") && scheduled.is_from("aws.events"));
    assert_eq!((scheduled.kind(), scheduled.detail_type()), (Kind::EventBridge, Some("Scheduled Event")));
    assert!(EventSource::read(other.as_bytes()).unwrap().arn().is_none());
}

#[test]
fn decodes_escapes_in_keys_and_values() {
    let event = br#"{"\u0073ource": "my.\u00e9\ud83d\ude00", "detail\u002dtype": "a\"b"}"#;
    let source = EventSource::read(event).unwrap();
    assert_eq!(
        (source.kind(), source.source(), source.detail_type()),
        (Kind::EventBridge, Some("my.é😀"), Some("a\"b"))
    );
    assert_eq!(kind(r#"{"Rec\u006frds": [{"event\u0053ource": "\u0061ws:sqs"}]}"#), Kind::Sqs);
    // A lone surrogate is not text.
    let source = EventSource::read(br#"{"source": "\ud800", "detail-type": "x"}"#).unwrap();
    assert_eq!((source.kind(), source.source()), (Kind::EventBridge, None));
    assert!(EventSource::read(b"{\"source\": \"\xff\", \"detail-type\": \"x\"}").unwrap().source().is_none());
}

#[test]
fn ignores_values_of_other_types() {
    for event in [
        r#"{"Records": []}"#,
        r#"{"Records": {}}"#,
        r#"{"Records": {"eventSource": "aws:sqs"}}"#,
        r#"{"Records": "aws:sqs"}"#,
        r#"{"Records": [[{"eventSource": "aws:sqs"}]]}"#,
        r#"{"Records": [1, {"eventSource": "aws:sqs"}]}"#,
        r#"{"Records": [{"eventSource": ["aws:sqs"]}]}"#,
        r#"{"Records": [{"eventSource": "aws:sqs2"}]}"#,
        r#"{"Records": [{"s3": [], "Sns": {"TopicArn": 1}}]}"#,
        r#"{"source": null, "detail-type": "x"}"#,
        r#"{"detail": {"source": "x", "detail-type": "x"}}"#,
        r#"{"eventSource": {"aws:kafka": 1}}"#,
        r#"{"triggerSource": "PreSignUp"}"#,
        r#"{"operation": "Invoke"}"#,
        r#"{"Name": "Flow", "Details": {}}"#,
        r#"{"source": "my.app", "total": 1}"#,
        r#"{"Records[0].eventSource": "aws:sqs"}"#,
        r#"{"": "", "a": {"b": [1, 2.5e9, true]}}"#,
        "{}",
        "[]",
        "[[]]",
        r#"["info"]"#,
        "null",
        "1",
        r#""text""#,
    ] {
        assert_eq!(kind(event), Kind::Unknown, "{event}");
    }
}

#[test]
fn uses_the_last_of_repeated_members() {
    assert_eq!(kind(r#"{"alarmData": {}, "alarmData": null}"#), Kind::Unknown);
    assert_eq!(kind(r#"{"eventSource": "aws:mq", "eventSource": "aws:rmq"}"#), Kind::RabbitMq);
    assert_eq!(kind(r#"{"Records": [{"eventSource": "aws:sqs", "EventSource": "aws:sns"}]}"#), Kind::Sns);
    // A record of a known source ends the pass.
    assert_eq!(kind(r#"{"source": "x", "detail-type": "y", "Records": [{"eventSource": "aws:sqs"}]}"#), Kind::Sqs);
    assert_eq!(
        kind(r#"{"Records": [{"eventSource": "aws:sqs"}, {"eventSource": "aws:s3"}], "Records": []}"#),
        Kind::Sqs
    );
}

#[test]
fn rejects_invalid_json_before_the_end_of_the_pass() {
    for event in [
        "",
        " ",
        "{",
        "[",
        r#"{"a"}"#,
        r#"{"a": 1,}"#,
        r#"{"source": "x", "detail-type": "y""#,
        "{} {}",
        r#"{"Records": [{"eventSource": "aws:sqs""#,
        r#"{"Records": [{"eventSource": "minio:s3"}"#,
        "<xml>",
    ] {
        assert!(EventSource::read(event.as_bytes()).is_none(), "{event}");
    }
    // The rest does not matter after a record of a known source.
    assert_eq!(kind(r#"{"Records": [{"eventSource": "aws:sqs"}, "#), Kind::Sqs);
}

#[test]
fn reads_deeply_nested_values() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(1 << 20), close.repeat(1 << 20));
    for value in [deep("[", "]"), deep("{\"a\":", "}")] {
        assert_eq!(kind(&format!(r#"{{"source": {value}, "Records": {value}, "resources": {value}}}"#)), Kind::Unknown);
        assert_eq!(kind(&format!(r#"{{"Records": [{{"s3": {value}, "eventSource": "aws:s3"}}]}}"#)), Kind::S3);
        assert_eq!(kind(&value), Kind::Unknown);
    }
}

#[test]
fn displays_the_kind_and_the_source() {
    for (event, expected) in [
        (json!({"Records": [{"eventSource": "aws:sqs"}]}), "an event of SQS"),
        (
            json!({"Records": [{"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:orders"}]}),
            "an event of SQS (arn:aws:sqs:eu-west-1:1:orders)",
        ),
        (
            json!({"source": "my.app", "detail-type": "OrderPlaced", "detail": {"card": "4111"}}),
            r#"an event of EventBridge (source "my.app", detail-type "OrderPlaced")"#,
        ),
        (
            json!({"RequestType": "Create", "ResourceProperties": {"Password": "hunter2"}}),
            "an event of a CloudFormation custom resource",
        ),
        (
            json!({"methodArn": "arn:aws:execute-api:r:1:a/prod/GET/token/abc", "authorizationToken": "abc"}),
            "an event of a REST API token authorizer",
        ),
        (json!({"info": {}, "arguments": {}, "source": "a name"}), "an event of an AppSync resolver"),
        (json!({"hello": "secret"}), r#"an event of an unknown kind, with the keys ["hello"]"#),
        (json!({}), "an event of an unknown kind, with the keys []"),
        (json!([1]), "an event of an unknown kind, which is not a JSON object"),
        (json!("text"), "an event of an unknown kind, which is not a JSON object"),
    ] {
        assert_eq!(display(&event), expected);
        let json = event.to_string();
        assert_eq!(format!("{:?}", EventSource::read(json.as_bytes()).unwrap()), format!("EventSource({expected})"));
    }
}

#[test]
fn displays_long_and_hostile_names_in_short() {
    let long = "\u{1b}[31m\n".repeat(1 << 10);
    let keys: serde_json::Map<_, _> = (0..1000).map(|i| (format!("{i}{long}"), json!("secret"))).collect();
    for event in [
        json!({"source": long, "detail-type": long}),
        json!({"Records": [{"eventSource": "aws:sqs", "eventSourceARN": long}]}),
        json!({"Records": [{"eventSource": "aws:sqs", "eventSourceARN": "é".repeat(1 << 16)}]}),
        keys.into(),
    ] {
        let text = display(&event);
        assert!(text.len() < 2000 && !text.contains(['\u{1b}', '\n']), "{} bytes: {text:.200}", text.len());
    }
}

#[test]
fn names_each_kind() {
    let names: std::collections::BTreeSet<_> = KINDS.iter().map(|row| row.kind.to_string()).collect();
    assert_eq!(names.len(), KINDS.len());
    assert_eq!((Kind::Sqs.to_string(), Kind::Unknown.to_string()), ("SQS".to_owned(), "an unknown kind".to_owned()));
}
