//! SnapStart: the hooks around the snapshot, what is asked between them, and what is reported when it goes wrong.

use std::{
    io,
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{Router, extract::State};
use lodger::{Error, Host, Lodger, adapter::BoxError};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    ask::Sent,
    framework::{self, Framework},
    host::{Server, on_its_own_thread},
    raw_api::{self, ACCEPTED, RawApi, SOON, Socket},
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
    time::{sleep, timeout},
};

const RESTORED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
/// How long nothing is to happen that must not happen.
const A_WHILE: Duration = Duration::from_millis(100);

/// What was done, in its order.
#[derive(Debug, Clone, Default)]
struct Done(Arc<Mutex<Vec<&'static str>>>);

impl Done {
    fn done(&self, what: &'static str) -> impl Future<Output = Result<(), BoxError>> + Send + use<> {
        let all = Arc::clone(&self.0);
        async move {
            all.lock().unwrap().push(what);
            Ok(())
        }
    }

    fn all(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }

    /// Two hooks of each kind that say when they run.
    fn hooks(&self, lodger: Lodger) -> Lodger {
        lodger
            .before_snapshot(self.done("before, added first"))
            .after_restore(self.done("after, added first"))
            .before_snapshot(self.done("before, added last"))
            .after_restore(self.done("after, added last"))
    }
}

const ALL: [&str; 4] = ["before, added last", "before, added first", "after, added first", "after, added last"];

fn hello() -> Router {
    Router::new().fallback(async || "hello")
}

fn invocation(id: &str) -> Vec<u8> {
    raw_api::invocation(id, &Front::function_url().event(&Sent::get("/").request()).unwrap(), "")
}

/// The connection on which the function has said that the snapshot can be taken.
async fn asked(api: &RawApi) -> Socket {
    let mut socket = api.accept().await;
    let request = socket.request().await;
    assert!(request.starts_with("GET /2018-06-01/runtime/restore/next HTTP/1.1\r\nhost: 127.0.0.1:"), "{request}");
    assert!(request.ends_with("\r\n\r\n") && request.contains("\r\nuser-agent: lodger/"), "{request}");
    socket
}

async fn asks_for_nothing_more(api: &RawApi) {
    assert!(timeout(A_WHILE, api.listener.accept()).await.is_err(), "it has opened a connection");
}

#[tokio::test]
async fn hooks_run_in_their_order_and_a_new_connection_polls_once_they_have() {
    let (done, gate) = (Done::default(), Arc::new(Notify::new()));
    let api = RawApi::start(|lodger| {
        let (done, gate) = (done.clone(), Arc::clone(&gate));
        let waits = async move {
            gate.notified().await;
            Ok::<_, io::Error>(())
        };
        let lodger = done.hooks(lodger.snap_start(true)).after_restore(waits);
        lodger.run_with(async move || {
            done.done("built").await?;
            Ok::<_, BoxError>(hello())
        })
    })
    .await;
    let mut before = asked(&api).await;
    assert_eq!(done.all(), ["built", ALL[0], ALL[1]]);
    asks_for_nothing_more(&api).await;
    before.write(RESTORED).await;
    assert_eq!(before.read().await, None, "the connection from before the snapshot stays open");
    asks_for_nothing_more(&api).await;
    assert_eq!(done.all()[1..], ALL);
    gate.notify_one();
    let mut after = api.accept().await;
    for _ in 0..2 {
        after.poll().await;
        after.write(invocation("one")).await;
        after.answer("one").await;
        after.write(ACCEPTED).await;
    }
    after.poll().await;
    assert_eq!(done.all().len(), 5, "{:?}", done.all());
}

/// A function whose hooks say when they run, on a Runtime API with so many slots, that is restored and answers.
async fn starts_from_a_snapshot<F: Framework>(slots: usize, has_system: bool) {
    let (done, api) = (Done::default(), RuntimeApi::start().await.unwrap().max_concurrency(slots).snap_start());
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).snap_start(true).sigterm(true);
    let lodger = done.hooks(lodger).max_concurrency(slots.try_into().unwrap());
    if has_system {
        std::thread::spawn(move || actix_web::rt::System::new().block_on(F::run(lodger)));
    } else {
        on_its_own_thread(move || F::run(lodger));
    }
    timeout(SOON, api.wait_for_snapshot()).await.expect("it asks what comes after the snapshot");
    sleep(A_WHILE).await;
    assert_eq!((done.all(), api.poll_count()), (ALL[..2].to_vec(), 0));
    api.restore();
    let (front, request) = (Front::function_url(), Sent::get("/").request());
    for _ in 0..2 {
        let asked = (0..slots).map(|_| api.send(&front, &request));
        for response in timeout(SOON, futures_util::future::join_all(asked)).await.unwrap() {
            assert_eq!(response.status(), 200, "{response:?}");
        }
    }
    // One asked for the restore, and one for the extension before it and one after it.
    let connections = slots + 3;
    let opened = async {
        while api.connection_count() < connections {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, opened).await.unwrap_or_else(|_| panic!("{} connections", api.connection_count()));
    assert_eq!((done.all(), api.connection_count()), (ALL.to_vec(), connections));
    assert_eq!((api.extensions(), api.protocol_errors()), (vec!["lodger".to_owned()], vec![]));
}

#[tokio::test]
async fn there_is_one_snapshot_of_a_process_whatever_runs_in_it() {
    for slots in [1, 4] {
        starts_from_a_snapshot::<framework::Axum>(slots, false).await;
        starts_from_a_snapshot::<framework::ActixWeb>(slots, false).await;
        starts_from_a_snapshot::<framework::ActixWeb>(slots, true).await;
        starts_from_a_snapshot::<framework::Warp>(slots, false).await;
        starts_from_a_snapshot::<framework::Tower>(slots, false).await;
        starts_from_a_snapshot::<framework::Hyper>(slots, false).await;
    }
}

#[tokio::test]
async fn hooks_run_where_run_is_awaited_and_not_in_the_apps_thread() {
    let api = RuntimeApi::start().await.unwrap().snap_start();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).snap_start(true);
    let (told, thread) = oneshot::channel();
    let lodger = lodger.after_restore(async {
        told.send(std::thread::current().id()).unwrap();
        Ok::<_, io::Error>(())
    });
    let running = std::thread::spawn(move || {
        drop(actix_web::rt::System::new().block_on(framework::ActixWeb::run(lodger)));
    });
    api.restore();
    assert_eq!(timeout(SOON, thread).await.unwrap().unwrap(), running.thread().id());
}

/// Builds apps that stay on their thread, of a framework that Lodger does not know.
struct Own;

/// Not `Send`.
struct OwnApp(std::marker::PhantomData<std::rc::Rc<()>>);

impl lodger::adapter::App for OwnApp {
    type Body = lodger::Body;
    type Future = std::future::Ready<http::Response<lodger::Body>>;

    fn call(&self, _: lodger::Request) -> Self::Future {
        std::future::ready(http::Response::new("own".into()))
    }
}

impl lodger::adapter::Run<Own> for Own {
    async fn run_on(self, runner: lodger::adapter::Runner) -> Result<(), Error> {
        runner.run_local(async || Ok(OwnApp(std::marker::PhantomData))).await
    }
}

impl Framework for Own {
    const OF_UNTYPED: Option<[u16; framework::UNTYPED.len()]> = None;

    fn own_server() -> std::net::SocketAddr {
        unreachable!("it has none")
    }

    fn run(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
        lodger.run(Self)
    }
}

#[tokio::test]
async fn an_app_of_ones_own_starts_from_a_snapshot_as_well() {
    starts_from_a_snapshot::<Own>(1, false).await;
    starts_from_a_snapshot::<Own>(3, false).await;
}

/// Runs on a thread of its own, and tells how it ended.
fn running<F: Framework>(lodger: Lodger) -> oneshot::Receiver<Result<(), Error>> {
    let (ended, end) = oneshot::channel();
    on_its_own_thread(async move || drop(ended.send(F::run(lodger).await)));
    end
}

async fn is_reported<F: Framework>(slots: usize) {
    let fails = || async { Err(Error::new("no database").with_source("it is closed")) };
    let panics = || async { panic!("no \"database\"") };
    type Hook = std::pin::Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
    let hooks: [(Hook, &str); 2] =
        [(Box::pin(fails()), "failed: no database: it is closed"), (Box::pin(panics()), "panicked: no \"database\"")];
    for (hook, why) in hooks {
        let (done, api) = (Done::default(), RuntimeApi::start().await.unwrap().max_concurrency(slots).snap_start());
        let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).snap_start(true);
        // The second of those before.
        let lodger =
            lodger.before_snapshot(done.done("never")).before_snapshot(hook).before_snapshot(done.done("before"));
        let lodger = lodger.after_restore(done.done("never")).max_concurrency(slots.try_into().unwrap());
        let ended = running::<F>(lodger);
        let reported = timeout(SOON, api.init_error()).await.unwrap();
        let body = serde_json::json!({
            "errorMessage": format!("a hook before the snapshot {why}"),
            "errorType": "Runtime.BeforeSnapshotError",
            "stackTrace": [],
        });
        assert_eq!(reported.error_type, "Runtime.BeforeSnapshotError");
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&reported.body).unwrap(), body);
        let error = timeout(SOON, ended).await.unwrap().unwrap().unwrap_err();
        assert_eq!(format!("{error:?}"), format!("a hook before the snapshot {why}"));
        assert_eq!((done.all(), api.poll_count(), api.protocol_errors()), (vec!["before"], 0, vec![]));
        assert_eq!(api.connection_count(), 1, "it has asked for the restore as well");
    }
    let hooks: [(Hook, &str); 2] =
        [(Box::pin(fails()), "failed: no database: it is closed"), (Box::pin(panics()), "panicked: no \"database\"")];
    for (hook, why) in hooks {
        let (done, api) = (Done::default(), RuntimeApi::start().await.unwrap().max_concurrency(slots).snap_start());
        let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).snap_start(true);
        let lodger = lodger.after_restore(done.done("after")).after_restore(hook).after_restore(done.done("never"));
        let ended = running::<F>(lodger.max_concurrency(slots.try_into().unwrap()));
        api.restore();
        let reported = timeout(SOON, api.restore_error()).await.unwrap();
        let message = serde_json::Value::from(format!("a hook after the restore {why}"));
        let body = format!(r#"{{"errorMessage":{message},"errorType":"Runtime.AfterRestoreError","stackTrace":[]}}"#);
        assert_eq!((reported.error_type.as_str(), reported.body), ("Runtime.AfterRestoreError", body.into()));
        let error = timeout(SOON, ended).await.unwrap().unwrap().unwrap_err();
        assert_eq!(format!("{error:?}"), format!("a hook after the restore {why}"));
        assert_eq!((done.all(), api.poll_count(), api.protocol_errors()), (vec!["after"], 0, vec![]));
        assert_eq!(api.connection_count(), 2, "the report did not go over a connection of its own");
    }
}

#[tokio::test]
async fn a_hook_that_fails_or_panics_is_reported_once_and_ends_run() {
    for slots in [1, 3] {
        is_reported::<framework::Axum>(slots).await;
        is_reported::<framework::ActixWeb>(slots).await;
        is_reported::<Own>(slots).await;
    }
}

#[tokio::test]
async fn a_hook_that_is_not_reached_may_even_panic_when_it_is_dropped() {
    struct PanicsOnDrop;
    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let api = RawApi::start(|lodger| {
        let held = PanicsOnDrop;
        let lodger = lodger.snap_start(true).before_snapshot(async {
            let _held = held;
            Ok::<_, io::Error>(())
        });
        lodger.before_snapshot(async { Err::<(), _>("no database") }).run(hello())
    })
    .await;
    let mut socket = api.accept().await;
    assert!(socket.request().await.contains("no database"));
    socket.write(ACCEPTED).await;
    let error = timeout(SOON, api.running).await.expect("it ends").unwrap().unwrap_err();
    assert_eq!(format!("{error:?}"), "a hook before the snapshot failed: no database");
}

#[tokio::test]
async fn what_is_not_restored_is_reported_and_never_polls() {
    const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}";
    for (answer, why) in [
        (FORBIDDEN, "restore/next returned 403 instead of 200"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "restore/next returned 404 instead of 200"),
        ("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "restore/next returned 500 instead of 200"),
        ("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "restore/next returned 202 instead of 200"),
        ("nonsense\r\n\r\n", "the response is not HTTP/1.1: invalid HTTP version"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal", "unexpected end of file"),
        ("", "unexpected end of file"),
    ] {
        let done = Done::default();
        let api = RawApi::start(|lodger| done.hooks(lodger.snap_start(true)).run(hello())).await;
        let mut socket = asked(&api).await;
        socket.write(answer).await;
        drop(socket);
        let mut socket = api.accept().await;
        let request = socket.request().await;
        let address = api.listener.local_addr().unwrap();
        let message = format!("cannot restore from a snapshot with the Lambda Runtime API at {address}: {why}");
        let body = format!(r#"{{"errorMessage":"{message}","errorType":"Runtime.InitFailed","stackTrace":[]}}"#);
        assert!(request.starts_with("POST /2018-06-01/runtime/init/error HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nlambda-runtime-function-error-type: Runtime.InitFailed\r\n"), "{request}");
        assert!(request.ends_with(&format!("\r\n\r\n{body}")), "{request}\n{body}");
        socket.write(ACCEPTED).await;
        let RawApi { listener, running } = api;
        let error = timeout(SOON, running).await.unwrap().unwrap().unwrap_err();
        assert_eq!((error.to_string(), done.all()), (message, ALL[..2].to_vec()));
        assert!(timeout(A_WHILE, listener.accept()).await.is_err(), "it asks again");
    }
}

#[tokio::test]
async fn an_app_that_cannot_be_built_is_not_in_a_snapshot() {
    let done = Done::default();
    let api =
        RawApi::start(|lodger| done.hooks(lodger.snap_start(true)).run_with(async || Err::<Router, _>("no database")))
            .await;
    let mut socket = api.accept().await;
    let request = socket.request().await;
    assert!(
        request.starts_with("POST /2018-06-01/runtime/init/error ") && request.contains("no database"),
        "{request}"
    );
    socket.write(ACCEPTED).await;
    timeout(SOON, api.running).await.unwrap().unwrap().unwrap_err();
    assert_eq!(done.all(), [""; 0]);

    // One of several parts, and each that has been built waits for it.
    let (done, api) = (Done::default(), RuntimeApi::start().await.unwrap().max_concurrency(4).snap_start());
    let lodger =
        Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).max_concurrency(4.try_into().unwrap());
    let lodger = done.hooks(lodger.snap_start(true));
    let built = Arc::new(Mutex::new(0));
    on_its_own_thread(move || {
        lodger.run(move || {
            let mut built = built.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            *built += 1;
            assert!(*built < 2, "no database");
            actix_web::App::new()
        })
    });
    let reported = timeout(SOON, api.init_error()).await.unwrap();
    assert_eq!(reported.to_string(), "Runtime.InitFailed: the app panicked while it was built: no database");
    sleep(A_WHILE).await;
    assert_eq!((done.all(), api.poll_count(), api.protocol_errors()), (vec![], 0, vec![]));
}

#[tokio::test]
async fn the_app_of_each_thread_is_in_the_snapshot() {
    let (done, api) = (Done::default(), RuntimeApi::start().await.unwrap().max_concurrency(4).snap_start());
    let lodger =
        Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).max_concurrency(4.try_into().unwrap());
    let lodger = done.hooks(lodger.snap_start(true));
    let all = done.clone();
    on_its_own_thread(move || {
        lodger.run(move || {
            std::thread::sleep(A_WHILE);
            all.0.lock().unwrap().push("built");
            actix_web::App::new()
        })
    });
    timeout(SOON, api.wait_for_snapshot()).await.unwrap();
    let parts = std::thread::available_parallelism().unwrap().get().min(4);
    assert_eq!(done.all(), [vec!["built"; parts], ALL[..2].to_vec()].concat());
}

#[tokio::test]
async fn the_end_comes_before_the_restore_as_well() {
    for slots in [1, 2] {
        let (done, end) = (Done::default(), Arc::new(Notify::new()));
        let api = RawApi::start(|lodger| {
            let end = Arc::clone(&end);
            let lodger = done.hooks(lodger.snap_start(true)).shutdown(async move { end.notified().await });
            lodger.max_concurrency(slots.try_into().unwrap()).run(hello())
        })
        .await;
        let mut socket = asked(&api).await;
        end.notify_one();
        let RawApi { listener, running } = api;
        timeout(SOON, running).await.expect("it ends").unwrap().unwrap();
        assert_eq!((socket.read().await, done.all()), (None, ALL[..2].to_vec()));
        assert!(timeout(A_WHILE, listener.accept()).await.is_err(), "it has opened a connection");
    }
}

/// The extension that is registered on `api`, when it waits for its events.
async fn extension(api: &RawApi) -> Socket {
    let mut socket = api.accept().await;
    let request = socket.request().await;
    assert!(request.starts_with("POST /2020-01-01/extension/register HTTP/1.1\r\n"), "{request}");
    socket.write("HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: the-id\r\nContent-Length: 2\r\n\r\n{}").await;
    waits(&mut socket.request().await);
    socket
}

fn waits(request: &mut str) {
    assert!(request.starts_with("GET /2020-01-01/extension/event/next HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nlambda-extension-identifier: the-id\r\n"), "{request}");
}

#[tokio::test]
async fn what_has_sigterm_sent_is_renewed_as_well() {
    let app = hello();
    let api = RawApi::start(|lodger| lodger.snap_start(true).sigterm(true).run(app)).await;
    let mut extension_before = extension(&api).await;
    let mut runtime_before = asked(&api).await;
    runtime_before.write(RESTORED).await;
    assert_eq!((extension_before.read().await, runtime_before.read().await), (None, None));
    let mut sockets = [api.accept().await, api.accept().await];
    let mut requests = vec![];
    for socket in &mut sockets {
        requests.push(socket.request().await);
    }
    // In no order.
    if requests[0].contains("/runtime/") {
        sockets.reverse();
        requests.reverse();
    }
    waits(&mut requests[0]);
    assert!(requests[1].starts_with("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"), "{requests:?}");
    let [mut extension, mut runtime] = sockets;
    // What Lambda says to who waits already.
    extension.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}").await;
    assert_eq!(extension.read().await, None);
    runtime.write(invocation("one")).await;
    runtime.answer("one").await;
    runtime.write(ACCEPTED).await;
    runtime.poll().await;
    asks_for_nothing_more(&api).await;
}

#[tokio::test]
async fn how_long_the_snapshot_was_kept_is_nothing_to_any_time() {
    let app = Router::new().fallback(async || {
        sleep(Duration::from_millis(50)).await;
        "hello"
    });
    let api = RawApi::start(|lodger| lodger.snap_start(true).deadline_margin(Duration::ZERO).run(app)).await;
    let mut before = asked(&api).await;
    // A day by the clock that limits are measured by.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(24 * 60 * 60)).await;
    tokio::time::resume();
    before.write(RESTORED).await;
    let mut after = api.accept().await;
    after.poll().await;
    let deadline = SystemTime::now() + Duration::from_secs(5);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap().as_millis();
    let event = Front::function_url().event(&Sent::get("/").request()).unwrap();
    after.write(raw_api::invocation("one", &event, &format!("Lambda-Runtime-Deadline-Ms: {deadline}\r\n"))).await;
    let answer = after.answer("one").await;
    assert!(answer.contains("\"statusCode\":200"), "{answer}");
}

/// A database, as far as connections go: who is connected to it, and who was.
struct Database {
    listener: TcpListener,
}

impl Database {
    async fn connected(&self) -> TcpStream {
        timeout(SOON, self.listener.accept()).await.expect("a connection").unwrap().0
    }
}

/// An app's pool of one connection, that can be closed and opened behind its back.
#[derive(Clone)]
struct Pool(Arc<tokio::sync::Mutex<Option<TcpStream>>>, std::net::SocketAddr);

impl Pool {
    async fn open(self) -> io::Result<()> {
        *self.0.lock().await = Some(TcpStream::connect(self.1).await?);
        Ok(())
    }

    async fn close(self) -> io::Result<()> {
        self.0.lock().await.take();
        Ok(())
    }

    async fn port(State(Self(pool, _)): State<Self>) -> String {
        pool.lock().await.as_ref().unwrap().local_addr().unwrap().port().to_string()
    }
}

#[tokio::test]
async fn a_pool_is_closed_before_the_snapshot_and_another_after_the_restore() {
    let database = Database { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() };
    let pool = Pool(Arc::default(), database.listener.local_addr().unwrap());
    let api = RuntimeApi::start().await.unwrap().snap_start();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).snap_start(true);
    let lodger = lodger.before_snapshot(pool.clone().close()).after_restore(pool.clone().open());
    let running: JoinHandle<Result<(), Error>> = tokio::spawn(lodger.run_with(async move || {
        pool.clone().open().await?;
        Ok::<_, io::Error>(Router::new().fallback(Pool::port).with_state(pool))
    }));
    let mut before = database.connected().await;
    timeout(SOON, api.wait_for_snapshot()).await.unwrap();
    assert_eq!(timeout(SOON, before.read(&mut [0])).await.unwrap().unwrap(), 0, "it is open in the snapshot");
    api.restore();
    let after = database.connected().await;
    let response = api.send(&Front::function_url(), &Sent::get("/").request()).await;
    assert_eq!(*response.body(), after.peer_addr().unwrap().port().to_string());
    assert!(!running.is_finished());
}

#[tokio::test]
async fn where_there_is_no_snapshot_no_hook_runs() {
    let done = Done::default();
    let server = Server::start(|lodger| done.hooks(lodger.snap_start(true)).run(hello())).await;
    timeout(SOON, server.begin_end()).await.unwrap().unwrap().unwrap();
    let api = RawApi::start(|lodger| done.hooks(lodger).run(hello())).await;
    let mut socket = api.accept().await;
    socket.poll().await;
    assert_eq!(done.all(), [""; 0]);
    let mut running = pin!(api.running);
    assert!(timeout(A_WHILE, running.as_mut()).await.is_err());
}
