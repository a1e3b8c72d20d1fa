//! One snapshot of a process in every framework, with any number of concurrent invocations.

use std::thread;

use lodger::{Host, Lodger};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    client::ClientRequest,
    framework::{ActixWeb, Axum, Framework, Hyper, Tower, Warp},
    wait::{QUIET, SOON, wait_until},
};
use tokio::time::{sleep, timeout};

use super::{ActixThread, Calls, HOOKS, OwnFramework, start};

/// The runtime of an app.
#[derive(Clone, Copy)]
enum Runtime {
    Tokio,
    Actix,
}

/// Checks that a function runs its hooks, is restored, and responds with all `slots`.
async fn check_snapshot<F: Framework>(slots: usize, runtime: Runtime) {
    let calls = Calls::default();
    let hooks = calls.clone();
    match runtime {
        Runtime::Tokio => {
            let function = start(slots, move |lodger| F::run(hooks.add_hooks(lodger.sigterm(true)))).await;
            check_restore(&function.platform, &calls, slots).await;
        }
        Runtime::Actix => {
            let api = RuntimeApi::start().await.unwrap().max_concurrency(slots).snap_start();
            let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
            let lodger = lodger.max_concurrency(slots.try_into().unwrap()).snap_start(true).sigterm(true);
            let _app = ActixThread::start::<F>(hooks.add_hooks(lodger));
            check_restore(&api, &calls, slots).await;
        }
    }
}

async fn check_restore(api: &RuntimeApi, calls: &Calls, slots: usize) {
    timeout(SOON, api.wait_for_snapshot()).await.expect("the function does not request the restore");
    sleep(QUIET).await;
    assert_eq!((calls.all(), api.poll_count()), (HOOKS[..2].to_vec(), 0));
    api.restore();
    let (front, request) = (Front::function_url(), ClientRequest::get("/").request());
    for _ in 0..2 {
        let responses = (0..slots).map(|_| api.send(&front, &request));
        for response in timeout(SOON, futures_util::future::join_all(responses)).await.unwrap() {
            assert_eq!(response.status(), 200, "{response:?}");
        }
    }
    // One connection for the restore, and one for the extension before and after the restore.
    let connections = slots + 3;
    wait_until(&format!("there are {connections} connections"), || api.connection_count() >= connections).await;
    assert_eq!((calls.all(), api.connection_count()), (HOOKS.to_vec(), connections));
    assert_eq!((api.extensions(), api.protocol_errors()), (vec!["lodger".to_owned()], vec![]));
}

#[tokio::test]
async fn every_framework_has_one_snapshot_of_all_its_slots() {
    for slots in [1, 4] {
        check_snapshot::<Axum>(slots, Runtime::Tokio).await;
        check_snapshot::<ActixWeb>(slots, Runtime::Tokio).await;
        check_snapshot::<ActixWeb>(slots, Runtime::Actix).await;
        check_snapshot::<Warp>(slots, Runtime::Tokio).await;
        check_snapshot::<Tower>(slots, Runtime::Tokio).await;
        check_snapshot::<Hyper>(slots, Runtime::Tokio).await;
    }
}

#[tokio::test]
async fn a_framework_with_an_adapter_of_its_own_has_a_snapshot() {
    check_snapshot::<OwnFramework>(1, Runtime::Tokio).await;
    check_snapshot::<OwnFramework>(3, Runtime::Tokio).await;
}

#[tokio::test]
async fn the_snapshot_contains_the_app_of_each_thread() {
    let calls = Calls::default();
    let hooks = calls.clone();
    let function = start(4, move |lodger| {
        hooks.add_hooks(lodger).run(move || {
            // A snapshot that does not wait for all apps would be taken now.
            thread::sleep(QUIET);
            hooks.record("built");
            actix_web::App::new()
        })
    })
    .await;
    timeout(SOON, function.wait_for_snapshot()).await.unwrap();
    let threads = thread::available_parallelism().unwrap().get().min(4);
    assert_eq!(calls.all(), [vec!["built"; threads], HOOKS[..2].to_vec()].concat());
}
