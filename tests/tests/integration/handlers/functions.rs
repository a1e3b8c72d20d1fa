//! Functions without an app: services over `LambdaEvent`.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use lodger::{
    Host, Lodger,
    lambda::{Context, Error, Event, LambdaEvent, events::sqs::SqsEvent, service_fn},
};
use lodger_gateway::Front;
use lodger_tests::{client::ClientRequest, test_host::TestHost};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower::{Service, ServiceBuilder, layer::layer_fn};

use super::{error_of, result_of, sqs};

/// Written as for lambda_runtime, except for the imports and `request_id()`.
async fn greet(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let (event, context) = event.into_parts();
    let name = event["name"].as_str().ok_or("the event has no name")?;
    Ok(json!({"message": format!("Hello, {name}!"), "has_id": !context.request_id().is_empty()}))
}

#[tokio::test]
async fn a_service_receives_http_requests_as_events() {
    let api = TestHost::lambda().start(|lodger| lodger.run(service_fn(greet))).await;
    assert_eq!(result_of(&api, &json!({"name": "Ada"})).await, json!({"message": "Hello, Ada!", "has_id": true}));
    let error = error_of(&api, &json!({})).await;
    assert_eq!((&*error.error_type, &*error.message), ("Error", "the event has no name"));

    let keys = async |event: LambdaEvent<Value>| {
        Ok::<_, Infallible>(json!({"statusCode": 203, "body": event.payload["requestContext"]["http"]["path"]}))
    };
    let api = TestHost::lambda().start(|lodger| lodger.run(service_fn(keys))).await;
    let response = api.send(&Front::function_url(), &ClientRequest::get("/a/b").request()).await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (203, &b"/a/b"[..]));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_service_takes_any_type_that_deserializes() {
    #[derive(Deserialize)]
    struct Sum {
        numbers: Vec<u32>,
    }

    #[derive(Serialize)]
    struct Total {
        total: u32,
    }

    let sum = async |event: LambdaEvent<Sum>| Ok::<_, Error>(Total { total: event.payload.numbers.iter().sum() });
    let api = TestHost::lambda().start(|lodger| lodger.run(tower::service_fn(sum))).await;
    assert_eq!(result_of(&api, &json!({"numbers": [1, 2, 4]})).await, json!({"total": 7}));
    let error = error_of(&api, &json!({"numbers": [1, "hunter2"]})).await;
    assert_eq!((&*error.error_type, &*error.header), ("InvalidEvent", "Function.InvalidEvent"));
    assert!(error.message.contains("numbers[1]") && !error.message.contains("hunter2"), "{error:?}");

    let count = async |event: LambdaEvent<SqsEvent>| Ok::<_, Error>(event.payload.records.len());
    let api = TestHost::lambda().start(|lodger| lodger.run(service_fn(count))).await;
    assert_eq!(result_of(&api, &sqs("orders", &["a", "b"])).await, json!(2));

    let size = async |event: LambdaEvent<Event>| Ok::<_, Error>(event.payload.as_bytes().len());
    let api = TestHost::lambda().start(|lodger| lodger.run(service_fn(size))).await;
    assert_eq!(api.invoke("{ }").await.unwrap().unwrap(), "3");
    // Lambda accepts any bytes from a caller.
    assert_eq!(api.invoke("not json").await.unwrap().unwrap(), "8");
}

/// Counts the calls of a service.
#[derive(Clone)]
struct Count<S> {
    inner: S,
    calls: Arc<AtomicUsize>,
}

impl<S, Request> Service<Request> for Count<S>
where
    S: Service<Request>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> S::Future {
        self.calls.fetch_add(1, Relaxed);
        self.inner.call(request)
    }
}

#[tokio::test]
async fn layers_wrap_a_service() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let sleepy = service_fn(async |event: LambdaEvent<u64>| {
        tokio::time::sleep(Duration::from_millis(event.payload)).await;
        Ok::<_, Error>("done")
    });
    let service = ServiceBuilder::new()
        .layer(layer_fn(move |inner| Count { inner, calls: Arc::clone(&counted) }))
        .concurrency_limit(1)
        .timeout(Duration::from_millis(50))
        .service(sleepy);
    let api = TestHost::lambda().start(|lodger| lodger.run(service)).await;
    assert_eq!(result_of(&api, &json!(0)).await, json!("done"));
    let error = error_of(&api, &json!(60_000)).await;
    assert_eq!(error.message, "request timed out");
    // The permit of the cancelled call is free again.
    assert_eq!(result_of(&api, &json!(0)).await, json!("done"));
    assert_eq!(calls.load(Relaxed), 3);
}

#[tokio::test]
async fn a_boxed_service_is_a_function() {
    let boxed = tower::util::BoxCloneService::new(service_fn(greet));
    let api = TestHost::lambda().max_concurrency(4).start(|lodger| lodger.run(boxed)).await;
    let invoke = async |_| result_of(&api, &json!({"name": "Ada"})).await["message"].clone();
    let all = futures_util::future::join_all((0..16).map(invoke)).await;
    assert!(all.iter().all(|message| message == "Hello, Ada!"), "{all:?}");
}

/// A service that is not ready before it has been polled twice, and cannot become ready after a failure.
#[derive(Clone)]
struct SlowToBeReady {
    polls: usize,
    fails: bool,
}

impl Service<LambdaEvent<Value>> for SlowToBeReady {
    type Response = usize;
    type Error = Error;
    type Future = std::future::Ready<Result<usize, Error>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Error>> {
        self.polls += 1;
        if self.fails {
            return std::task::Poll::Ready(Err("out of order".into()));
        }
        if self.polls < 2 {
            cx.waker().wake_by_ref();
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: LambdaEvent<Value>) -> Self::Future {
        std::future::ready(Ok(self.polls))
    }
}

#[tokio::test]
async fn a_service_is_called_when_it_is_ready() {
    let api = TestHost::lambda().start(|lodger| lodger.run(SlowToBeReady { polls: 0, fails: false })).await;
    assert_eq!(result_of(&api, &json!(null)).await, json!(2));
    let api = TestHost::lambda().start(|lodger| lodger.run(SlowToBeReady { polls: 0, fails: true })).await;
    assert_eq!(error_of(&api, &json!(null)).await.message, "out of order");
}

#[tokio::test]
async fn handlers_beside_a_service_take_their_events_first() {
    let lodger = |lodger: Lodger| {
        lodger.on(async |_: SqsEvent, _: Context| json!("handler")).on_any(async |_: Value, _: Context| json!("any"))
    };
    let whole = service_fn(async |_: LambdaEvent<Value>| Ok::<_, Error>("service"));
    let api = TestHost::lambda().start(|host| lodger(host).run(whole)).await;
    assert_eq!(result_of(&api, &sqs("orders", &["a"])).await, json!("handler"));
    assert_eq!(result_of(&api, &json!({})).await, json!("service"));
}

#[tokio::test]
async fn a_server_explains_how_to_invoke_a_function() {
    let lodger = Lodger::new().host(Host::Server).addr(([127, 0, 0, 1], 0));
    let error = lodger.run(service_fn(greet)).await.unwrap_err().to_string();
    assert!(error.contains("cargo lodger invoke") && error.contains("cargo lambda invoke"), "{error}");
}

#[tokio::test]
async fn limits_the_result_of_a_function_to_6_mb() {
    let large = service_fn(async |event: LambdaEvent<usize>| Ok::<_, Error>("x".repeat(event.payload)));
    let api = TestHost::lambda().start(|lodger| lodger.run(large)).await;
    assert_eq!(api.invoke("6291554").await.unwrap().unwrap().len(), 6_291_556);
    let error = error_of(&api, &json!(6_291_555)).await;
    assert_eq!(error.error_type, "Function.ResponseSizeTooLarge");
    assert!(error.message.contains("the limit is 6291556 bytes"), "{error:?}");
}
