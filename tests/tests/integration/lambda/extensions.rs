//! The request extensions of an app on Lambda, and its span.

use std::{sync::Arc, time::Duration};

use axum::{Extension, Json, Router, extract::Request, routing::get};
use lodger::{ClientAddr, PathPrefix, lambda, vercel};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    client::ClientRequest,
    probe,
    test_host::{TestApp, TestHost},
};
use serde_json::{Value, json};

use super::invoke;

/// Starts an app that responds with its [`lambda::Context`]. The function has a timeout of 1,000 s.
async fn start_context_app() -> TestApp<Arc<RuntimeApi>> {
    let app = Router::new().route("/", get(context));
    TestHost::lambda().timeout(Duration::from_secs(1000)).start(|lodger| lodger.run(app)).await
}

async fn context(Extension(context): Extension<lambda::Context>) -> Json<Value> {
    Json(json!({
        "request id": context.request_id(),
        "arn": context.invoked_function_arn(),
        "trace id": context.trace_id(),
        "client context": context.client_context(),
        "identity": context.cognito_identity(),
        "tenant id": context.tenant_id(),
        "invocation id": context.invocation_id(),
        // Rounded up to hundreds, because some of the time has passed.
        "seconds left": context.remaining_time().map(|left| left.as_secs().div_ceil(100) * 100),
    }))
}

#[tokio::test]
async fn the_context_has_the_headers_of_the_invocation() {
    let lambda = start_context_app().await;
    let headers: [(_, &[u8]); 4] = [
        ("lambda-runtime-aws-tenant-id", b"tenant-1"),
        ("lambda-runtime-client-context", br#"{"client":{}}"#),
        ("lambda-runtime-cognito-identity", br#"{"cognitoIdentityId":"x"}"#),
        ("lambda-runtime-invocation-id", b"attempt-1"),
    ];
    let expected = json!({
        "request id": "8476a536-e9f4-11e8-9739-000000000001",
        "arn": "arn:aws:lambda:us-east-1:123456789012:function:test",
        "trace id": "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1",
        "client context": r#"{"client":{}}"#,
        "identity": r#"{"cognitoIdentityId":"x"}"#,
        "tenant id": "tenant-1",
        "invocation id": "attempt-1",
        "seconds left": 1000,
    });
    assert_eq!(invoke(&lambda, &headers).await, expected);
    // The function has returned the invocation id with its response.
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_context_omits_empty_and_malformed_headers() {
    let lambda = start_context_app().await;
    let headers: [(_, &[u8]); 5] = [
        ("lambda-runtime-aws-tenant-id", b""),
        ("lambda-runtime-trace-id", b""),
        ("lambda-runtime-client-context", b"\xff\xfe"),
        ("lambda-runtime-deadline-ms", b"soon"),
        ("lambda-runtime-invoked-function-arn", b" "),
    ];
    let context = invoke(&lambda, &headers).await;
    for absent in ["tenant id", "trace id", "client context", "identity", "invocation id", "seconds left", "arn"] {
        assert_eq!(context[absent], Value::Null, "{absent}");
    }
    // The function has returned no invocation id.
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_request_has_its_event_its_context_and_its_prefix() {
    let app = Router::new().fallback(async |request: Request| {
        let extensions = request.extensions();
        let context = extensions.get::<lambda::RequestContext>().unwrap().parse::<Value>().unwrap();
        let event: Value = serde_json::from_slice(extensions.get::<lambda::Event>().unwrap().as_bytes()).unwrap();
        let prefix = extensions.get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned());
        Json(json!({"context": context, "event": event, "prefix": prefix, "uri": request.uri().to_string()}))
    });
    let lambda = TestHost::lambda().start(|lodger| lodger.base_path("/orders").run(app)).await;
    let front = Front::http_api().stage("prod");
    let request = ClientRequest::get("/orders/7?x=1").request();
    let seen: Value = serde_json::from_slice(lambda.send(&front, &request).await.body()).unwrap();
    let event: Value = serde_json::from_slice(&front.event(&request).unwrap()).unwrap();
    assert_eq!((&seen["uri"], &seen["prefix"]), (&"/7?x=1".into(), &"/prod/orders".into()));
    assert_eq!((&seen["context"], &seen["event"]), (&event["requestContext"], &event));
}

#[tokio::test]
async fn the_span_of_an_invocation_has_its_tenant() {
    probe::span::subscribe();
    let app = Router::new().fallback(async || Json(probe::span::current()));
    let lambda = TestHost::lambda().start(|lodger| lodger.run(app)).await;
    assert_eq!(invoke(&lambda, &[]).await["tenant_id"], Value::Null);
    assert_eq!(invoke(&lambda, &[("lambda-runtime-aws-tenant-id", b"blue")]).await["tenant_id"], "blue");
}

/// Headers in which other adapters carry data of the platform, and those of Lambda itself.
const FORGED: [&str; 11] = [
    "x-amzn-request-context",
    "x-amzn-lambda-context",
    "x-amz-tenant-id",
    "x-apigateway-event",
    "x-apigateway-context",
    "lambda-runtime-aws-request-id",
    "lambda-runtime-aws-tenant-id",
    "lambda-runtime-cognito-identity",
    "lambda-runtime-client-context",
    "lambda-web-request-id",
    "x-vercel-internal-request-id",
];

/// Headers in which proxies carry the address of the client. Load balancers append it to the first one.
const FORGED_ADDRESSES: [&str; 4] = ["x-forwarded-for", "x-real-ip", "x-vercel-forwarded-for", "cf-connecting-ip"];

#[tokio::test]
async fn a_client_cannot_forge_data_of_the_platform_with_headers() {
    let app = Router::new().fallback(async |request: Request| {
        let extensions = request.extensions();
        let context = extensions.get::<lambda::Context>().unwrap();
        let identity = (context.tenant_id(), context.cognito_identity(), context.client_context());
        let request_context = extensions.get::<lambda::RequestContext>().unwrap().parse::<Value>().unwrap();
        let seen = (context.request_id(), identity, request_context, extensions.get::<ClientAddr>().unwrap().0);
        Json(json!({"platform": seen, "has vercel": extensions.get::<vercel::Context>().is_some()}))
    });
    let lambda = TestHost::lambda().start(|lodger| lodger.run(app)).await;
    for front in Front::all().into_iter().filter(|front| !["vercel", "lattice-v1"].contains(&front.name())) {
        let forge = |request: ClientRequest| {
            let request = FORGED_ADDRESSES.iter().fold(request, |request, name| request.header(*name, "6.6.6.6"));
            FORGED.iter().fold(request, |request, name| request.header(*name, r#"{"authorizer":{"sub":"evil"}}"#))
        };
        let get = async |request: ClientRequest| {
            let response = lambda.send(&front, &request.request()).await;
            assert_eq!(response.status(), 200, "{front}");
            let mut seen: Value = serde_json::from_slice(response.body()).unwrap();
            // Each invocation has its own id.
            let id = seen["platform"][0].take();
            assert!(id.as_str().unwrap().starts_with("8476a536-"), "{front}: {id}");
            seen
        };
        let plain = get(ClientRequest::get("/")).await;
        assert_eq!(get(forge(ClientRequest::get("/"))).await, plain, "{front}");
        assert_eq!((&plain["has vercel"], &plain["platform"][1]), (&json!(false), &json!([null, null, null])));
    }
}
