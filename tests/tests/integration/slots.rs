//! Several invocations at once, as on Managed Instances: the slots share an app and the end, and nothing else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{Router, body::Body, extract::Path, routing::get};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use http::{HeaderName, HeaderValue};
use lodger::{
    Error, Host, Lodger, Request, ResponseMode,
    adapter::{App, Run, Runner},
};
use lodger_gateway::{Front, Invocation, RuntimeApi, StreamEnd};
use lodger_tests::{
    ask::Sent,
    host::{on_its_own_thread, on_slots},
    probe,
    raw_api::{self, ACCEPTED, RawApi, SOON, Socket},
};
use tokio::{
    sync::{Barrier, Notify, oneshot},
    time::{sleep, timeout},
};

async fn ask(api: &RuntimeApi, target: &str) -> String {
    let response = api.send(&Front::function_url(), &Sent::get(target.to_owned()).request()).await;
    assert_eq!(response.status(), 200, "{target}: {response:?}");
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// Waits until the slots have polled this many times.
async fn polls(api: &RuntimeApi, count: usize) {
    let polled = async {
        while api.poll_count() < count {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, polled).await.unwrap_or_else(|_| panic!("{} polls instead of {count}", api.poll_count()));
}

fn invocation(id: &str, target: &str) -> Vec<u8> {
    let event = Front::function_url().event(&Sent::get(target.to_owned()).request()).unwrap();
    raw_api::invocation(id, &event, "")
}

/// A function with so many slots, each of which has polled, on an API that does nothing by itself.
async fn slots<const N: usize>(app: Router) -> (RawApi, [Socket; N]) {
    let api = RawApi::start(|lodger| lodger.max_concurrency(N.try_into().unwrap()).run(app)).await;
    let mut sockets = vec![];
    for _ in 0..N {
        let mut socket = api.accept().await;
        socket.poll().await;
        sockets.push(socket);
    }
    (api, sockets.try_into().unwrap_or_else(|_| unreachable!()))
}

#[tokio::test]
async fn as_many_are_answered_at_once_as_there_are_slots_and_no_more_are_asked_for() {
    const SLOTS: usize = 16;
    let (all, inside) = (Arc::new(Barrier::new(SLOTS)), Arc::new(AtomicUsize::new(0)));
    let most = Arc::new(AtomicUsize::new(0));
    let app = {
        let most = Arc::clone(&most);
        Router::new().fallback(async move || {
            most.fetch_max(inside.fetch_add(1, SeqCst) + 1, SeqCst);
            all.wait().await;
            inside.fetch_sub(1, SeqCst);
        })
    };
    let api = on_slots(SLOTS, |lodger| lodger.run(app)).await;
    let asked = (0..4 * SLOTS).map(|_| ask(&api, "/"));
    timeout(SOON, futures_util::future::join_all(asked)).await.expect("all are let in at once");
    assert_eq!((most.load(SeqCst), api.protocol_errors(), api.connection_count()), (SLOTS, vec![], SLOTS));
}

#[tokio::test]
async fn apps_that_stay_on_their_thread_have_several() {
    // One that was alone on its thread would wait for the others in vain.
    let all = Arc::new(Barrier::new(32));
    let threads = move || {
        let all = Arc::clone(&all);
        let meets = move || {
            let all = Arc::clone(&all);
            async move {
                all.wait().await;
                format!("{:?}", std::thread::current().id())
            }
        };
        actix_web::App::new().default_service(actix_web::web::to(meets))
    };
    // Within a system of actix's, and without one.
    for has_system in [false, true] {
        let api = RuntimeApi::start().await.unwrap().max_concurrency(32);
        let lodger =
            Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).max_concurrency(32.try_into().unwrap());
        let threads = threads.clone();
        if has_system {
            std::thread::spawn(move || actix_web::rt::System::new().block_on(lodger.run(threads)));
        } else {
            on_its_own_thread(move || lodger.run(threads));
        }
        let told = futures_util::future::join_all((0..32).map(|_| ask(&api, "/")));
        let mut told = timeout(SOON, told).await.expect("all are let in at once");
        told.sort();
        told.dedup();
        let processors = std::thread::available_parallelism().unwrap().get();
        assert_eq!(told.len(), processors.min(32), "{told:?}");
        assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 32));
    }
}

/// An app of a framework that Lodger does not know, whose parts have several slots each.
#[derive(Clone)]
struct InParts(Arc<Barrier>);

impl App for InParts {
    type Body = lodger::Body;
    type Future = BoxFuture<'static, http::Response<lodger::Body>>;

    fn call(&self, _: Request) -> Self::Future {
        let all = Arc::clone(&self.0);
        async move {
            all.wait().await;
            http::Response::new("together".into())
        }
        .boxed()
    }
}

/// Runs an app in two parts.
struct RunsInParts(InParts);

impl Run<RunsInParts> for RunsInParts {
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        let runtime = runner.into_lambda_runtime().unwrap();
        let parts = runtime.split(2).into_iter().map(|part| part.run(self.0.clone()));
        futures_util::future::try_join_all(parts).await.map(drop)
    }
}

#[tokio::test]
async fn a_part_polls_for_each_of_its_slots() {
    let app = RunsInParts(InParts(Arc::new(Barrier::new(8))));
    let api = on_slots(8, |lodger| lodger.run(app)).await;
    let told = timeout(SOON, futures_util::future::join_all((0..8).map(|_| ask(&api, "/")))).await;
    assert_eq!(told.expect("all are let in at once"), ["together"; 8]);
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 8));
}

#[tokio::test]
async fn each_is_answered_when_it_is_done_and_by_its_own_id() {
    let gates: Arc<[Notify; 3]> = Arc::default();
    let app =
        Router::new().route("/{number}", get(async move |Path(number): Path<usize>| gates_of(gates, number).await));
    async fn gates_of(gates: Arc<[Notify; 3]>, number: usize) -> String {
        if number < 2 {
            gates[number].notified().await;
        }
        // The last lets the one before it go on, and so forth.
        if number > 0 {
            gates[number - 1].notify_one();
        }
        format!("this is {number}")
    }
    let (_api, mut sockets) = slots::<3>(app).await;
    for (number, socket) in sockets.iter_mut().enumerate() {
        socket.write(invocation(&format!("id-{number}"), &format!("/{number}"))).await;
    }
    for (number, socket) in sockets.iter_mut().enumerate().rev() {
        let answer = socket.answer(&format!("id-{number}")).await;
        assert!(answer.contains(&format!("this is {number}")), "{answer}");
        socket.write(ACCEPTED).await;
        socket.poll().await;
    }
}

#[tokio::test]
async fn the_trouble_of_one_slot_is_not_another_s_and_it_backs_off() {
    let (api, [mut healthy, troubled]) = slots::<2>(Router::new().fallback(async || "hello")).await;
    troubled.reset();
    let answered = AtomicUsize::new(0);
    let trouble = async {
        let (begun, mut most, mut tries) = (Instant::now(), 0, 0);
        // A pause of one in trouble is nothing to the other: within one of them it answers many. On a busy machine not each time.
        while tries < 6 || most <= 20 {
            let before = answered.load(SeqCst);
            let mut socket = api.accept().await;
            socket.poll().await;
            most = most.max(answered.load(SeqCst) - before);
            socket.write("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
            tries += 1;
            // Before each but the first: 50 ms, then twice as long each time.
            let least = Duration::from_millis(50) * ((1 << (tries - 1).min(6)) - 1);
            assert!(begun.elapsed() >= least, "{tries} tries in {:?}", begun.elapsed());
        }
    };
    let work = async {
        loop {
            healthy.write(invocation("fine", "/")).await;
            healthy.answer("fine").await;
            healthy.write(ACCEPTED).await;
            healthy.poll().await;
            answered.fetch_add(1, SeqCst);
        }
    };
    let both = async {
        tokio::select! {
            () = trouble => {}
            () = work => {}
        }
    };
    timeout(2 * SOON, both).await.expect("the pauses of one are the other's as well");
}

#[tokio::test]
async fn a_process_that_cannot_go_on_finishes_what_is_in_flight_and_ends() {
    let go_on = Arc::new(Notify::new());
    let app = {
        let go_on = Arc::clone(&go_on);
        Router::new().fallback(async move || {
            go_on.notified().await;
            "answered all the same"
        })
    };
    let (api, [mut busy, mut refused, mut idle]) = slots::<3>(app).await;
    busy.write(invocation("busy", "/")).await;
    refused.write("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n").await;
    // The one that waits is gone at once, and nobody asks for more.
    assert_eq!(idle.read().await, None);
    assert!(!api.running.is_finished());
    go_on.notify_one();
    assert!(busy.answer("busy").await.contains("answered all the same"));
    busy.write(ACCEPTED).await;
    assert_eq!(busy.read().await, None);
    let error = timeout(SOON, api.running).await.unwrap().unwrap().unwrap_err();
    assert!(error.to_string().contains("cannot go on (500)"), "{error}");
    assert!(timeout(Duration::from_millis(100), api.listener.accept()).await.is_err());
}

async fn ends_between_invocations<F>(held: &str, run: impl FnOnce(Lodger) -> F + Send + 'static)
where
    F: Future<Output = Result<(), Error>>,
{
    let (end, ended) = oneshot::channel::<()>();
    let (tell, told) = oneshot::channel();
    let api = RuntimeApi::start().await.unwrap().max_concurrency(4);
    let address = api.address();
    on_its_own_thread(async move || {
        let lodger =
            Lodger::new().host(Host::Lambda).lambda_runtime_api(address).max_concurrency(4.try_into().unwrap());
        tell.send(run(lodger.shutdown(async { drop(ended.await) })).await).unwrap();
    });
    assert_eq!(ask(&api, "/slow/1").await, "begun ended");
    // Each of the four has polled, and one of them again.
    polls(&api, 5).await;
    let target = format!("/held/{held}");
    let in_flight = ask(&api, &target);
    let end = async {
        probe::is_held(held).await;
        end.send(()).unwrap();
        sleep(Duration::from_millis(100)).await;
        probe::let_go(held);
    };
    assert_eq!(tokio::join!(in_flight, end).0, "begun ended");
    assert!(timeout(SOON, told).await.unwrap().unwrap().is_ok());
    assert_eq!((api.protocol_errors(), api.poll_count()), (vec![], 5));
}

#[tokio::test]
async fn a_shutdown_of_the_users_own_ends_all_of_them_between_invocations() {
    ends_between_invocations("in-axum", |lodger| lodger.run(probe::app())).await;
    ends_between_invocations("in-actix-web", |lodger| lodger.run(probe::actix_web::app)).await;
}

#[tokio::test]
async fn an_app_that_cannot_be_built_on_every_thread_is_reported_once_and_nothing_polled_for() {
    // On every second one, and on all of them.
    for every in [2, 1] {
        let built = Arc::new(AtomicUsize::new(0));
        let app = move || {
            assert!(built.fetch_add(1, SeqCst) % every == 1, "no database");
            probe::actix_web::app()
        };
        let api = RuntimeApi::start().await.unwrap().max_concurrency(8);
        let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address());
        let error = timeout(SOON, lodger.max_concurrency(8.try_into().unwrap()).run(app)).await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the app panicked while it was built: no database");
        assert!(api.init_error().await.to_string().ends_with("no database"));
        assert_eq!((api.protocol_errors(), api.poll_count(), api.connection_count()), (vec![], 0, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_drops_the_future_of_run_ends_all_of_them() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(4);
    let (kept, is_over) = (Arc::new(()), Arc::new(AtomicBool::new(false)));
    struct Over(Arc<AtomicBool>);
    impl Drop for Over {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let (app, over) = {
        let kept = Arc::clone(&kept);
        (Router::new().fallback(async move || drop(Arc::clone(&kept))), Over(Arc::clone(&is_over)))
    };
    let lodger =
        Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).max_concurrency(4.try_into().unwrap());
    let shutdown = async move {
        let _over = over;
        std::future::pending::<()>().await;
    };
    let mut running = Box::pin(lodger.shutdown(shutdown).run(app));
    tokio::select! {
        ended = &mut running => panic!("{ended:?}"),
        told = ask(&api, "/") => assert_eq!(told, ""),
    }
    drop(running);
    let ended = async {
        while Arc::strong_count(&kept) > 1 || !is_over.load(SeqCst) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, ended).await.expect("the app goes on");
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_nobody_s_trouble() {
    let api = on_slots(2, |lodger| lodger.run(probe::app())).await;
    polls(&api, 2).await;
    let event = Front::function_url().event(&Sent::get("/held/late").request()).unwrap();
    // The function is not told of it, and so does not cancel the request in time.
    let name = HeaderName::from_static("lambda-runtime-deadline-ms");
    let late = Invocation::new(event).header(name, HeaderValue::from_static("0")).timeout(Duration::from_millis(50));
    assert_eq!(api.invoke(late).await.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    probe::let_go("late");
    for _ in 0..20 {
        assert_eq!(ask(&api, "/slow/30").await, "begun ended");
    }
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 2));
}

/// Does something that does not end, and says that it has begun.
fn endless(begun: &Arc<Notify>) -> Router {
    let (of_stream, of_others) = (Arc::clone(begun), Arc::clone(begun));
    let stream = async move || {
        let first = stream::once(async { Ok::<_, Error>("begun") });
        Body::from_stream(first.chain(stream::once(async move {
            of_stream.notify_one();
            std::future::pending().await
        })))
    };
    Router::new().route("/stream", get(stream)).fallback(async move || {
        of_others.notify_one();
        std::future::pending::<()>().await
    })
}

#[tokio::test]
async fn what_is_in_flight_at_the_end_of_the_grace_period_fails_as_at_a_deadline() {
    for slots in [1, 4] {
        for what in ["/whole", "/stream", "/event"] {
            let (end, ended) = oneshot::channel::<()>();
            let (tell, told) = oneshot::channel();
            let api = RuntimeApi::start().await.unwrap().max_concurrency(slots);
            let (address, begun) = (api.address(), Arc::new(Notify::new()));
            let app = endless(&begun);
            on_its_own_thread(async move || {
                let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(address).events_path("/event");
                let lodger = lodger.max_concurrency(slots.try_into().unwrap()).response_mode(ResponseMode::Stream);
                let lodger = lodger.sigterm(true).grace(Duration::from_millis(100));
                tell.send(lodger.shutdown(async { drop(ended.await) }).run(app).await).unwrap();
            });
            let fails = async {
                let (http_api, url) = (Front::http_api(), Front::function_url().streaming());
                let request = Sent::get(what).request();
                match what {
                    "/whole" => {
                        let response = api.send(&http_api, &request).await;
                        assert_eq!(response.status(), 504);
                        assert_eq!(response.body(), "the function is shutting down");
                    }
                    "/stream" => {
                        let mut response = api.stream(&url, &request).await;
                        assert_eq!(response.chunk().await.unwrap().bytes, "begun");
                        let StreamEnd::Failed(reported) = response.end().await else { panic!("it did not fail") };
                        let why = "Function.Shutdown: the process was shut down before the end of the stream";
                        assert_eq!(reported.to_string(), why);
                    }
                    _ => {
                        let Err(reported) = api.invoke("{}").await.unwrap() else { panic!("no error") };
                        assert!(reported.to_string().contains("504"), "{reported}");
                    }
                }
            };
            let ends = async {
                begun.notified().await;
                end.send(()).unwrap();
            };
            timeout(SOON, async { tokio::join!(fails, ends) }).await.unwrap_or_else(|_| panic!("{what} goes on"));
            assert!(timeout(SOON, told).await.unwrap().unwrap().is_ok());
            assert_eq!(api.protocol_errors(), [""; 0], "{what}, {slots}");
        }
    }
}
