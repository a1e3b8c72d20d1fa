//! Concurrent invocations, as on Managed Instances. Each slot polls, calls the app and responds on a connection of its own.

mod shutdown;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::Duration,
};

use axum::{Router, extract::Path, routing::get};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join, join_all},
};
use http::{HeaderName, HeaderValue};
use lodger::{
    Error, Request,
    adapter::{App, Run, Runner},
};
use lodger_gateway::{Front, Invocation, RuntimeApi};
use lodger_tests::{
    client::ClientRequest,
    probe,
    raw_api::{self, ACCEPTED, RawRuntimeApi, Socket},
    test_host::{TestApp, TestHost, in_actix_system},
    wait::SOON,
};
use tokio::{
    sync::{Barrier, Notify},
    task::block_in_place,
    time::{advance, timeout},
};

use crate::clock;

async fn get_text(lambda: &TestApp<Arc<RuntimeApi>>, target: &str) -> String {
    let response = lambda.get(target).await;
    assert_eq!(response.status(), 200, "{target}: {response:?}");
    String::from_utf8(response.body().to_vec()).unwrap()
}

/// Sends `count` requests at once, which meet in the app.
async fn get_at_once(lambda: &TestApp<Arc<RuntimeApi>>, count: usize) -> Vec<String> {
    let requests = join_all((0..count).map(|_| get_text(lambda, "/")));
    timeout(SOON, requests).await.expect("the app does not handle all requests at once")
}

fn invocation(id: &str, target: &str) -> Vec<u8> {
    let event = Front::function_url().event(&ClientRequest::get(target.to_owned()).request()).unwrap();
    raw_api::invocation(id, &event, "")
}

/// Starts a function with `N` slots. Returns the connection of each slot, which has polled.
async fn start_slots<const N: usize>(app: Router) -> (TestApp<RawRuntimeApi>, [Socket; N]) {
    let lambda = TestHost::raw_lambda().start(|lodger| lodger.max_concurrency(N.try_into().unwrap()).run(app)).await;
    let sockets = accept_polls(&lambda).await;
    (lambda, sockets)
}

/// Accepts `N` connections. Reads a poll from each.
async fn accept_polls<const N: usize>(api: &RawRuntimeApi) -> [Socket; N] {
    let mut sockets = vec![];
    for _ in 0..N {
        let mut socket = api.accept().await;
        socket.poll().await;
        sockets.push(socket);
    }
    sockets.try_into().unwrap_or_else(|_| unreachable!())
}

/// Waits for the response to the invocation `id`, and accepts it.
async fn accept_response(socket: &mut Socket, id: &str) -> String {
    let response = socket.response(id).await;
    socket.write(ACCEPTED).await;
    response
}

#[tokio::test]
async fn handles_as_many_invocations_at_once_as_there_are_slots() {
    const SLOTS: usize = 16;
    let (all, in_flight) = (Arc::new(Barrier::new(SLOTS)), Arc::new(AtomicUsize::new(0)));
    let most = Arc::new(AtomicUsize::new(0));
    let app = {
        let most = Arc::clone(&most);
        Router::new().fallback(async move || {
            most.fetch_max(in_flight.fetch_add(1, SeqCst) + 1, SeqCst);
            all.wait().await;
            in_flight.fetch_sub(1, SeqCst);
        })
    };
    let lambda = TestHost::lambda().max_concurrency(SLOTS).on_own_thread().start(|lodger| lodger.run(app)).await;
    get_at_once(&lambda, 4 * SLOTS).await;
    assert_eq!((most.load(SeqCst), lambda.protocol_errors(), lambda.connection_count()), (SLOTS, vec![], SLOTS));
}

#[tokio::test]
async fn gives_each_thread_of_an_actix_app_several_slots() {
    // With one slot for each thread, the requests would wait for one another for ever.
    let all = Arc::new(Barrier::new(32));
    let app = move || {
        let all = Arc::clone(&all);
        let thread_id = move || {
            let all = Arc::clone(&all);
            async move {
                all.wait().await;
                format!("{:?}", std::thread::current().id())
            }
        };
        actix_web::App::new().default_service(actix_web::web::to(thread_id))
    };
    for has_system in [false, true] {
        let host = TestHost::lambda().max_concurrency(32).with_shutdown().on_own_thread();
        let app = app.clone();
        let lambda = host
            .start(async move |lodger| match has_system {
                true => in_actix_system(|| lodger.run(app)).await,
                false => lodger.run(app).await,
            })
            .await;
        let mut thread_ids = get_at_once(&lambda, 32).await;
        thread_ids.sort();
        thread_ids.dedup();
        let processors = std::thread::available_parallelism().unwrap().get();
        assert_eq!(thread_ids.len(), processors.min(32), "{thread_ids:?}");
        assert_eq!((lambda.protocol_errors(), lambda.connection_count()), (vec![], 32));
    }
}

#[tokio::test]
async fn responds_in_other_slots_while_a_handler_blocks_its_thread() {
    let (release, released) = mpsc::channel();
    let (released, blocks) = (Arc::new(Mutex::new(released)), Arc::new(Notify::new()));
    let block = {
        let blocks = Arc::clone(&blocks);
        async move || {
            blocks.notify_one();
            // Otherwise no other thread may wait for I/O: Tokio does not wake one for a single task.
            block_in_place(|| released.lock().unwrap().recv().map_or("dropped", |()| "released"))
        }
    };
    let app = Router::new().route("/block", get(block)).fallback(async || "hello");
    let lambda = TestHost::lambda().max_concurrency(4).on_own_thread().start(|lodger| lodger.run(app)).await;
    let others = async {
        blocks.notified().await;
        for _ in 0..20 {
            assert_eq!(timeout(SOON, get_text(&lambda, "/")).await.expect("a slot waits for the handler"), "hello");
        }
        release.send(()).unwrap();
    };
    let (blocked, ()) = join(get_text(&lambda, "/block"), others).await;
    assert_eq!(blocked, "released");
    assert_eq!(lambda.protocol_errors(), [""; 0]);
}

/// An app of an unknown framework. Its requests wait for one another.
#[derive(Clone)]
struct MeetingApp(Arc<Barrier>);

impl App for MeetingApp {
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

/// Runs an app in two parts, each with half of the slots.
struct TwoParts(MeetingApp);

impl Run<TwoParts> for TwoParts {
    async fn run_on(self, runner: Runner) -> Result<(), Error> {
        let runtime = runner.into_lambda_runtime().unwrap();
        let parts = runtime.split(2).into_iter().map(|part| part.run(self.0.clone()));
        futures_util::future::try_join_all(parts).await.map(drop)
    }
}

#[tokio::test]
async fn polls_for_each_slot_of_a_part() {
    let app = TwoParts(MeetingApp(Arc::new(Barrier::new(8))));
    let lambda = TestHost::lambda().max_concurrency(8).on_own_thread().start(|lodger| lodger.run(app)).await;
    assert_eq!(get_at_once(&lambda, 8).await, ["together"; 8]);
    assert_eq!((lambda.protocol_errors(), lambda.connection_count()), (vec![], 8));
}

#[tokio::test]
async fn responds_in_any_order_by_the_id_of_the_invocation() {
    let gates: Arc<[Notify; 3]> = Arc::default();
    // Each request waits for the one after it.
    let respond = async move |Path(number): Path<usize>| {
        if number < 2 {
            gates[number].notified().await;
        }
        if number > 0 {
            gates[number - 1].notify_one();
        }
        format!("this is {number}")
    };
    let (_lambda, mut sockets) = start_slots::<3>(Router::new().route("/{number}", get(respond))).await;
    for (number, socket) in sockets.iter_mut().enumerate() {
        socket.write(invocation(&format!("id-{number}"), &format!("/{number}"))).await;
    }
    for (number, socket) in sockets.iter_mut().enumerate().rev() {
        let response = accept_response(socket, &format!("id-{number}")).await;
        assert!(response.contains(&format!("this is {number}")), "{response}");
        socket.poll().await;
    }
}

#[tokio::test]
async fn backs_off_in_one_slot_while_another_responds() {
    let (lambda, [mut healthy, mut failing]) = start_slots::<2>(Router::new().fallback(async || "hello")).await;
    let respond = async |healthy: &mut Socket| {
        for _ in 0..10 {
            healthy.write(invocation("fine", "/")).await;
            accept_response(healthy, "fine").await;
            healthy.poll().await;
        }
    };
    let mut pause = Duration::from_millis(50);
    for attempt in 0..5 {
        // The failing slot cannot leave its pause before the test moves the clock on.
        let _stopped = clock::Stopped::stop();
        match attempt {
            0 => failing.reset(),
            _ => {
                failing
                    .write("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                    .await
            }
        }
        respond(&mut healthy).await;
        advance(pause - Duration::from_millis(2)).await;
        respond(&mut healthy).await;
        assert!(lambda.accept().now_or_never().is_none(), "it has connected before the end of {pause:?}");
        advance(Duration::from_millis(4)).await;
        failing = lambda.accept().await;
        failing.poll().await;
        pause *= 2;
    }
}

#[tokio::test]
async fn survives_a_response_after_the_deadline() {
    let host = TestHost::lambda().max_concurrency(2).on_own_thread();
    let lambda = host.start(|lodger| lodger.run(probe::app())).await;
    lambda.wait_for_polls(2).await;
    let event = Front::function_url().event(&ClientRequest::get("/held/late").request()).unwrap();
    // The function does not get the deadline, and so does not cancel the request in time.
    let name = HeaderName::from_static("lambda-runtime-deadline-ms");
    let late = Invocation::new(event).header(name, HeaderValue::from_static("0")).timeout(Duration::from_millis(50));
    assert_eq!(lambda.invoke(late).await.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    probe::let_go("late");
    // The slot of the late response polls again.
    lambda.wait_for_polls(3).await;
    for _ in 0..10 {
        let (first, second) = tokio::join!(get_text(&lambda, "/slow/1"), get_text(&lambda, "/slow/1"));
        assert_eq!((&*first, &*second), ("begun ended", "begun ended"));
    }
    assert_eq!((lambda.protocol_errors(), lambda.connection_count()), (vec![], 2));
}
