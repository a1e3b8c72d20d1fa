//! Work after the response: when it runs, for how long, and what becomes of it when something goes wrong.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{Extension, Router, body::Body, routing::get};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lodger::{AfterResponse, Error, Host, Lodger, ResponseMode};
use lodger_gateway::{Front, Invocation, RuntimeApi};
use lodger_tests::{
    ask::{Sent, ask, raw},
    host::{OnVercel, Server, on_lambda, on_lambda_alone, on_slots},
    log::Log,
    probe::span,
    raw_api::SOON,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::{Semaphore, oneshot, watch},
    time::{sleep, timeout},
};

use crate::clock;

/// How long nothing is to happen that must not happen.
const A_WHILE: Duration = Duration::from_millis(100);

/// Says when it is dropped, which is when a future has been cancelled, or is done.
struct Gone(Log, &'static str);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.say(self.1);
    }
}

async fn get_from(api: &RuntimeApi, target: &str) -> Bytes {
    api.send(&Front::function_url(), &Sent::get(target).request()).await.into_body()
}

/// Where work waits until the test lets it go on, or goes on at once.
#[derive(Clone)]
struct Gate(Arc<Semaphore>);

impl Gate {
    fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// For all who wait there, now or later.
    fn open(&self) {
        self.0.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

/// Hands over work of every kind; some of it waits at the gate.
fn app(log: Log, gate: &Gate) -> Router {
    let (to_app, of_late) = (log.clone(), gate.clone());
    let of_several = gate.clone();
    let several = async move |Extension(after): Extension<AfterResponse>| {
        // Each waits for the one that is handed over after it.
        let turn = Arc::new(watch::Sender::new(2_usize));
        for number in 0..3 {
            let (log, turn, gate) = (log.clone(), Arc::clone(&turn), of_several.clone());
            after.run(async move {
                gate.pass().await;
                turn.subscribe().wait_for(|turn| *turn == number).await.unwrap();
                log.say(format!("work {number}"));
                turn.send_replace(number.wrapping_sub(1));
            });
        }
        let (again, log) = (after.clone(), log.clone());
        after.run(async move {
            again.run(async move { log.say("work of work") });
            panic!("asked to panic after the response");
        });
        "handed over"
    };
    let log = to_app.clone();
    let forever = async move |Extension(after): Extension<AfterResponse>| {
        let log = log.clone();
        after.run(async move {
            let _gone = Gone(log.clone(), "cancelled");
            log.say("begun");
            std::future::pending::<()>().await;
        });
        "handed over"
    };
    let log = to_app.clone();
    let streamed = async move |Extension(after): Extension<AfterResponse>| {
        let (of_work, log) = (log.clone(), log.clone());
        let frames = stream::iter(0..3).then(move |number| {
            let (log, of_work, after) = (log.clone(), of_work.clone(), after.clone());
            async move {
                if number == 0 {
                    after.run(async move { of_work.say("work") });
                }
                sleep(Duration::from_millis(50)).await;
                log.say(format!("frame {number}"));
                Ok::<_, Error>("frame ")
            }
        });
        Body::from_stream(frames)
    };
    let log = to_app.clone();
    let waits = async move |Extension(after): Extension<AfterResponse>| {
        let (log, again) = (log.clone(), after.clone());
        after.run(async move {
            let (tell, told) = oneshot::channel();
            again.run(async move { tell.send("done").unwrap() });
            log.say(told.await.unwrap());
        });
        "handed over"
    };
    let log = to_app.clone();
    let late = async move |Extension(after): Extension<AfterResponse>| {
        let (log, gate) = (log.clone(), of_late.clone());
        tokio::spawn(async move {
            gate.pass().await;
            after.run(async move { log.say("late work") });
        });
        "answered"
    };
    Router::new()
        .route("/several", get(several))
        .route("/forever", get(forever))
        .route("/streamed", get(streamed))
        .route("/waits", get(waits))
        .route("/late", get(late))
        .fallback(async move || to_app.say("next"))
}

#[tokio::test]
async fn on_lambda_all_of_it_is_done_at_once_and_before_the_next() {
    let (log, gate) = (Log::default(), Gate::closed());
    let api = on_lambda(|lodger| lodger.run(app(log.clone(), &gate))).await;
    assert_eq!(get_from(&api, "/several").await, "handed over");
    let ((), _) = tokio::join!(
        async {
            sleep(A_WHILE).await;
            assert!(!log.said().contains(&"next".to_owned()), "it is not waited for");
            gate.open();
        },
        get_from(&api, "/")
    );
    // The panic of one is nothing to the others; what work hands over is begun at once.
    assert_eq!(log.said(), ["work of work", "work 2", "work 1", "work 0", "next"]);
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
}

#[tokio::test]
async fn work_may_wait_for_what_it_has_handed_over_itself() {
    let log = Log::default();
    let api = on_lambda(|lodger| lodger.run(app(log.clone(), &Gate::closed()))).await;
    get_from(&api, "/waits").await;
    get_from(&api, "/").await;
    assert_eq!(log.said(), ["done", "next"]);
    let log = Log::default();
    let server = Server::start(|lodger| lodger.run(app(log.clone(), &Gate::closed()))).await;
    ask(server.addr, &Sent::get("/waits")).await;
    log.says("done").await;
}

#[tokio::test]
async fn on_lambda_it_ends_when_the_time_of_the_invocation_does() {
    let log = Log::default();
    let margin = Duration::from_secs(60);
    let api = on_lambda(|lodger| lodger.deadline_margin(margin).run(app(log.clone(), &Gate::closed()))).await;
    let event = Front::function_url().event(&Sent::get("/forever").request()).unwrap();
    api.invoke(Invocation::new(event).timeout(Duration::from_secs(150))).await.unwrap().unwrap();
    log.says("begun").await;
    // A minute before its end, and not half a minute before that. Between the two the test may take half a minute.
    clock::advance(Duration::from_secs(60)).await;
    sleep(A_WHILE).await;
    assert_eq!(log.said(), ["begun"], "it was cancelled too early");
    clock::advance(Duration::from_secs(30)).await;
    log.says("cancelled").await;
    get_from(&api, "/").await;
    assert_eq!(log.said(), ["begun", "cancelled", "next"]);
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_lambda_work_that_always_hands_over_more_lets_others_run_and_has_its_time() {
    fn again(after: &AfterResponse) {
        let next = after.clone();
        after.run(async move { again(&next) });
    }
    let log = Log::default();
    let to_app = log.clone();
    let forever = async move |Extension(after): Extension<AfterResponse>| {
        let log = to_app.clone();
        again(&after);
        // The clock and other tasks have their turn: at some time before the deadline, which nothing else can end this by.
        after.run(async move {
            sleep(Duration::from_millis(1)).await;
            log.say("work");
        });
        "handed over"
    };
    let app = Router::new().route("/forever", get(forever)).fallback(async || "next");
    let api = on_lambda_alone(|lodger| lodger.deadline_margin(Duration::from_millis(500)).run(app)).await;
    let event = Front::function_url().event(&Sent::get("/forever").request()).unwrap();
    api.invoke(Invocation::new(event).timeout(Duration::from_secs(2))).await.unwrap().unwrap();
    assert_eq!(timeout(SOON, get_from(&api, "/")).await.expect("it never ended"), "next");
    assert_eq!((log.said(), api.protocol_errors()), (vec!["work".to_owned()], vec![]));
}

#[tokio::test]
async fn on_lambda_it_begins_when_a_stream_has_ended() {
    let log = Log::default();
    let api =
        on_lambda(|lodger| lodger.response_mode(ResponseMode::Stream).run(app(log.clone(), &Gate::closed()))).await;
    let front = Front::function_url().streaming();
    let response = api.send(&front, &Sent::get("/streamed").request()).await;
    assert_eq!(response.body(), "frame frame frame ");
    get_from(&api, "/").await;
    assert_eq!(log.said(), ["frame 0", "frame 1", "frame 2", "work", "next"]);
}

#[tokio::test]
async fn on_lambda_what_comes_late_is_done_after_the_next_response() {
    let log = Log::default();
    let gate = Gate::closed();
    let api = on_lambda(|lodger| lodger.run(app(log.clone(), &gate))).await;
    assert_eq!(get_from(&api, "/late").await, "answered");
    polls(&api, 2).await;
    gate.open();
    sleep(A_WHILE).await;
    assert_eq!(log.said(), [""; 0]);
    get_from(&api, "/").await;
    get_from(&api, "/").await;
    assert_eq!(log.said(), ["next", "late work", "next"]);
}

/// Waits until the function has asked for so many invocations.
async fn polls(api: &RuntimeApi, count: usize) {
    let polled = async {
        while api.poll_count() < count {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, polled).await.unwrap_or_else(|_| panic!("{} polls of {count}", api.poll_count()));
}

#[tokio::test]
async fn on_managed_instances_it_holds_its_own_slot_and_no_other() {
    let (log, gate) = (Log::default(), Gate::closed());
    let (to_app, of_app) = (log.clone(), gate.clone());
    let run = |lodger: Lodger| async move { lodger.deadline_margin(Duration::ZERO).run(app(to_app, &of_app)).await };
    let api = on_slots(2, run).await;
    get_from(&api, "/several").await;
    log.says("work of work").await;
    for _ in 0..20 {
        get_from(&api, "/").await;
    }
    // Each slot once, and the one that is free once more for each.
    polls(&api, 22).await;
    assert_eq!(log.said()[1..], ["next"; 20]);
    sleep(A_WHILE).await;
    assert_eq!(api.poll_count(), 22, "the slot of the work polls before it is done");
    gate.open();
    log.says("work 0").await;
    polls(&api, 23).await;

    let event = Front::function_url().event(&Sent::get("/forever").request()).unwrap();
    api.invoke(Invocation::new(event).timeout(Duration::from_secs(2))).await.unwrap().unwrap();
    get_from(&api, "/").await;
    log.says("cancelled").await;
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn an_actix_app_hands_it_over_on_lambda_and_on_managed_instances() {
    let done = Arc::new(AtomicUsize::new(0));
    let app = {
        let done = Arc::clone(&done);
        move || {
            let done = Arc::clone(&done);
            let handler = move |after: actix_web::web::ReqData<AfterResponse>| {
                let done = Arc::clone(&done);
                after.run(async move {
                    sleep(Duration::from_millis(20)).await;
                    done.fetch_add(1, SeqCst);
                });
                std::future::ready("handed over")
            };
            actix_web::App::new().default_service(actix_web::web::to(handler))
        }
    };
    let several = app.clone();
    for api in [on_lambda_alone(move |lodger| lodger.run(app)).await, on_slots(4, |lodger| lodger.run(several)).await] {
        done.store(0, SeqCst);
        futures_util::future::join_all((0..8).map(async |_| {
            // One at a time where there is one slot: the gateway has the others wait.
            assert_eq!(get_from(&api, "/").await, "handed over");
        }))
        .await;
        let all = async {
            while done.load(SeqCst) < 8 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SOON, all).await.unwrap();
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_it_once_the_response_has_left() {
    let (log, gate) = (Log::default(), Gate::closed());
    let server = Server::start(|lodger| lodger.run(app(log.clone(), &gate))).await;
    let answer = raw(server.addr, &Sent::get("/streamed").bytes()).await;
    assert!(answer.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&answer));
    log.says("work").await;
    assert_eq!(log.said(), ["frame 0", "frame 1", "frame 2", "work"]);
    // At once: there is nothing to wait for any more.
    assert_eq!(ask(server.addr, &Sent::get("/late")).await.body(), "answered");
    gate.open();
    log.says("late work").await;
    ask(server.addr, &Sent::get("/several")).await;
    for what in ["work 2", "work 1", "work 0", "work of work"] {
        log.says(what).await;
    }
}

/// Takes its time when it is dropped, while another task has something to do.
struct SlowlyGone;

impl Drop for SlowlyGone {
    fn drop(&mut self) {
        tokio::spawn(async {});
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_does_it_while_the_client_keeps_its_connection() {
    let log = Log::default();
    let to_app = log.clone();
    let handler = async move |Extension(after): Extension<AfterResponse>, request: http::Request<Body>| {
        let log = to_app.clone();
        let work = format!("work of {:?}", request.version());
        after.run(async move { log.say(work) });
        let held = SlowlyGone;
        Body::from_stream(stream::iter(["handed over"]).map(move |frame| {
            let _held = &held;
            Ok::<_, Error>(frame)
        }))
    };
    let server = Server::start(|lodger| lodger.run(Router::new().fallback(handler))).await;
    let request = || http::Request::get("http://example.com/").body(Empty::<Bytes>::new()).unwrap();

    let socket = TokioIo::new(TcpStream::connect(server.addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http1::handshake(socket).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "handed over");
    log.says("work of HTTP/1.1").await;

    // There a response is written by one task, and what comes of it by another.
    let socket = TokioIo::new(TcpStream::connect(server.addr).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(request()).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "handed over");
    log.says("work of HTTP/2.0").await;
}

#[tokio::test]
async fn a_server_does_not_begin_while_the_response_is_on_its_way() {
    let log = Log::default();
    let to_app = log.clone();
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        let log = to_app.clone();
        after.run(async move { log.say("work") });
        // In one piece, and more than a socket takes.
        vec![b'x'; 64 << 20]
    };
    let server = Server::start(|lodger| lodger.run(Router::new().fallback(handler))).await;
    let mut socket = TcpStream::connect(server.addr).await.unwrap();
    socket.write_all(&Sent::get("/").bytes()).await.unwrap();
    socket.readable().await.unwrap();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(log.said(), [""; 0]);
    assert!(socket.read_to_end(&mut vec![]).await.unwrap() > 64 << 20);
    log.says("work").await;
}

#[tokio::test]
async fn on_a_server_it_is_in_the_span_of_its_request() {
    span::subscribe();
    let log = Log::default();
    let to_app = log.clone();
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        let (log, of_handler) = (to_app.clone(), span::current());
        assert!(of_handler["request_id"].is_u64(), "{of_handler}");
        let again = after.clone();
        after.run(async move {
            tokio::task::yield_now().await;
            assert_eq!(span::current(), of_handler);
            log.say("work");
            again.run(async move {
                assert_eq!(span::current(), of_handler);
                log.say("work of work");
            });
        });
    };
    let server = Server::start(|lodger| lodger.run(Router::new().fallback(handler))).await;
    ask(server.addr, &Sent::get("/")).await;
    log.says("work").await;
    log.says("work of work").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_waits_for_it_as_long_as_the_grace_is() {
    for (target, grace, expected) in [
        // Longer than anything is waited for here.
        ("/several", SOON * 100, &["work of work", "work 2", "work 1", "work 0"][..]),
        ("/forever", Duration::from_millis(300), &["cancelled"]),
    ] {
        let (log, gate) = (Log::default(), Gate::closed());
        let server = Server::start(|lodger| lodger.grace(grace).run(app(log.clone(), &gate))).await;
        assert_eq!(ask(server.addr, &Sent::get(target)).await.body(), "handed over");
        let begun = Instant::now();
        let ended = server.begin_end();
        sleep(A_WHILE).await;
        assert!(!ended.is_finished() || begun.elapsed() >= grace, "{target}: it is not waited for");
        gate.open();
        assert!(timeout(SOON, ended).await.unwrap().unwrap().is_ok());
        assert!(expected != ["cancelled"] || begun.elapsed() >= grace, "{target}: {:?}", begun.elapsed());
        for what in expected {
            log.says(what).await;
        }
    }
}

#[test]
fn the_server_of_actix_waits_for_it_as_well_and_its_workers_need_not_live() {
    for has_system in [false, true] {
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let (log, gate) = (Log::default(), Gate::closed());
        let of_app = (log.clone(), gate.clone());
        let app = move || {
            let (log, gate) = of_app.clone();
            let handler = move |after: actix_web::web::ReqData<AfterResponse>| {
                let (log, gate) = (log.clone(), gate.clone());
                after.run(async move {
                    gate.pass().await;
                    log.say("work");
                });
                std::future::ready("handed over")
            };
            actix_web::App::new().default_service(actix_web::web::to(handler))
        };
        let running = std::thread::spawn(move || {
            let run = async {
                Lodger::new()
                    .host(Host::Server)
                    .listener(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap())
                    .on_listening(move |addr| tell.send(addr).unwrap())
                    .shutdown(async { drop(ended.await) })
                    .run(app)
                    .await
            };
            if has_system {
                actix_web::rt::System::new().block_on(run)
            } else {
                tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(1)
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(run)
            }
        });
        let addr = told.recv().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        assert_eq!(runtime.block_on(ask(addr, &Sent::get("/"))).body(), "handed over");
        end.send(()).unwrap();
        std::thread::sleep(A_WHILE);
        assert!(!running.is_finished(), "it is not waited for");
        assert_eq!(log.said(), [""; 0]);
        gate.open();
        running.join().unwrap().unwrap();
        assert_eq!(log.said(), ["work"]);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn on_vercel_the_request_is_at_its_end_when_all_of_it_is_done() {
    let (log, gate) = (Log::default(), Gate::closed());
    let (to_app, of_app) = (log.clone(), gate.clone());
    let mut on = OnVercel::start(move |lodger| {
        let app = app(to_app, &of_app);
        lodger.grace(Duration::from_millis(200)).run(app)
    });
    let (id, response) = on.send(&Sent::get("/several")).await;
    assert_eq!(response.body(), "handed over");
    assert!(timeout(A_WHILE, on.platform.wait_for_end(id)).await.is_err());
    gate.open();
    on.platform.wait_for_end(id).await;
    let mut said = log.said();
    said.sort();
    assert_eq!(said, ["work 0", "work 1", "work 2", "work of work"]);

    let (id, _) = on.send(&Sent::get("/forever")).await;
    assert!(timeout(A_WHILE, on.platform.wait_for_end(id)).await.is_err());
    on.begin_end();
    timeout(SOON, on.platform.wait_for_end(id)).await.unwrap();
    assert!(on.result().is_ok());
    log.says("cancelled").await;
    assert_eq!(on.platform.protocol_errors(), [""; 0]);
}

#[cfg(unix)]
#[tokio::test]
async fn on_vercel_the_request_is_not_at_its_end_before_what_work_has_handed_over_is_done() {
    let log = Log::default();
    let to_app = log.clone();
    let handler = async move |Extension(after): Extension<AfterResponse>| {
        let (again, log) = (after.clone(), to_app.clone());
        after.run(async move {
            again.run(async move {
                sleep(Duration::from_millis(300)).await;
                log.say("work of work");
            });
        });
        "handed over"
    };
    let on = OnVercel::start(|lodger| lodger.run(Router::new().fallback(handler)));
    let (id, _) = on.send(&Sent::get("/")).await;
    timeout(SOON, on.platform.wait_for_end(id)).await.unwrap();
    assert_eq!(log.said(), ["work of work"]);
    assert_eq!(on.platform.protocol_errors(), [""; 0]);
}
