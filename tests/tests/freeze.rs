//! What is done before the host may freeze the process: when, for how long, and what becomes of it when something goes wrong.

mod clock;

use std::{
    sync::{
        Arc, Once,
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
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use tracing::{Subscriber, span::Id};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry::LookupSpan,
};

/// How long nothing is to happen that must not happen.
const A_WHILE: Duration = Duration::from_millis(100);

/// How many spans of Lodger's have been closed. Tests take turns, so that each counts its own.
static CLOSED: AtomicUsize = AtomicUsize::new(0);
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

struct Counting;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Counting {
    fn on_close(&self, id: Id, context: Context<'_, S>) {
        if context.span(&id).is_some_and(|span| (span.metadata().target(), span.name()) == ("lodger", "request")) {
            CLOSED.fetch_add(1, SeqCst);
        }
    }
}

fn count_spans() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Counting)).unwrap());
}

fn app(log: Log) -> Router {
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        log.say("request");
        let log = log.clone();
        after.run(async move {
            sleep(Duration::from_millis(30)).await;
            log.say("work");
        });
        "answered"
    };
    Router::new().fallback(handler).route("/bare", get(async || "answered"))
}

/// A hook that waits for a permit, and says when it begins and when it has ended.
fn hook(log: &Log, gate: &Arc<Semaphore>) -> impl Fn() -> Hooked + Send + Sync + 'static {
    let (log, gate, closed) = (log.clone(), Arc::clone(gate), CLOSED.load(SeqCst));
    move || {
        let (log, gate) = (log.clone(), Arc::clone(&gate));
        log.say(format!("begun after {}", CLOSED.load(SeqCst) - closed));
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
    let _turn = TURN.lock().await;
    count_spans();
    let (log, api) = (Log::default(), RuntimeApi::start().await.unwrap());
    let gate = Arc::new(Semaphore::new(0));
    tokio::spawn(lambda(&api).before_freeze(hook(&log, &gate)).run(app(log.clone())));
    assert_eq!(get_from(&api, "/").await, 200);
    // The hook waits, and the next request for it.
    let asked = async { assert_eq!(get_from(&api, "/").await, 200) };
    let waits = async {
        log.says("begun after 1").await;
        sleep(A_WHILE).await;
        assert_eq!((log.said().len(), api.polls()), (3, 1), "{:?}", log.said());
        gate.add_permits(1);
    };
    tokio::join!(asked, waits);
    gate.add_permits(1);
    while log.said().len() < 8 {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(log.said(), ["request", "work", "begun after 1", "done", "request", "work", "begun after 2", "done"]);
    assert_eq!(api.complaints(), [""; 0]);
}

#[tokio::test]
async fn on_lambda_it_ends_with_the_time_of_the_invocation_and_a_panic_ends_nothing() {
    let _turn = TURN.lock().await;
    count_spans();
    let (log, api) = (Log::default(), RuntimeApi::start().await.unwrap().timeout(Duration::from_secs(60)));
    let calls = AtomicUsize::new(0);
    let (endless, tell, second) = (hook(&log, &Arc::new(Semaphore::new(0))), log.clone(), log.clone());
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
    tokio::spawn(lodger.run(app(Log::default())));
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
    assert_eq!(api.complaints(), [""; 0]);
}

#[tokio::test]
async fn where_nothing_is_frozen_it_is_not_done() {
    let _turn = TURN.lock().await;
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(2));
    let (to_hook, to_app) = (hook(&log, &gate), log.clone());
    let api = on_slots(2, async move |lodger| lodger.before_freeze(to_hook).run(app(to_app)).await).await;
    assert_eq!(get_from(&api, "/").await, 200);
    let (to_hook, to_app) = (hook(&log, &gate), log.clone());
    let server = Server::start(|lodger| lodger.before_freeze(to_hook).run(app(to_app))).await;
    assert_eq!(ask(server.addr, &Sent::get("/")).await.status(), 200);
    server.begin_end().await.unwrap().unwrap();
    assert_eq!(log.said().iter().filter(|said| *said != "request" && *said != "work").count(), 0, "{:?}", log.said());
}

#[cfg(unix)]
#[tokio::test]
async fn on_vercel_it_is_done_before_the_end_of_each_request() {
    let _turn = TURN.lock().await;
    count_spans();
    let log = Log::default();
    let gate = Arc::new(Semaphore::new(0));
    let (to_hook, to_app) = (hook(&log, &gate), log.clone());
    let mut on = OnVercel::start(async move |lodger| lodger.before_freeze(to_hook).run(app(to_app)).await);
    for (number, target) in ["/", "/bare"].into_iter().enumerate() {
        // The client has its response while the hook waits.
        let (id, _) = on.send(&Sent::get(target)).await;
        assert!(timeout(A_WHILE, on.platform.end(id)).await.is_err(), "it is at its end before the hook is");
        gate.add_permits(1);
        on.platform.end(id).await;
        assert_eq!(log.said().iter().filter(|said| *said == "done").count(), number + 1, "{:?}", log.said());
    }
    assert_eq!(log.said(), ["request", "work", "begun after 1", "done", "begun after 2", "done"]);
    // One that is at work when the process ends is waited for.
    let (id, _) = on.send(&Sent::get("/bare")).await;
    on.begin_end();
    sleep(A_WHILE).await;
    gate.add_permits(1);
    on.result().unwrap();
    on.platform.end(id).await;
    assert_eq!(log.said().last().unwrap(), "done");
    assert_eq!(on.platform.complaints(), [""; 0]);
}
