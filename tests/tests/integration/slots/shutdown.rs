//! The end of a function with several slots: all slots end, and invocations in flight are finished or fail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, body::Body, routing::get};
use futures_util::{StreamExt as _, stream};
use lodger::{Error, Host, Lodger, ResponseMode};
use lodger_gateway::{Front, RuntimeApi, StreamEnd};
use lodger_tests::{
    client::ClientRequest,
    probe,
    raw_api::Socket,
    test_host::TestHost,
    wait::{SOON, wait_until},
};
use tokio::{sync::Notify, time::timeout};

use super::{accept_polls, accept_response, invocation, start_slots};

#[tokio::test]
async fn finishes_invocations_in_flight_after_a_fatal_error() {
    let gate = Arc::new(Notify::new());
    let app = {
        let gate = Arc::clone(&gate);
        Router::new().fallback(async move || {
            gate.notified().await;
            "answered all the same"
        })
    };
    let (mut lambda, [mut busy, mut refused, mut idle]) = start_slots::<3>(app).await;
    busy.write(invocation("busy", "/")).await;
    refused.write("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n").await;
    // The idle slot ends at once, and no slot polls again.
    assert_eq!(idle.read().await, None);
    assert!(lambda.is_running());
    gate.notify_one();
    assert!(accept_response(&mut busy, "busy").await.contains("answered all the same"));
    assert_eq!(busy.read().await, None);
    let error = lambda.result().await.unwrap_err();
    assert!(error.to_string().contains("cannot go on (500)"), "{error}");
    assert!(lambda.platform.has_no_connection());
}

async fn shuts_down_between_invocations<F>(held: &str, run: impl FnOnce(Lodger) -> F + Send + 'static)
where
    F: Future<Output = Result<(), Error>>,
{
    let host = TestHost::raw_lambda().with_shutdown().on_own_thread();
    let mut lambda = host.start(|lodger| run(lodger.max_concurrency(4.try_into().unwrap()))).await;
    let [mut busy, idle @ ..]: [Socket; 4] = accept_polls(&lambda).await;
    busy.write(invocation("first", "/slow/1")).await;
    assert!(accept_response(&mut busy, "first").await.contains("begun ended"));
    busy.poll().await;

    busy.write(invocation("in-flight", &format!("/held/{held}"))).await;
    probe::is_held(held).await;
    lambda.begin_shutdown();
    for mut socket in idle {
        assert_eq!(socket.read().await, None);
    }
    probe::let_go(held);
    assert!(accept_response(&mut busy, "in-flight").await.contains("begun ended"));
    // It ends, and does not poll again.
    assert_eq!(busy.read().await, None);
    lambda.result().await.unwrap();
    assert!(lambda.platform.has_no_connection());
}

#[tokio::test]
async fn shuts_all_slots_down_between_invocations() {
    shuts_down_between_invocations("in-axum", |lodger| lodger.run(probe::app())).await;
    shuts_down_between_invocations("in-actix-web", |lodger| lodger.run(probe::actix_web::app)).await;
}

#[tokio::test]
async fn reports_once_that_an_app_cannot_be_built_on_each_thread() {
    // On every second thread, and on all threads.
    for every in [2, 1] {
        let built = Arc::new(AtomicUsize::new(0));
        let app = move || {
            assert!(built.fetch_add(1, SeqCst) % every == 1, "no database");
            probe::actix_web::app()
        };
        let mut lambda = TestHost::lambda().max_concurrency(8).start(|lodger| lodger.run(app)).await;
        let error = lambda.result().await.unwrap_err();
        assert_eq!(error.to_string(), "the app panicked while it was built: no database");
        assert!(lambda.init_error().await.to_string().ends_with("no database"));
        assert_eq!((lambda.protocol_errors(), lambda.poll_count(), lambda.connection_count()), (vec![], 0, 1));
    }
}

/// Sets a flag when it is dropped.
struct SetOnDrop(Arc<AtomicBool>);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.store(true, SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_all_slots_when_the_future_of_run_is_dropped() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(4);
    let (shared, is_dropped) = (Arc::new(()), Arc::new(AtomicBool::new(false)));
    let app = {
        let shared = Arc::clone(&shared);
        Router::new().fallback(async move || drop(Arc::clone(&shared)))
    };
    let lodger =
        Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).max_concurrency(4.try_into().unwrap());
    let guard = SetOnDrop(Arc::clone(&is_dropped));
    let shutdown = async move {
        let _guard = guard;
        std::future::pending::<()>().await;
    };
    let mut running = Box::pin(lodger.shutdown(shutdown).run(app));
    let (front, request) = (Front::function_url(), ClientRequest::get("/").request());
    tokio::select! {
        result = &mut running => panic!("{result:?}"),
        response = api.send(&front, &request) => assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b""[..])),
    }
    drop(running);
    wait_until("the app is dropped", || Arc::strong_count(&shared) == 1 && is_dropped.load(SeqCst)).await;
}

/// An app whose responses do not end. It notifies `begun` when a request is in flight.
fn endless(begun: &Arc<Notify>) -> Router {
    let (stream_begun, begun) = (Arc::clone(begun), Arc::clone(begun));
    let stream = async move || {
        let first = stream::once(async { Ok::<_, Error>("begun") });
        Body::from_stream(first.chain(stream::once(async move {
            stream_begun.notify_one();
            std::future::pending().await
        })))
    };
    Router::new().route("/stream", get(stream)).fallback(async move || {
        begun.notify_one();
        std::future::pending::<()>().await
    })
}

/// Sends a request or an event to `path`, and checks how it fails.
async fn fails_at_shutdown(api: &RuntimeApi, path: &str) {
    let request = ClientRequest::get(path).request();
    match path {
        "/whole" => {
            let response = api.send(&Front::http_api(), &request).await;
            assert_eq!(response.status(), 504);
            assert_eq!(response.body(), "the function is shutting down");
        }
        "/stream" => {
            let mut response = api.stream(&Front::function_url().streaming(), &request).await;
            assert_eq!(response.chunk().await.unwrap().bytes, "begun");
            let StreamEnd::Failed(error) = response.end().await else { panic!("the stream did not fail") };
            let expected = "Function.Shutdown: the process was shut down before the end of the stream";
            assert_eq!(error.to_string(), expected);
        }
        _ => {
            let Err(error) = api.invoke("{}").await.unwrap() else { panic!("the event did not fail") };
            assert!(error.to_string().contains("504"), "{error}");
        }
    }
}

#[tokio::test]
async fn fails_invocations_in_flight_at_the_end_of_the_grace_period() {
    for slots in [1, 4] {
        for path in ["/whole", "/stream", "/event"] {
            let begun = Arc::new(Notify::new());
            let app = endless(&begun);
            let host = TestHost::lambda().max_concurrency(slots).with_shutdown().on_own_thread();
            let mut lambda = host
                .start(|lodger| {
                    let lodger = lodger.events_path("/event").response_mode(ResponseMode::Stream);
                    lodger.sigterm(true).grace(Duration::from_millis(100)).run(app)
                })
                .await;
            let api = Arc::clone(&lambda.platform);
            let shuts_down = async {
                begun.notified().await;
                lambda.begin_shutdown();
            };
            let both = async { tokio::join!(fails_at_shutdown(&api, path), shuts_down) };
            timeout(SOON, both).await.unwrap_or_else(|_| panic!("{path} does not fail"));
            lambda.result().await.unwrap();
            assert_eq!(lambda.protocol_errors(), [""; 0], "{path}, {slots}");
        }
    }
}
