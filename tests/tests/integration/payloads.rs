//! Payloads from public projects: the result of each has to match the table in `payloads.txt`, and its kind and types the
//! table in `payload_kinds.txt`.
//!
//! The payloads are not part of the project. `LODGER_TEST_EVENTS` is a folder with a folder for each collection. Without
//! it the tests print that they are skipped. A payload that is not in the table must also have a response or an error.
//! `LODGER_TEST_WRITE=1` writes a new table: read it before you commit it.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use http::Request;
use lodger::{
    Lodger,
    lambda::{EventKind, EventPattern, EventSource, KnownEvent, events as aws},
};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{losses::percent_decode, probe, test_host::TestHost};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("LODGER_TEST_EVENTS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: LODGER_TEST_EVENTS is not set to a folder of payloads");
    }
    folder
}

/// Reads the payloads, by folder and name.
fn payloads(folder: &PathBuf) -> BTreeMap<String, Vec<u8>> {
    let mut payloads = BTreeMap::new();
    for source in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let source = source.unwrap().path();
        for file in fs::read_dir(&source).into_iter().flatten() {
            let file = file.unwrap().path();
            // This file has no event. Another test reads it.
            let is_event = !file.ends_with("live/ingress-paths.json");
            if is_event && file.extension().is_some_and(|extension| extension == "json") {
                let name =
                    [&source, &file].map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).join("/");
                payloads.insert(name, fs::read(&file).unwrap());
            }
        }
    }
    payloads
}

/// Invokes the function. Returns a line about the request that the app saw, or about the error.
async fn describe_result(api: &RuntimeApi, event: &[u8]) -> String {
    match api.invoke(event.to_vec()).await.unwrap() {
        Err(error) => {
            let body: Value = serde_json::from_slice(&error.body).unwrap();
            let message = body["errorMessage"].as_str().unwrap();
            // Without the keys or the resource of the event.
            format!("refused: {}", message.split([',', ';', '(']).next().unwrap().trim_end())
        }
        Ok(reply) => {
            let reply: Value = serde_json::from_slice(&reply).unwrap();
            let body = reply["body"].as_str().unwrap_or_default();
            let seen: Value = match reply["statusCode"].as_u64() {
                // The reply to another event than HTTP is the body of the response.
                None => reply,
                Some(200) => serde_json::from_str(body).unwrap(),
                Some(status) => return format!("{status}: {body}"),
            };
            let part = |name: &str| seen[name].as_str().unwrap_or_else(|| panic!("{seen}")).to_owned();
            format!("served: {} {} to {}", part("method"), part("uri"), part("client"))
        }
    }
}

#[tokio::test]
async fn serves_or_refuses_each_payload_like_the_table() {
    let Some(folder) = folder() else { return };
    let plain = TestHost::lambda().start(|lodger| lodger.run(probe::app())).await;
    let routes = |lodger: Lodger| lodger.events_path("/events").websocket_path("/ws").run(probe::app());
    let with_routes = TestHost::lambda().start(routes).await;

    let mut table = String::new();
    for (name, event) in payloads(&folder) {
        writeln!(table, "{name}\n    {}", describe_result(&plain, &event).await).unwrap();
        let served = describe_result(&with_routes, &event).await;
        if !table.ends_with(&format!("{served}\n")) {
            writeln!(table, "    with routes for events {served}").unwrap();
        }
    }
    assert_eq!((plain.protocol_errors(), with_routes.protocol_errors()), (vec![], vec![]));

    compare(&folder, &table, "payloads.txt", include_str!("../../payloads.txt"));
}

/// Compares a table with the committed one, or writes it.
fn compare(folder: &Path, table: &str, file: &str, known: &str) {
    if std::env::var_os("LODGER_TEST_WRITE").is_some() {
        fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(file), table).unwrap();
    }
    let (known, now) = (entries(known), entries(table));
    // A folder with some of the known payloads has all of them.
    let missing: Vec<_> = known.keys().filter(|name| !now.contains_key(*name)).collect();
    assert!(missing.is_empty() || missing.len() == known.len(), "{missing:?}");
    assert!(!now.is_empty(), "{} has no payloads", folder.display());
    let mut differ = vec![];
    for (name, result) in now {
        match known.get(name) {
            Some(expected) if *expected == result => {}
            Some(expected) => differ.push(format!("{name}\nexpected:{expected}\nactual:{result}")),
            None => eprintln!("not in the table: {name}{result}"),
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

/// Parses a table: the lines of each payload by its name.
fn entries(table: &str) -> BTreeMap<&str, String> {
    let mut entries: BTreeMap<&str, String> = BTreeMap::new();
    let mut name = "";
    for line in table.lines() {
        match line.strip_prefix("    ") {
            Some(result) => entries.entry(name).or_default().push_str(&format!("\n    {result}")),
            None => name = line,
        }
    }
    entries
}

/// A type of `aws_lambda_events`.
struct EventType {
    name: &'static str,
    patterns: &'static [EventPattern],
    deserialize: fn(&[u8]) -> Result<(), serde_json::Error>,
}

macro_rules! event_types {
    ($($event:ty),+ $(,)?) => {
        &[$(EventType {
            name: stringify!($event),
            patterns: <$event as KnownEvent>::PATTERNS,
            deserialize: |event| serde_json::from_slice::<$event>(event).map(drop),
        }),+]
    };
}

/// The types of events that the collections contain.
const EVENT_TYPES: &[EventType] = event_types![
    aws::apigw::ApiGatewayCustomAuthorizerRequest,
    aws::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest,
    aws::apigw::ApiGatewayV2CustomAuthorizerV1Request,
    aws::apigw::ApiGatewayV2CustomAuthorizerV2Request,
    aws::appsync::AppSyncDirectResolverEvent,
    aws::cloudwatch_events::CloudWatchEvent,
    aws::dynamodb::Event,
    aws::eventbridge::EventBridgeEvent,
    aws::kinesis::KinesisEvent,
    aws::s3::S3Event,
    aws::sns::SnsEvent,
    aws::sqs::SqsApiEventObj<Value>,
    aws::sqs::SqsEvent,
    aws::sqs::SqsEventObj<Value>,
];

/// Names the kind of a payload and the types that it deserializes into. A type that it does not fit has a `!`.
fn describe_kind(payload: &[u8]) -> String {
    let source = EventSource::read(payload).unwrap();
    if source.kind() != EventKind::Unknown {
        let types = EVENT_TYPES.iter().filter(|event| event.patterns.iter().any(|pattern| pattern.matches(&source)));
        let fit = |event: &EventType| if (event.deserialize)(payload).is_ok() { "" } else { "!" };
        let types: Vec<String> = types.map(|event| format!("{}{}", event.name, fit(event))).collect();
        assert!(types.iter().any(|name| !name.ends_with('!')), "{source}: {types:?}");
        return format!("{}: {}", source.kind(), types.join(", "));
    }
    let payload: Value = serde_json::from_slice(payload).unwrap();
    let has = |pointers: &[&str]| pointers.iter().any(|pointer| payload.pointer(pointer).is_some());
    if has(&["/requestContext", "/httpMethod", "/raw_path", "/Records/0/cf"]) {
        "an HTTP request".to_owned()
    } else if has(&["/statusCode", "/policyDocument", "/batchItemFailures"]) {
        "a response".to_owned()
    } else {
        panic!("{source}")
    }
}

#[test]
fn recognizes_each_payload_like_the_table() {
    let Some(folder) = folder() else { return };
    let mut table = String::new();
    for (name, payload) in payloads(&folder) {
        writeln!(table, "{name}\n    {}", describe_kind(&payload)).unwrap();
    }
    compare(&folder, &table, "payload_kinds.txt", include_str!("../../payload_kinds.txt"));
}

#[tokio::test]
async fn decodes_paths_like_a_captured_http_api() {
    let Some(folder) = folder() else { return };
    let Ok(captured) = fs::read(folder.join("live/ingress-paths.json")) else {
        eprintln!("skipped: the folder has no live/ingress-paths.json");
        return;
    };
    let captured: Vec<Value> = serde_json::from_slice(&captured).unwrap();
    assert!(captured.len() >= 10, "{captured:?}");
    let api = TestHost::lambda().start(|lodger| lodger.run(probe::app())).await;
    for path in captured {
        let request = Request::get(path["sentPath"].as_str().unwrap()).body(Bytes::new()).unwrap();
        let event = Front::http_api().event(&request);
        let Some(expected) = path["httpAPIPath"].as_str() else {
            assert_eq!(path["httpAPIRejected"], true);
            assert_eq!(event.unwrap_err().status(), 400, "{path}");
            continue;
        };
        // The gateway sends the captured path, and the path of the app decodes to it once.
        let event = event.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&event).unwrap()["rawPath"], expected);
        let response = Front::http_api().response(&api.invoke(event).await.unwrap());
        let seen: Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(percent_decode(seen["uri"].as_str().unwrap().as_bytes()).unwrap(), expected.as_bytes(), "{path}");
    }
}
