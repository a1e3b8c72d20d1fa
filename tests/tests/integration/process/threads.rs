//! The threads of a function under `#[tokio::main]`.

use std::time::Duration;

use bytes::Bytes;
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::client::ClientRequest;
use tokio::time::sleep;

use super::start;

/// Invokes the function, and returns the body of the response.
async fn fetch(api: &RuntimeApi, target: &str) -> Bytes {
    let response = api.send(&Front::function_url(), &ClientRequest::get(target).request()).await;
    assert_eq!(response.status(), 200, "{response:?}");
    response.into_body()
}

/// The ticks of another task, at the start of a handler and at its end.
async fn ticks(api: &RuntimeApi, duration: Duration) -> [u64; 2] {
    serde_json::from_slice(&fetch(api, &format!("/ticks/{}", duration.as_millis())).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn invocations_stay_on_one_worker_thread() {
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    let vars = [("AWS_LAMBDA_RUNTIME_API", &*address), ("PROBE_FRAMEWORK", "threads"), ("TOKIO_WORKER_THREADS", "4")];
    let _process = start(&vars);
    let mut threads = Vec::new();
    for _ in 0..200 {
        threads.push(fetch(&api, "/thread").await);
    }
    let changes = threads.windows(2).filter(|pair| pair[0] != pair[1]).count();
    // The task may change the thread while the runtime starts its workers.
    assert!(changes <= 3, "{changes} of {threads:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_tasks_go_on_during_and_between_invocations() {
    const PAUSE: Duration = Duration::from_millis(500);
    let api = RuntimeApi::start().await.unwrap();
    let address = api.address();
    let vars = [("AWS_LAMBDA_RUNTIME_API", &*address), ("PROBE_FRAMEWORK", "threads"), ("TOKIO_WORKER_THREADS", "4")];
    let _process = start(&vars);
    // 100 ticks if the machine is not busy.
    let [before, after] = ticks(&api, PAUSE).await;
    assert!(after - before >= 20, "{before} {after}");
    sleep(PAUSE).await;
    let [later, _] = ticks(&api, Duration::ZERO).await;
    assert!(later - after >= 20, "{after} {later}");
}
