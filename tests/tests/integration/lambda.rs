//! An app on Lambda: what it knows, and what becomes of it when something goes wrong.

use std::{
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use axum::{Extension, Json, Router, extract::Request, routing::get};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use hyper::body::Frame;
use lodger::{Error, Host, Lodger, PathPrefix, lambda};
use lodger_gateway::{Front, Invocation, RuntimeApi};
use lodger_tests::{ask::Sent, host::on_lambda, probe, raw_api::SOON};
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, oneshot},
    time::{sleep, timeout},
};

async fn get_from(api: &RuntimeApi, target: &'static str) -> Response<Bytes> {
    api.send(&Front::function_url(), &Sent::get(target).request()).await
}

fn event(target: &'static str) -> Bytes {
    Front::function_url().event(&Sent::get(target).request()).unwrap()
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
        "seconds left": context.remaining_time().map(|left| left.as_secs_f64().ceil()),
    }))
}

async fn invoke(api: &RuntimeApi, headers: &[(&'static str, &'static [u8])]) -> Value {
    let mut invocation = Invocation::new(event("/"));
    for (name, value) in headers {
        invocation = invocation.header(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
    }
    let outcome = api.invoke(invocation).await.unwrap();
    let response = Front::function_url().response(&outcome);
    serde_json::from_slice(response.body()).unwrap()
}

#[tokio::test]
async fn an_app_finds_what_lambda_says_of_the_invocation() {
    let api = on_lambda(|lodger| lodger.run(Router::new().route("/", get(context)))).await;
    let told = invoke(
        &api,
        &[
            ("lambda-runtime-aws-tenant-id", b"tenant-1"),
            ("lambda-runtime-client-context", br#"{"client":{}}"#),
            ("lambda-runtime-cognito-identity", br#"{"cognitoIdentityId":"x"}"#),
            ("lambda-runtime-invocation-id", b"attempt-1"),
        ],
    )
    .await;
    assert_eq!(
        told,
        json!({
            "request id": "8476a536-e9f4-11e8-9739-000000000001",
            "arn": "arn:aws:lambda:us-east-1:123456789012:function:test",
            "trace id": "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1",
            "client context": r#"{"client":{}}"#,
            "identity": r#"{"cognitoIdentityId":"x"}"#,
            "tenant id": "tenant-1",
            "invocation id": "attempt-1",
            "seconds left": 30.0,
        })
    );
    // Empty and garbled ones are absent, and nothing fails for it.
    let told = invoke(
        &api,
        &[
            ("lambda-runtime-aws-tenant-id", b""),
            ("lambda-runtime-trace-id", b""),
            ("lambda-runtime-client-context", b"\xff\xfe"),
            ("lambda-runtime-deadline-ms", b"soon"),
            ("lambda-runtime-invoked-function-arn", b" "),
        ],
    )
    .await;
    for absent in ["tenant id", "trace id", "client context", "identity", "invocation id", "seconds left", "arn"] {
        assert_eq!(told[absent], Value::Null, "{absent}");
    }
    // The id of the first attempt came back with the answer, and the second had none to bring back.
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn an_app_finds_the_event_and_its_context() {
    let app = Router::new().fallback(async |request: Request| {
        let extensions = request.extensions();
        let context = extensions.get::<lambda::RequestContext>().unwrap().parse::<Value>().unwrap();
        let event: Value = serde_json::from_slice(extensions.get::<lambda::Event>().unwrap().as_bytes()).unwrap();
        let prefix = extensions.get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned());
        Json(json!({"context": context, "event": event, "prefix": prefix, "uri": request.uri().to_string()}))
    });
    let api = on_lambda(|lodger| lodger.base_path("/orders").run(app)).await;
    let front = Front::http_api().stage("prod");
    let request = Sent::get("/orders/7?x=1").request();
    let told: Value = serde_json::from_slice(api.send(&front, &request).await.body()).unwrap();
    let event: Value = serde_json::from_slice(&front.event(&request).unwrap()).unwrap();
    assert_eq!((&told["uri"], &told["prefix"]), (&"/7?x=1".into(), &"/prod/orders".into()));
    assert_eq!((&told["context"], &told["event"]), (&event["requestContext"], &event));
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_process_lives() {
    let api = on_lambda(|lodger| lodger.run(probe::app())).await;
    for target in ["/panic", "/panic/body"] {
        let response = get_from(&api, target).await;
        assert_eq!(
            (response.status().as_u16(), &response.body()[..]),
            (500, &b"internal server error"[..]),
            "{target}"
        );
        assert_eq!(get_from(&api, "/reply/text").await.status(), 200);
    }
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
}

/// A body that panics when it is read, and again when it is dropped.
struct PanicsTwice;

impl hyper::body::Body for PanicsTwice {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        panic!("asked to panic when it is read");
    }
}

impl Drop for PanicsTwice {
    fn drop(&mut self) {
        panic!("asked to panic when it is dropped");
    }
}

#[tokio::test]
async fn a_body_that_panics_again_when_it_is_dropped_is_a_500_as_well() {
    let service = async |_: lodger::Request| Ok::<_, Error>(Response::new(PanicsTwice));
    let api = on_lambda(|lodger| lodger.run(hyper::service::service_fn(service))).await;
    for _ in 0..2 {
        let response = get_from(&api, "/").await;
        assert_eq!((response.status().as_u16(), &response.body()[..]), (500, &b"internal server error"[..]));
    }
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
}

#[tokio::test]
async fn an_error_of_a_service_is_a_500() {
    let failing =
        tower::service_fn(async |_: lodger::Request| Err::<Response<String>, _>(std::io::Error::other("secret")));
    let api = on_lambda(|lodger| lodger.run(failing)).await;
    let response = get_from(&api, "/").await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (500, &b"internal server error"[..]));
}

#[tokio::test]
async fn a_response_that_is_too_large_is_a_500_that_says_so() {
    let api = on_lambda(|lodger| lodger.run(probe::app())).await;
    let response = get_from(&api, "/size/6000000").await;
    assert_eq!((response.status().as_u16(), response.body().len()), (200, 6_000_000));
    let response = get_from(&api, "/size/7000000").await;
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(response.status(), 500);
    assert!(body.contains("7000000") && body.contains("6291556"), "{body}");
    assert_eq!(get_from(&api, "/reply/text").await.status(), 200);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn what_is_no_request_gets_its_answer_and_the_loop_goes_on() {
    let api = on_lambda(|lodger| lodger.run(probe::app())).await;
    for (event, error_type) in [
        (r#"{"Records":[{"eventSource":"aws:sqs"}]}"#, "Runtime.UnsupportedEvent"),
        ("null", "Runtime.UnsupportedEvent"),
        (r#"{"requestContext":{"#, "Runtime.MalformedEvent"),
        ("", "Runtime.MalformedEvent"),
    ] {
        let Err(error) = api.invoke(event).await.unwrap() else { panic!("{event} was answered") };
        let body: Value = serde_json::from_slice(&error.body).unwrap();
        assert_eq!((error.error_type.as_str(), &body["errorType"]), (error_type, &error_type.into()), "{event}");
    }
    for (name, value) in [("a\"a", "x"), ("x-split", "1\r\nx-evil: 2")] {
        let mut event: Value = serde_json::from_slice(&event("/")).unwrap();
        event["headers"][name] = value.into();
        let outcome = api.invoke(event.to_string()).await.unwrap();
        let response = Front::function_url().response(&outcome);
        assert_eq!((response.status().as_u16(), response.headers().contains_key("x-evil")), (400, false));
    }
    assert_eq!(get_from(&api, "/reply/text").await.status(), 200);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

async fn start_failing<F>(run: impl FnOnce(Lodger) -> F) -> (RuntimeApi, Value, Error)
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let api = RuntimeApi::start().await.unwrap();
    let error = run(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address())).await.unwrap_err();
    let reported = api.init_error().await;
    assert_eq!(api.protocol_errors(), [""; 0]);
    (api, serde_json::from_slice(&reported.body).unwrap(), error)
}

#[tokio::test]
async fn an_app_that_cannot_be_built_is_reported_once() {
    let failing = async || Err::<Router, _>(std::io::Error::other("no database"));
    let (_api, reported, error) = start_failing(|lodger| lodger.run_with(failing)).await;
    assert_eq!(reported["errorMessage"], "cannot build the app: no database");
    assert_eq!(reported["errorType"], "Runtime.InitFailed");
    assert_eq!(format!("{error:?}"), "cannot build the app: no database");
}

#[tokio::test]
async fn an_app_that_panics_while_it_is_built_is_reported_once() {
    let panicking = async || -> Result<Router, Error> { panic!("no database") };
    let (_api, reported, _) = start_failing(|lodger| lodger.run_with(panicking)).await;
    assert_eq!(reported["errorMessage"], "the app panicked while it was built: no database");
}

#[tokio::test]
async fn the_api_may_be_a_url_with_a_path() {
    let api = RuntimeApi::start().await.unwrap();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(format!("http://{}/", api.address()));
    tokio::spawn(lodger.run(probe::app()));
    assert_eq!(get_from(&api, "/reply/text").await.status(), 200);

    let error = Lodger::new().host(Host::Lambda).lambda_runtime_api("https://x").run(probe::app()).await.unwrap_err();
    assert!(error.to_string().contains("\"https://x\""), "{error}");
}

#[tokio::test]
async fn a_shutdown_of_the_users_own_ends_it_between_invocations() {
    let api = RuntimeApi::start().await.unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let lodger =
        Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).shutdown(async { drop(ended.await) });
    let running = tokio::spawn(lodger.run(probe::app()));
    assert_eq!(get_from(&api, "/reply/text").await.status(), 200);
    end.send(()).unwrap();
    assert!(running.await.unwrap().is_ok());
}

#[tokio::test]
async fn an_app_that_is_not_sync_is_served_by_a_future_that_is_send() {
    #[derive(Clone)]
    struct NotSync(std::cell::Cell<u32>);
    impl tower::Service<lodger::Request> for NotSync {
        type Response = Response<String>;
        type Error = std::convert::Infallible;
        type Future = std::future::Ready<Result<Self::Response, Self::Error>>;
        fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), Self::Error>> {
            std::task::Poll::Ready(Ok(()))
        }
        fn call(&mut self, _: lodger::Request) -> Self::Future {
            self.0.set(self.0.get() + 1);
            std::future::ready(Ok(Response::new(self.0.get().to_string())))
        }
    }
    let api = on_lambda(|lodger| lodger.run(NotSync(Default::default()))).await;
    assert_eq!(&get_from(&api, "/").await.body()[..], b"1");
}

#[tokio::test]
async fn nothing_is_polled_for_before_the_app_is_built() {
    let api = RuntimeApi::start().await.unwrap();
    let (build, may_be_built) = oneshot::channel::<()>();
    let (begun, has_begun) = oneshot::channel::<()>();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
    tokio::spawn(lodger.run_with(async move || {
        begun.send(()).unwrap();
        may_be_built.await.unwrap();
        Ok::<_, Error>(probe::app())
    }));
    has_begun.await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(api.connection_count(), 0);
    build.send(()).unwrap();
    assert_eq!(get_from(&api, "/reply/text").await.status(), 200);
    assert_eq!(api.connection_count(), 1);
}

#[tokio::test]
async fn a_shutdown_while_the_app_answers_asks_for_nothing_more() {
    let api = RuntimeApi::start().await.unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let end = Arc::new(std::sync::Mutex::new(Some(end)));
    let app = Router::new().fallback(async move || {
        end.lock().unwrap().take().unwrap().send(()).unwrap();
        "answered all the same"
    });
    let lodger =
        Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).shutdown(async { drop(ended.await) });
    let running = tokio::spawn(lodger.run(app));
    assert_eq!(&get_from(&api, "/").await.body()[..], b"answered all the same");
    assert!(running.await.unwrap().is_ok());
    // Whoever had asked would be handed this, and be gone.
    let unasked = tokio::time::timeout(std::time::Duration::from_millis(200), get_from(&api, "/")).await;
    assert!(unasked.is_err());
    assert_eq!(api.poll_count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handlers_may_do_what_they_may_on_a_server() {
    let app = Router::new().route(
        "/",
        get(async || {
            let spawned = tokio::spawn(async { "spawned" }).await.unwrap();
            let blocking = tokio::task::spawn_blocking(|| "blocking").await.unwrap();
            format!("{spawned} {blocking} {}", tokio::task::block_in_place(|| "in place"))
        }),
    );
    let api = on_lambda(|lodger| lodger.run(app)).await;
    assert_eq!(&get_from(&api, "/").await.body()[..], b"spawned blocking in place");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_drops_the_future_of_run_ends_it() {
    let api = RuntimeApi::start().await.unwrap();
    let kept = Arc::new(());
    let app = {
        let kept = Arc::clone(&kept);
        Router::new().fallback(async move || drop(Arc::clone(&kept)))
    };
    let mut running = Box::pin(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(app));
    tokio::select! {
        ended = &mut running => panic!("{ended:?}"),
        response = get_from(&api, "/") => assert_eq!(response.status(), 200),
    }
    drop(running);
    let ended = async {
        while Arc::strong_count(&kept) > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, ended).await.expect("the app goes on");
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_done() {
    let api = RuntimeApi::start().await.unwrap();
    let gave_up = tokio::time::timeout(std::time::Duration::from_millis(20), get_from(&api, "/1")).await;
    assert!(gave_up.is_err());
    let done = Arc::new(std::sync::Mutex::new(vec![]));
    let log = Arc::clone(&done);
    let app = Router::new().fallback(async move |request: Request| log.lock().unwrap().push(request.uri().to_string()));
    tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(app));
    assert_eq!(get_from(&api, "/2").await.status(), 200);
    assert_eq!(*done.lock().unwrap(), ["/2"]);
}

#[tokio::test]
async fn where_sigterm_is_asked_for_the_shutdown_and_the_grace_are_still_the_users() {
    // The other one is longer than anything is waited for here.
    for (grace, is_answered) in [(Duration::from_millis(100), false), (SOON * 100, true)] {
        let api = RuntimeApi::start().await.unwrap();
        let (begun, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (end, ended) = oneshot::channel::<()>();
        let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).sigterm(true).grace(grace);
        let slow = {
            let (begun, gate) = (Arc::clone(&begun), Arc::clone(&gate));
            Router::new().fallback(async move || {
                begun.notify_one();
                gate.notified().await;
                "answered"
            })
        };
        let running = tokio::spawn(lodger.shutdown(async { drop(ended.await) }).run(slow));
        let ends = async {
            begun.notified().await;
            end.send(()).unwrap();
            if is_answered {
                // Longer than the grace is where nobody says so.
                sleep(Duration::from_millis(900)).await;
                gate.notify_one();
            }
            timeout(SOON, running).await.expect("it ends").unwrap().unwrap();
        };
        let (answer, ()) = tokio::join!(timeout(SOON, get_from(&api, "/")), ends);
        let status = if is_answered { 200 } else { 504 };
        assert_eq!(answer.expect("no answer").status(), status, "{grace:?}");
        assert_eq!(api.extensions(), ["lodger"]);
    }
}

#[tokio::test]
async fn the_span_of_an_invocation_says_whose_it_is() {
    probe::span::subscribe();
    let app = Router::new().fallback(async || Json(probe::span::current()));
    let api = on_lambda(|lodger| lodger.run(app)).await;
    assert_eq!(invoke(&api, &[]).await["tenant_id"], Value::Null);
    assert_eq!(invoke(&api, &[("lambda-runtime-aws-tenant-id", b"blue")]).await["tenant_id"], "blue");
}
