//! The start of a function, and the runtime of its app.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, ready},
    io,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use axum::{Router, extract::Request, routing::get};
use http::Response;
use lodger::{Error, Host, Lodger};
use lodger_gateway::RuntimeApi;
use lodger_tests::{probe, test_host::TestHost, wait::QUIET};
use serde_json::Value;
use tokio::{
    sync::oneshot,
    task::{JoinSet, block_in_place, spawn_blocking},
    time::{sleep, timeout},
};

use super::fetch;

/// Starts a function that fails. Returns the error that Lambda gets, and the error of `run`.
async fn start_failing<F>(run: impl FnOnce(Lodger) -> F) -> (Value, Error)
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let mut lambda = TestHost::lambda().start(run).await;
    let error = lambda.result().await.unwrap_err();
    let report = lambda.init_error().await;
    assert_eq!(lambda.protocol_errors(), [""; 0]);
    (serde_json::from_slice(&report.body).unwrap(), error)
}

#[tokio::test]
async fn reports_an_app_that_cannot_be_built_once() {
    let failing = async || Err::<Router, _>(io::Error::other("no database"));
    let (report, error) = start_failing(|lodger| lodger.run_with(failing)).await;
    assert_eq!(report["errorMessage"], "cannot build the app: no database");
    assert_eq!(report["errorType"], "Runtime.InitFailed");
    assert_eq!(format!("{error:?}"), "cannot build the app: no database");
}

#[tokio::test]
async fn reports_an_app_that_panics_while_it_is_built_once() {
    let panicking = async || -> Result<Router, Error> { panic!("no database") };
    let (report, _) = start_failing(|lodger| lodger.run_with(panicking)).await;
    assert_eq!(report["errorMessage"], "the app panicked while it was built: no database");
}

#[tokio::test]
async fn the_address_of_the_api_can_be_a_url_with_a_path() {
    let api = RuntimeApi::start().await.unwrap();
    let mut running = JoinSet::new();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(format!("http://{}/", api.address()));
    running.spawn(lodger.run(probe::app()));
    assert_eq!(fetch(&api, "/reply/text").await.status(), 200);
    running.shutdown().await;
}

#[tokio::test]
async fn rejects_an_api_address_with_https() {
    let error = Lodger::new().host(Host::Lambda).lambda_runtime_api("https://x").run(probe::app()).await.unwrap_err();
    assert!(error.to_string().contains("\"https://x\""), "{error}");
}

#[tokio::test]
async fn does_not_connect_before_the_app_is_built() {
    let (build, may_build) = oneshot::channel::<()>();
    let (started, has_started) = oneshot::channel::<()>();
    let build_app = async move || {
        started.send(()).unwrap();
        may_build.await.unwrap();
        Ok::<_, Error>(probe::app())
    };
    let lambda = TestHost::lambda().start(|lodger| lodger.run_with(build_app)).await;
    has_started.await.unwrap();
    sleep(QUIET).await;
    assert_eq!(lambda.connection_count(), 0);
    build.send(()).unwrap();
    assert_eq!(lambda.get("/reply/text").await.status(), 200);
    assert_eq!(lambda.connection_count(), 1);
}

#[tokio::test]
async fn the_gateway_drops_a_request_whose_client_has_gone() {
    let api = RuntimeApi::start().await.unwrap();
    let is_gone = timeout(Duration::from_millis(20), fetch(&api, "/1")).await;
    assert!(is_gone.is_err());
    let requests = Arc::new(Mutex::new(vec![]));
    let of_app = Arc::clone(&requests);
    let app = async move |request: Request| of_app.lock().unwrap().push(request.uri().to_string());
    let mut running = JoinSet::new();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
    running.spawn(lodger.run(Router::new().fallback(app)));
    assert_eq!(fetch(&api, "/2").await.status(), 200);
    assert_eq!(*requests.lock().unwrap(), ["/2"]);
    running.shutdown().await;
}

/// A service that is `Send` and not `Sync`.
#[derive(Clone, Default)]
struct NotSync(Cell<u32>);

impl tower::Service<lodger::Request> for NotSync {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: lodger::Request) -> Self::Future {
        self.0.set(self.0.get() + 1);
        ready(Ok(Response::new(self.0.get().to_string())))
    }
}

#[tokio::test]
async fn the_future_of_run_is_send_if_the_app_is_not_sync() {
    let lambda = TestHost::lambda().start(|lodger| lodger.run(NotSync::default())).await;
    assert_eq!(&lambda.get("/").await.body()[..], b"1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_can_spawn_tasks_and_block() {
    let handler = async || {
        let spawned = tokio::spawn(async { "spawned" }).await.unwrap();
        let blocking = spawn_blocking(|| "blocking").await.unwrap();
        format!("{spawned} {blocking} {}", block_in_place(|| "in place"))
    };
    let app = Router::new().route("/", get(handler));
    let lambda = TestHost::lambda().start(|lodger| lodger.run(app)).await;
    assert_eq!(&lambda.get("/").await.body()[..], b"spawned blocking in place");
}
