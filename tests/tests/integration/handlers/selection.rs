//! The handler that takes an event.

use axum::{Json, Router, routing::post};
use lodger::{
    Lodger,
    lambda::{
        self, Context, EventPattern, KnownEvent,
        events::{
            apigw::ApiGatewayCustomAuthorizerRequest, eventbridge::EventBridgeEvent, sns::SnsEvent, sqs::SqsEvent,
        },
    },
};
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    test_host::{TestHost, fronts},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{error_of, event_bridge, result_of, sqs};

/// An event of the user's, recognized by its source and its detail type.
#[derive(Deserialize)]
struct OrderPlaced {
    detail: Order,
}

#[derive(Deserialize, Serialize)]
struct Order {
    id: u64,
}

impl KnownEvent for OrderPlaced {
    const PATTERNS: &'static [EventPattern] =
        &[EventPattern::DetailType { source: "my.shop", detail_type: "OrderPlaced" }];
}

fn with_handlers(lodger: Lodger) -> Lodger {
    lodger
        .on(async |event: SqsEvent, context: Context| {
            json!({"handler": "SqsEvent", "messages": event.records.len(), "id": context.request_id()})
        })
        .on_source("refunds", async |event: SqsEvent, _| json!({"handler": "refunds", "messages": event.records.len()}))
        .on(async |event: EventBridgeEvent, _| json!({"handler": "EventBridgeEvent", "source": event.source}))
        .on(async |event: OrderPlaced, _| json!({"handler": "OrderPlaced", "id": event.detail.id}))
        .on_source("my.shop", async |event: Value, _| json!({"handler": "my.shop", "type": event["detail-type"]}))
        .on_detail_type("my.shop", "OrderPaid", async |_: Value, _| json!({"handler": "OrderPaid"}))
        .on(async |event: SnsEvent, _| json!({"handler": "SnsEvent", "text": event.records[0].sns.message}))
        .on_any(async |event: Value, _| json!({"handler": "any", "event": event}))
}

fn app() -> Router {
    Router::new()
        .route("/events", post(async |Json(event): Json<Value>| Json(json!({"route": event}))))
        .fallback(async || "from the app")
}

#[tokio::test]
async fn the_handler_that_describes_an_event_most_closely_takes_it() {
    let api = TestHost::lambda().start(|lodger| with_handlers(lodger).run(app())).await;
    let order = json!({"id": 7});
    for (event, expected) in [
        (sqs("refunds", &["a"]), json!({"handler": "refunds", "messages": 1})),
        (event_bridge("my.shop", "OrderPlaced", &order), json!({"handler": "OrderPlaced", "id": 7})),
        (event_bridge("my.shop", "OrderPaid", &order), json!({"handler": "OrderPaid"})),
        (event_bridge("my.shop", "OrderSent", &order), json!({"handler": "my.shop", "type": "OrderSent"})),
        (event_bridge("aws.ec2", "Started", &json!({})), json!({"handler": "EventBridgeEvent", "source": "aws.ec2"})),
        (json!({"of": ["my", "own"]}), json!({"handler": "any", "event": {"of": ["my", "own"]}})),
        (json!("text"), json!({"handler": "any", "event": "text"})),
        (json!([1]), json!({"handler": "any", "event": [1]})),
    ] {
        assert_eq!(result_of(&api, &event).await, expected);
    }
    let result = result_of(&api, &sqs("orders", &["a", "b"])).await;
    assert_eq!((&result["handler"], &result["messages"]), (&json!("SqsEvent"), &json!(2)));
    assert!(!result["id"].as_str().unwrap().is_empty(), "{result}");
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn http_requests_of_every_front_go_to_the_app() {
    let api = TestHost::lambda().start(|lodger| with_handlers(lodger).run(app())).await;
    for front in fronts() {
        let response = api.send(&front, &ClientRequest::get("/x").request()).await;
        assert_eq!(&response.body()[..], b"from the app", "{front}");
    }
}

#[tokio::test]
async fn the_route_gets_events_that_no_handler_takes() {
    let lodger = |lodger: Lodger| lodger.events_path("/events").on(async |_: SqsEvent, _| json!("handled"));
    let api = TestHost::lambda().start(|host| lodger(host).run(app())).await;
    assert_eq!(result_of(&api, &sqs("orders", &[])).await, json!({"route": {"Records": []}}));
    assert_eq!(result_of(&api, &sqs("orders", &["a"])).await, json!("handled"));
    assert_eq!(result_of(&api, &json!({"a": 1})).await, json!({"route": {"a": 1}}));
}

#[tokio::test]
async fn an_event_without_a_handler_fails_with_the_handlers_that_exist() {
    let lodger = |lodger: Lodger| {
        lodger
            .on(async |_: SqsEvent, _| ())
            .on_source("my.shop", async |_: Value, _| ())
            .on(async |_: EventBridgeEvent<Order>, _| ())
    };
    let api = TestHost::lambda().start(|host| lodger(host).run(app())).await;
    let sns = json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Message": "hunter2"}}]});
    let error = error_of(&api, &sns).await;
    assert_eq!(error.error_type, "Runtime.UnsupportedEvent");
    for expected in ["SNS", "`SqsEvent`", "\"my.shop\"", "`EventBridgeEvent<Order>`", "on_any"] {
        assert!(error.message.contains(expected), "{error:?}");
    }
    assert!(!error.message.contains("hunter2"), "{error:?}");
}

#[tokio::test]
async fn a_handler_for_all_events_gets_none_that_resembles_http() {
    let authorizer = json!({"type": "TOKEN", "authorizationToken": "allow", "methodArn":
        "arn:aws:execute-api:eu-west-1:123456789012:abcdef/test/GET/request"});
    let edge = json!({"Records": [{"cf": {"request": {}}}]});
    let api = TestHost::lambda().start(|lodger| lodger.on_any(async |_: Value, _| json!("any")).run(app())).await;
    for event in [&authorizer, &edge] {
        let error = error_of(&api, event).await;
        assert_eq!(error.error_type, "Runtime.UnsupportedEvent", "{error:?}");
    }

    let authorize = async |event: ApiGatewayCustomAuthorizerRequest, _: Context| json!(event.authorization_token);
    let api = TestHost::lambda().start(|lodger| lodger.on(authorize).run(app())).await;
    assert_eq!(result_of(&api, &authorizer).await, json!("allow"));
    let response = api.send(&Front::rest_api(), &ClientRequest::get("/x").request()).await;
    assert_eq!(&response.body()[..], b"from the app");
}

/// Adds handlers to a builder.
type AddHandlers = Box<dyn Fn(Lodger) -> Lodger>;

#[tokio::test]
async fn two_handlers_for_the_same_events_are_an_error_at_start() {
    let handle = async |_: Value, _: Context| ();
    let cases: [(&str, AddHandlers); 6] = [
        ("SqsEvent", Box::new(|lodger| lodger.on(async |_: SqsEvent, _| ()).on(async |_: SqsEvent, _| ()))),
        ("Batch<u8>", Box::new(|lodger| lodger.on(async |_: SqsEvent, _| ()).on(async |_: lambda::Batch<u8>, _| ()))),
        (
            "EventBridgeEvent<u8>",
            Box::new(|lodger| {
                lodger.on(async |_: EventBridgeEvent<u8>, _| ()).on(async |_: EventBridgeEvent<u16>, _| ())
            }),
        ),
        ("\"my.app\"", Box::new(move |lodger| lodger.on_source("my.app", handle).on_source("my.app", handle))),
        (
            "\"Paid\"",
            Box::new(move |lodger| {
                lodger.on_detail_type("my.app", "Paid", handle).on_detail_type("my.app", "Paid", handle)
            }),
        ),
        ("no other handler", Box::new(move |lodger| lodger.on_any(handle).on_any(handle))),
    ];
    for (expected, add) in cases {
        let mut api = TestHost::lambda().start(|lodger| add(lodger).run(app())).await;
        let error = api.result().await.unwrap_err();
        assert!(error.is_build() && error.to_string().contains(expected), "{error}");
        assert!(error.to_string().contains("on_source"), "{error}");
        let reported: Value = serde_json::from_slice(&api.init_error().await.body).unwrap();
        assert_eq!(reported["errorMessage"], format!("{error:?}"));

        // The same on a laptop.
        let error =
            add(Lodger::new().host(lodger::Host::Server).addr(([127, 0, 0, 1], 0))).run(app()).await.unwrap_err();
        assert!(error.is_build() && error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn handlers_work_in_every_slot_of_managed_instances() {
    let api = TestHost::lambda().max_concurrency(4).start(|lodger| with_handlers(lodger).run(app())).await;
    let invoke = async |number: usize| {
        let event = json!({"number": number});
        assert_eq!(result_of(&api, &event).await["event"], event);
    };
    futures_util::future::join_all((0..32).map(invoke)).await;
    assert_eq!(api.protocol_errors(), [""; 0]);
}
