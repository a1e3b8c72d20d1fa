//! The builder of test hosts: an app stops with its handle.

use std::sync::Arc;

use axum::Router;
use lodger::{Error, Lodger};
use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send, wait_until_refused},
    test_host::TestHost,
};

/// An app that shares `alive` as long as it exists.
fn app(alive: &Arc<()>) -> Router {
    let alive = Arc::clone(alive);
    Router::new().fallback(async move || drop(Arc::clone(&alive)))
}

fn without_database(lodger: Lodger) -> impl Future<Output = Result<(), Error>> + Send {
    lodger.run_with(async || Err::<Router, _>("no database"))
}

#[tokio::test]
async fn drops_an_app_on_a_thread_with_its_handle() {
    let alive = Arc::new(());
    for slots in [1, 4] {
        let app = app(&alive);
        let host = TestHost::lambda().max_concurrency(slots).on_own_thread();
        let lambda = host.start(|lodger| lodger.run(app)).await;
        assert_eq!(lambda.send(&Front::alb(), &ClientRequest::get("/").request()).await.status(), 200);
        assert!(lambda.is_running());
        drop(lambda);
        assert_eq!(Arc::strong_count(&alive), 1, "{slots}");
    }
}

#[tokio::test]
async fn drops_an_app_on_the_runtime_of_the_test_with_its_handle() {
    let alive = Arc::new(());
    let app = app(&alive);
    let server = TestHost::server().start(|lodger| lodger.run(app)).await;
    let addr = server.addr();
    assert_eq!(send(addr, &ClientRequest::get("/")).await.status(), 200);
    drop(server);
    wait_until_refused(addr).await;
}

#[tokio::test]
async fn returns_the_result_of_an_app_that_cannot_start() {
    let mut server = TestHost::server().start(without_database).await;
    assert!(server.try_addr().is_none());
    assert_eq!(server.result().await.unwrap_err().to_string(), "cannot build the app");
    let mut lambda = TestHost::lambda().on_own_thread().start(without_database).await;
    assert_eq!(lambda.result().await.unwrap_err().to_string(), "cannot build the app");
}

#[tokio::test]
async fn shuts_a_function_down_if_the_test_asks_for_it() {
    let alive = Arc::new(());
    let app = app(&alive);
    let mut lambda = TestHost::lambda().with_shutdown().start(|lodger| lodger.run(app)).await;
    assert_eq!(lambda.send(&Front::alb(), &ClientRequest::get("/").request()).await.status(), 200);
    lambda.begin_shutdown();
    lambda.result().await.unwrap();
}
