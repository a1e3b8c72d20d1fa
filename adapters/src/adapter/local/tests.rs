use std::sync::{Mutex, PoisonError, mpsc::Sender};

use lodger_core::Body;

use super::*;

type Release = Sender<()>;

/// Starts an app on one thread. The first request blocks the thread until `Release` is used. Returns the number of calls too.
async fn blocked_app() -> (LocalApp, Release, Arc<AtomicUsize>) {
    let (release, blocked) = std::sync::mpsc::channel();
    let (blocked, calls) = (Arc::new(Mutex::new(blocked)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&calls);
    let build = async move || {
        let (blocked, calls) = (Arc::clone(&blocked), Arc::clone(&counted));
        Ok(crate::app(move |_: Request| {
            if calls.fetch_add(1, Relaxed) == 0 {
                let _ = blocked.lock().unwrap_or_else(PoisonError::into_inner).recv();
            }
            std::future::ready(Response::new(Body::from("done")))
        }))
    };
    let app = LocalApp::start(build, 1).await.unwrap();
    (app, release, calls)
}

/// Waits until the thread has taken its first request.
async fn wait_until_blocked(calls: &AtomicUsize) {
    while calls.load(Relaxed) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn does_not_call_the_app_for_a_client_that_has_left_the_queue() {
    let (app, release, calls) = blocked_app().await;
    let first = app.call(Request::default());
    wait_until_blocked(&calls).await;
    drop(app.call(Request::default()));
    let last = app.call(Request::default());
    release.send(()).unwrap();
    assert_eq!((first.await.status(), last.await.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(calls.load(Relaxed), 2);
}

#[tokio::test]
async fn responds_with_503_if_the_queue_is_full() {
    let (app, release, calls) = blocked_app().await;
    let first = app.call(Request::default());
    wait_until_blocked(&calls).await;
    let queued: Vec<_> = (0..MAX_QUEUED).map(|_| app.call(Request::default())).collect();
    assert_eq!(app.call(Request::default()).await.status(), StatusCode::SERVICE_UNAVAILABLE);
    release.send(()).unwrap();
    assert_eq!(first.await.status(), StatusCode::OK);
    for response in queued {
        assert_eq!(response.await.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn skips_a_thread_that_has_ended() {
    let (app, release, _calls) = blocked_app().await;
    release.send(()).unwrap();
    let (dead, _) = mpsc::channel(1);
    let all = LocalApp { threads: [dead.clone(), app.threads[0].clone()].into(), next: Arc::default() };
    for _ in 0..4 {
        assert_eq!(all.call(Request::default()).await.status(), StatusCode::OK);
    }
    let none = LocalApp { threads: [dead].into(), next: Arc::default() };
    assert_eq!(none.call(Request::default()).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
}

#[tokio::test]
async fn a_panic_while_the_app_is_built_is_a_build_error() {
    type Unbuilt = crate::adapter::FunctionApp<fn(Request) -> std::future::Ready<Response<Body>>>;

    let build = async || -> Result<Unbuilt, Error> { panic!("no database") };
    let error = LocalApp::start(build, 1).await.err().unwrap();
    assert!(error.is_build(), "{error:?}");
}
