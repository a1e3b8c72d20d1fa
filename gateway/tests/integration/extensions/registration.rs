//! The registration of extensions.

use lodger_gateway::RuntimeApi;
use serde_json::Value;

use crate::support::{
    NEXT, RawExtension, RawFunction, exchange, extension_request, fetch, header, register, report_init_error, soon,
};

#[tokio::test]
async fn describes_the_function_to_an_extension() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    let headers = "lambda-extension-name: agent\r\nlambda-extension-accept-feature: other, accountId\r\n";
    let line = "POST /2020-01-01/extension/register";
    let (head, body) = extension_request(&api, line, headers, r#"{"events":["INVOKE","SHUTDOWN"]}"#).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}{body}");
    assert_eq!(header(&head, "lambda-extension-identifier").unwrap().len(), 36, "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    let expected = serde_json::json!({
        "functionName": "test", "functionVersion": "$LATEST", "handler": "bootstrap", "accountId": "123456789012",
    });
    assert_eq!(body, expected);

    let (_, body) = register(&api, "internal", r#"{"events":["INVOKE"]}"#).await;
    assert!(!body.contains("accountId"), "{body}");
    assert_eq!(api.extensions(), ["agent", "internal"]);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn rejects_invalid_registrations() {
    let api = RuntimeApi::start().await.unwrap();
    register(&api, "twice", "{}").await;
    for (name, body, error_type) in [
        ("", r#"{"events":[]}"#, "Extension.InvalidExtensionName"),
        ("a", "", "InvalidRequestFormat"),
        ("a", r#"{"configurationKeys":["k"]}"#, "InvalidRequestFormat"),
        ("a", r#"{"events":["SHUTDOWN"]}"#, "Extension.InvalidEventType"),
        ("a", r#"{"events":["FREEZE"]}"#, "Extension.InvalidEventType"),
        ("a", r#"{"events":null}"#, "Extension.InvalidEventType"),
        ("twice", r#"{"events":[]}"#, "Extension.InvalidExtensionState"),
    ] {
        let (head, error) = register(&api, name, body).await;
        assert!(head.starts_with("http/1.1 403 ") && error.contains(error_type), "{body}: {head}{error}");
    }
    assert_eq!((api.extensions(), api.protocol_errors().len()), (vec!["twice".to_owned()], 7));
}

#[tokio::test]
async fn rejects_unknown_identifiers() {
    let api = RuntimeApi::start().await.unwrap();
    for (id, error_type) in [
        ("", "Extension.MissingExtensionIdentifier"),
        ("lambda-extension-identifier: 1\r\n", "Extension.InvalidExtensionIdentifier"),
        (
            "lambda-extension-identifier: 00000000-0000-0000-0000-000000000000\r\n",
            "Extension.UnknownExtensionIdentifier",
        ),
    ] {
        let (head, error) = extension_request(&api, "GET /2020-01-01/extension/event/next", id, "").await;
        assert!(head.starts_with("http/1.1 403 ") && error.contains(error_type), "{head}{error}");
    }
}

#[tokio::test]
async fn an_extension_registers_before_the_first_poll() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    let mut socket = RawFunction::connect(&api).await.socket;
    tokio::select! {
        response = exchange(&mut socket, NEXT) => panic!("{response:?}"),
        () = soon(api.wait_for_polls(1)) => {}
    }
    let (_, error) = register(&api, "late", r#"{"events":[]}"#).await;
    assert!(error.contains("Extension.RegistrationClosed"), "{error}");
    // The initialization lasts until an announced extension has registered.
    let (head, error) = register(&api, "agent", r#"{"events":["SHUTDOWN"]}"#).await;
    assert!(head.starts_with("http/1.1 200 "), "{head}{error}");
    let (_, error) = register(&api, "agent", r#"{"events":["SHUTDOWN"]}"#).await;
    assert!(error.contains("Extension.InvalidExtensionState"), "{error}");
}

#[tokio::test]
async fn a_function_that_starts_again_registers_its_extensions_again() {
    let api = RuntimeApi::start().await.unwrap().external_extension("agent");
    register(&api, "agent", "{}").await;
    register(&api, "again", "{}").await;
    report_init_error(api.address(), "no database").await;
    assert_eq!(api.extensions(), ["agent"]);
    assert!(register(&api, "again", "{}").await.0.starts_with("http/1.1 200 "));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn registers_at_most_ten_extensions() {
    let api = RuntimeApi::start().await.unwrap();
    for index in 0..10 {
        RawExtension::register(&api, &index.to_string(), "[]").await;
    }
    let (_, error) = register(&api, "one-more", "{}").await;
    assert!(error.contains("Extension.TooManyExtensions"), "{error}");
}

#[tokio::test]
async fn managed_instances_have_no_invoke_event() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2).external_extension("agent");
    let (_, error) = register(&api, "agent", r#"{"events":["INVOKE","SHUTDOWN"]}"#).await;
    assert!(error.contains("Extension.InvalidEventType"), "{error}");
    RawExtension::register(&api, "agent", r#"["SHUTDOWN"]"#).await;
}

#[tokio::test]
async fn has_no_other_methods() {
    let api = RuntimeApi::start().await.unwrap();
    let request = "GET /2020-01-01/extension/register HTTP/1.1\r\nhost: localhost\r\n\r\n";
    assert!(fetch(api.address().parse().unwrap(), request).await.0.starts_with("http/1.1 404 "));
}
