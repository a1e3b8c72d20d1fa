//! What is done before the host may freeze the process: when, for how long, and what becomes of it when something goes wrong.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Extension, Router, routing::get};
use lodger::{AfterResponse, Host, Lodger};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    ask::{Sent, ask},
    host::{OnVercel, Server, on_slots},
    log::Log,
    probe::span,
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};

use crate::clock;

/// How long nothing is to happen that must not happen.
const A_WHILE: Duration = Duration::from_millis(100);

/// The number of closed request spans of one test.
type ClosedSpans = Arc<AtomicUsize>;

fn app(log: Log, closed: &ClosedSpans) -> Router {
    let (of_work, of_bare) = (Arc::clone(closed), Arc::clone(closed));
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        span::count_when_closed(&of_work);
        log.say("request");
        let log = log.clone();
        after.run(async move {
            sleep(Duration::from_millis(30)).await;
            log.say("work");
        });
        "answered"
    };
    let bare = async move || {
        span::count_when_closed(&of_bare);
        "answered"
    };
    Router::new().fallback(handler).route("/bare", get(bare))
}

/// A hook that waits for a permit, and says when it begins and when it has ended.
fn hook(log: &Log, gate: &Arc<Semaphore>, closed: &ClosedSpans) -> impl Fn() -> Hooked + Send + Sync + 'static {
    let (log, gate, closed) = (log.clone(), Arc::clone(gate), Arc::clone(closed));
    move || {
        let (log, gate) = (log.clone(), Arc::clone(&gate));
        log.say(format!("begun after {}", closed.load(SeqCst)));
        Box::pin(async move {
            gate.acquire().await.unwrap().forget();
            log.say("done");
        })
    }
}

type Hooked = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

fn lambda(api: &RuntimeApi) -> Lodger {
    Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address())
}

async fn get_from(api: &RuntimeApi, target: &str) -> u16 {
    api.send(&Front::function_url(), &Sent::get(target).request()).await.status().as_u16()
}

#[tokio::test]
async fn on_lambda_it_is_done_between_the_answer_and_the_next_poll() {
    span::subscribe();
    let closed = ClosedSpans::default();
    let (log, api) = (Log::default(), RuntimeApi::start().await.unwrap());
    let gate = Arc::new(Semaphore::new(0));
    tokio::spawn(lambda(&api).before_freeze(hook(&log, &gate, &closed)).run(app(log.clone(), &closed)));
    assert_eq!(get_from(&api, "/").await, 200);
    // The hook waits, and the next request for it.
    let asked = async { assert_eq!(get_from(&api, "/").await, 200) };
    let waits = async {
        log.says("begun after 1").await;
        sleep(A_WHILE).await;
        assert_eq!((log.said().len(), api.poll_count()), (3, 1), "{:?}", log.said());
        gate.add_permits(1);
    };
    tokio::join!(asked, waits);
    gate.add_permits(1);
    while log.said().len() < 8 {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(log.said(), ["request", "work", "begun after 1", "done", "request", "work", "begun after 2", "done"]);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn on_lambda_it_ends_with_the_time_of_the_invocation_and_a_panic_ends_nothing() {
    span::subscribe();
    let closed = ClosedSpans::default();
    let (log, api) = (Log::default(), RuntimeApi::start().await.unwrap().timeout(Duration::from_secs(60)));
    let calls = AtomicUsize::new(0);
    let (endless, tell, second) = (hook(&log, &Arc::new(Semaphore::new(0)), &closed), log.clone(), log.clone());
    let lodger = lambda(&api).before_freeze(move || match calls.fetch_add(1, SeqCst) {
        0 => panic!("asked to panic before the future"),
        1 => Box::pin(async { panic!("asked to panic in the future") }),
        2 => endless(),
        _ => {
            tell.say("once more");
            Box::pin(async {})
        }
    });
    let lodger = lodger.before_freeze(move || {
        let log = second.clone();
        async move { log.say("second") }
    });
    tokio::spawn(lodger.run(app(Log::default(), &closed)));
    for number in 1..=4 {
        assert_eq!(get_from(&api, "/bare").await, 200);
        if number == 3 {
            log.says("begun after 3").await;
            clock::advance(Duration::from_secs(60)).await;
        }
    }
    while !log.said().contains(&"once more".to_owned()) || log.said().last().unwrap() != "second" {
        sleep(Duration::from_millis(5)).await;
    }
    // Neither what took too long nor what comes after it.
    assert_eq!(log.said(), ["second", "second", "begun after 3", "once more", "second"]);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn where_nothing_is_frozen_it_is_not_done() {
    let closed = ClosedSpans::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(2));
    let (to_hook, router) = (hook(&log, &gate, &closed), app(log.clone(), &closed));
    let api = on_slots(2, async move |lodger| lodger.before_freeze(to_hook).run(router).await).await;
    assert_eq!(get_from(&api, "/").await, 200);
    let (to_hook, router) = (hook(&log, &gate, &closed), app(log.clone(), &closed));
    let server = Server::start(|lodger| lodger.before_freeze(to_hook).run(router)).await;
    assert_eq!(ask(server.addr, &Sent::get("/")).await.status(), 200);
    server.begin_end().await.unwrap().unwrap();
    assert_eq!(log.said().iter().filter(|said| *said != "request" && *said != "work").count(), 0, "{:?}", log.said());
}

#[cfg(unix)]
#[tokio::test]
async fn on_vercel_it_is_done_before_the_end_of_each_request() {
    span::subscribe();
    let closed = ClosedSpans::default();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(0));
    let (to_hook, router) = (hook(&log, &gate, &closed), app(log.clone(), &closed));
    let mut on = OnVercel::start(async move |lodger| lodger.before_freeze(to_hook).run(router).await);
    for (number, target) in ["/", "/bare"].into_iter().enumerate() {
        // The client has its response while the hook waits.
        let (id, _) = on.send(&Sent::get(target)).await;
        assert!(timeout(A_WHILE, on.platform.wait_for_end(id)).await.is_err(), "it is at its end before the hook is");
        gate.add_permits(1);
        on.platform.wait_for_end(id).await;
        assert_eq!(log.said().iter().filter(|said| *said == "done").count(), number + 1, "{:?}", log.said());
    }
    assert_eq!(log.said(), ["request", "work", "begun after 1", "done", "begun after 2", "done"]);
    // One that is at work when the process ends is waited for.
    let (id, _) = on.send(&Sent::get("/bare")).await;
    on.begin_end();
    sleep(A_WHILE).await;
    gate.add_permits(1);
    on.result().unwrap();
    on.platform.wait_for_end(id).await;
    assert_eq!(log.said().last().unwrap(), "done");
    assert_eq!(on.platform.protocol_errors(), [""; 0]);
}
