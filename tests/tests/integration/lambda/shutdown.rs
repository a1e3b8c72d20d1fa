//! The shutdown of a function by its user.

use std::{
    future::poll_fn,
    mem,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use axum::Router;
use lodger::{Host, Lodger};
use lodger_gateway::RuntimeApi;
use lodger_tests::{
    probe,
    test_host::TestHost,
    wait::{SOON, wait_until},
};
use tokio::{
    sync::{Notify, oneshot},
    time::{sleep, timeout},
};

use super::fetch;

#[tokio::test]
async fn run_returns_when_the_user_shuts_down_an_idle_function() {
    let mut lambda = TestHost::lambda().with_shutdown().start(|lodger| lodger.run(probe::app())).await;
    assert_eq!(lambda.get("/reply/text").await.status(), 200);
    lambda.begin_shutdown();
    assert!(lambda.result().await.is_ok());
}

#[tokio::test]
async fn does_not_poll_again_after_a_shutdown_during_an_invocation() {
    let (shutdown, is_shut_down) = oneshot::channel::<()>();
    let shutdown = Arc::new(Mutex::new(Some(shutdown)));
    let app = Router::new().fallback(async move || {
        shutdown.lock().unwrap().take().unwrap().send(()).unwrap();
        "answered all the same"
    });
    let run = |lodger: Lodger| lodger.shutdown(async { drop(is_shut_down.await) }).run(app);
    let mut lambda = TestHost::lambda().start(run).await;
    assert_eq!(&lambda.get("/").await.body()[..], b"answered all the same");
    assert!(lambda.result().await.is_ok());
    // A poll would get this invocation, and lose it.
    let unanswered = timeout(Duration::from_millis(200), lambda.get("/")).await;
    assert!(unanswered.is_err());
    assert_eq!(lambda.poll_count(), 1);
}

#[tokio::test]
async fn does_not_poll_on_a_connection_that_opens_at_the_shutdown() {
    // The second poll of this future follows that in which the connection is open.
    let mut is_ready = false;
    let second_poll = poll_fn(move |_| if mem::replace(&mut is_ready, true) { Poll::Ready(()) } else { Poll::Pending });
    let run = |lodger: Lodger| lodger.shutdown(second_poll).run(Router::new());
    let mut lambda = TestHost::raw_lambda().start(run).await;
    let mut socket = lambda.accept().await;
    assert!(timeout(SOON, lambda.result()).await.expect("it has not shut down").is_ok());
    assert_eq!(socket.read().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_future_of_run_drops_the_app() {
    let api = RuntimeApi::start().await.unwrap();
    let held_by_app = Arc::new(());
    let app = {
        let held_by_app = Arc::clone(&held_by_app);
        Router::new().fallback(async move || drop(Arc::clone(&held_by_app)))
    };
    let mut running = Box::pin(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(app));
    tokio::select! {
        result = &mut running => panic!("{result:?}"),
        response = fetch(&api, "/") => assert_eq!(response.status(), 200),
    }
    drop(running);
    wait_until("the app is dropped", || Arc::strong_count(&held_by_app) == 1).await;
}

/// Starts a function with `Lodger::sigterm` and shuts it down during an invocation. Returns the status of the response.
///
/// The app responds `delay` after the shutdown, or not at all.
async fn shut_down_during_an_invocation(grace: Duration, delay: Option<Duration>) -> u16 {
    let (started, gate) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let app = {
        let (started, gate) = (Arc::clone(&started), Arc::clone(&gate));
        Router::new().fallback(async move || {
            started.notify_one();
            gate.notified().await;
            "answered"
        })
    };
    let host = TestHost::lambda().with_shutdown();
    let mut lambda = host.start(|lodger| lodger.sigterm(true).grace(grace).run(app)).await;
    let api = Arc::clone(&lambda.platform);
    let shutdown = async {
        started.notified().await;
        lambda.begin_shutdown();
        if let Some(delay) = delay {
            sleep(delay).await;
            gate.notify_one();
        }
        lambda.result().await.unwrap();
    };
    let (response, ()) = tokio::join!(timeout(SOON, fetch(&api, "/")), shutdown);
    assert_eq!(api.extensions(), ["lodger"]);
    response.expect("no response").status().as_u16()
}

#[tokio::test]
async fn an_invocation_fails_at_the_end_of_the_users_grace_period() {
    assert_eq!(shut_down_during_an_invocation(Duration::from_millis(100), None).await, 504);
}

#[tokio::test]
async fn an_invocation_completes_within_the_users_grace_period() {
    // Longer than the default grace period, within one that is longer than any wait of this test.
    assert_eq!(shut_down_during_an_invocation(SOON * 100, Some(Duration::from_millis(900))).await, 200);
}
