//! Subscriptions and their validation.

use lodger_gateway::RuntimeApi;
use serde_json::{Value, json};

use crate::support::{Listener, RawExtension, extension_request, run_function, soon, subscribe, subscribe_to};

const TELEMETRY: &str = "/2022-07-01/telemetry";
const LOGS: &str = "/2020-08-15/logs";

/// A valid subscription with one other member.
fn with(name: &str, value: Value) -> Value {
    let mut body = json!({
        "schemaVersion": "2022-12-13",
        "types": ["platform"],
        "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain:8080"},
    });
    body.as_object_mut().unwrap().insert(name.to_owned(), value);
    body
}

#[tokio::test]
async fn names_all_problems_of_a_subscription() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let uri = |uri: &str| with("destination", json!({"protocol": "HTTP", "URI": uri}));
    for (body, problem) in [
        (
            json!({}),
            "schemaVersion should be 2022-07-01, 2022-12-13 or 2025-01-29; protocol should be HTTP or TCP; types should not be empty",
        ),
        (json!([]), "the body should be a JSON object"),
        (with("schemaVersion", json!("2020-08-15")), "schemaVersion should be"),
        (with("types", json!([])), "types should not be empty"),
        (with("types", json!(["platform", "trace"])), "types should be platform, function or extension"),
        (uri("https://sandbox.localdomain:8080"), "URI should begin with http://sandbox.localdomain"),
        (uri("http://example.com:8080"), "URI should begin with http://sandbox.localdomain"),
        (uri("http://sandbox.localdomain"), "URI port is not provided"),
        (uri("http://sandbox.localdomain:9001"), "port 9001 is reserved"),
        (uri("no uri"), "URI is not valid"),
        (with("destination", json!({"protocol": "TCP"})), "port is not provided"),
        (with("destination", json!({"protocol": "TCP", "port": 0})), "port should be between 1 and 65535"),
        (with("destination", json!({"protocol": "TCP", "port": 65536})), "port should be between 1 and 65535"),
        (with("buffering", json!({"maxItems": 999})), "maxItems should be an integer between 1000 and 10000"),
        (with("buffering", json!({"maxBytes": 1_048_577})), "maxBytes should be an integer between 262144 and 1048576"),
        (with("buffering", json!({"timeoutMs": 24.5})), "timeoutMs should be an integer between 25 and 30000"),
    ] {
        let (head, response) = subscribe(&api, &extension, TELEMETRY, &body).await;
        assert!(head.starts_with("http/1.1 400 "), "{body}: {head}{response}");
        let response: Value = serde_json::from_str(&response).unwrap();
        assert_eq!(response["errorType"], "ValidationError");
        assert!(response["errorMessage"].as_str().unwrap().contains(problem), "{body}: {response}");
    }
    let (_, response) = subscribe(&api, &extension, LOGS, &with("schemaVersion", json!("2022-07-01"))).await;
    assert!(response.contains("Logs.ValidationError"), "{response}");
    assert_eq!(api.protocol_errors().len(), 17);
}

#[tokio::test]
async fn rejects_an_unknown_extension() {
    let api = RuntimeApi::start().await.unwrap();
    for path in [TELEMETRY, LOGS] {
        let body = with("types", json!(["function"])).to_string();
        let (head, response) = extension_request(&api, &format!("PUT {path}"), "", &body).await;
        assert!(head.starts_with("http/1.1 403 ") && response.contains("MissingExtensionIdentifier"), "{response}");
        let id = "lambda-extension-identifier: 00000000-0000-0000-0000-000000000000\r\n";
        let (head, response) = extension_request(&api, &format!("PUT {path}"), id, &body).await;
        assert!(head.starts_with("http/1.1 403 ") && response.contains("UnknownExtensionIdentifier"), "{response}");
    }
}

#[tokio::test]
async fn subscriptions_end_with_the_initialization() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let mut polling = RawExtension::register(&api, "b", "[]").await;
    tokio::spawn(run_function(api.address(), |event| event));
    soon(api.wait_for_polls(1)).await;
    // The extension has not polled, so the initialization lasts.
    let listener = Listener::start().await;
    subscribe_to(&api, &extension, &listener, &["platform"]).await;
    let id = extension.id.clone();
    tokio::spawn(async move { polling.next().await });
    let mut extension = extension;
    let other = tokio::spawn(async move { extension.next().await });
    api.invoke("{}").await.unwrap().unwrap();
    assert!(!other.is_finished());
    for (path, error_type) in [(TELEMETRY, "Telemetry.SubscriptionClosed"), (LOGS, "Logs.SubscriptionClosed")] {
        let body = with("schemaVersion", if path == LOGS { Value::Null } else { json!("2022-07-01") }).to_string();
        let (head, response) = extension_request(&api, &format!("PUT {path}"), &id, &body).await;
        assert!(head.starts_with("http/1.1 403 ") && response.contains(error_type), "{head}{response}");
    }
}

#[tokio::test]
async fn the_telemetry_api_and_the_logs_api_exclude_each_other() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let (head, response) = subscribe(&api, &extension, LOGS, &with("schemaVersion", Value::Null)).await;
    assert!(head.starts_with("http/1.1 200 "), "{response}");
    let (head, response) = subscribe(&api, &extension, TELEMETRY, &with("types", json!(["function"]))).await;
    assert!(head.starts_with("http/1.1 400 "), "{head}{response}");
    // Another extension may use the other API.
    let other = RawExtension::register(&api, "b", "[]").await;
    let (head, response) = subscribe(&api, &other, TELEMETRY, &with("types", json!(["function"]))).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}{response}");
}

#[tokio::test]
async fn managed_instances_have_one_schema() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let extension = RawExtension::register(&api, "a", "[]").await;
    let (head, response) = subscribe(&api, &extension, TELEMETRY, &with("types", json!(["platform"]))).await;
    assert!(head.starts_with("http/1.1 400 ") && response.contains("2025-01-29"), "{head}{response}");
    let body = with("schemaVersion", json!("2025-01-29"));
    assert!(subscribe(&api, &extension, TELEMETRY, &body).await.0.starts_with("http/1.1 200 "));
}

#[tokio::test]
async fn a_test_can_restrict_the_schemas() {
    let api = RuntimeApi::start().await.unwrap().telemetry_versions(["2022-07-01"]);
    let extension = RawExtension::register(&api, "a", "[]").await;
    for (version, status) in [("2025-01-29", 400), ("2022-12-13", 400), ("2022-07-01", 200)] {
        let (head, response) = subscribe(&api, &extension, TELEMETRY, &with("schemaVersion", json!(version))).await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{version}: {head}{response}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_second_equal_subscription_has_no_effect() {
    let api = RuntimeApi::start().await.unwrap();
    let extension = RawExtension::register(&api, "a", "[]").await;
    let listener = Listener::start().await;
    subscribe_to(&api, &extension, &listener, &["function"]).await;
    subscribe_to(&api, &extension, &listener, &["function"]).await;
    api.function_log("first\n");
    listener.record("function").await;
    api.function_log("last\n");
    listener.record_where(|record| record["record"] == "last").await;
    assert_eq!(listener.records().len(), 2);
}
