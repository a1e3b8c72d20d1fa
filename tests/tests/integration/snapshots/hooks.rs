//! The hooks: their order, their thread, and a pool of connections as their typical use.

use std::{io, net::SocketAddr, sync::Arc};

use axum::{Router, extract::State};
use lodger::{Host, Lodger, adapter::BoxError};
use lodger_gateway::{Front, RuntimeApi};
use lodger_tests::{
    client::ClientRequest,
    framework::ActixWeb,
    raw_api::ACCEPTED,
    test_host::TestHost,
    wait::{QUIET, SOON},
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    sync::{Mutex, Notify, oneshot},
    time::{sleep, timeout},
};

use super::{
    ActixThread, Calls, HOOKS, RESTORED, accept_restore_request, check_no_connection, hello, invocation, start_raw,
};

#[tokio::test]
async fn run_in_order_before_a_new_connection_polls() {
    let (calls, gate) = (Calls::default(), Arc::new(Notify::new()));
    let api = start_raw(|lodger| {
        let (calls, gate) = (calls.clone(), Arc::clone(&gate));
        let wait = async move {
            gate.notified().await;
            Ok::<_, io::Error>(())
        };
        calls.add_hooks(lodger).after_restore(wait).run_with(async move || {
            calls.hook("built").await?;
            Ok::<_, BoxError>(hello())
        })
    })
    .await;
    let mut before = accept_restore_request(&api).await;
    assert_eq!(calls.all(), ["built", HOOKS[0], HOOKS[1]]);
    check_no_connection(&api.listener).await;
    before.write(RESTORED).await;
    assert_eq!(before.read().await, None, "the connection from before the snapshot stays open");
    check_no_connection(&api.listener).await;
    assert_eq!(calls.all()[1..], HOOKS);
    gate.notify_one();
    let mut after = api.accept().await;
    for _ in 0..2 {
        after.poll().await;
        after.write(invocation("one")).await;
        after.response("one").await;
        after.write(ACCEPTED).await;
    }
    after.poll().await;
    assert_eq!(calls.all().len(), 5, "{:?}", calls.all());
}

#[tokio::test]
async fn run_on_the_thread_that_awaits_run() {
    let api = RuntimeApi::start().await.unwrap().snap_start();
    let lodger = Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).snap_start(true);
    let (sender, thread) = oneshot::channel();
    let lodger = lodger.after_restore(async {
        sender.send(std::thread::current().id()).unwrap();
        Ok::<_, io::Error>(())
    });
    let app = ActixThread::start::<ActixWeb>(lodger);
    api.restore();
    assert_eq!(timeout(SOON, thread).await.unwrap().unwrap(), app.id());
}

#[tokio::test]
async fn do_not_run_without_a_snapshot() {
    let calls = Calls::default();
    let mut server = TestHost::server().start(|lodger| calls.add_hooks(lodger.snap_start(true)).run(hello())).await;
    server.begin_shutdown();
    server.result().await.unwrap();
    let api = TestHost::raw_lambda().start(|lodger| calls.add_hooks(lodger).run(hello())).await;
    let mut socket = api.accept().await;
    socket.poll().await;
    assert_eq!(calls.all(), [""; 0]);
    sleep(QUIET).await;
    assert!(api.is_running());
}

/// A pool of one connection to a database, which hooks close and open.
#[derive(Clone)]
struct Pool {
    connection: Arc<Mutex<Option<TcpStream>>>,
    database: SocketAddr,
}

impl Pool {
    async fn open(self) -> io::Result<()> {
        *self.connection.lock().await = Some(TcpStream::connect(self.database).await?);
        Ok(())
    }

    async fn close(self) -> io::Result<()> {
        self.connection.lock().await.take();
        Ok(())
    }

    /// Responds with the client's port of the connection.
    async fn port(State(pool): State<Self>) -> String {
        pool.connection.lock().await.as_ref().unwrap().local_addr().unwrap().port().to_string()
    }
}

#[tokio::test]
async fn close_a_pool_before_the_snapshot_and_open_it_after_the_restore() {
    let database = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let accept = async || timeout(SOON, database.accept()).await.expect("a connection").unwrap().0;
    let pool = Pool { connection: Arc::default(), database: database.local_addr().unwrap() };
    let host = TestHost::lambda().snap_start();
    let api = host
        .start(|lodger| {
            let lodger = lodger.snap_start(true);
            let lodger = lodger.before_snapshot(pool.clone().close()).after_restore(pool.clone().open());
            lodger.run_with(async move || {
                pool.clone().open().await?;
                Ok::<_, io::Error>(Router::new().fallback(Pool::port).with_state(pool))
            })
        })
        .await;
    let mut before = accept().await;
    timeout(SOON, api.wait_for_snapshot()).await.unwrap();
    assert_eq!(
        timeout(SOON, before.read(&mut [0])).await.unwrap().unwrap(),
        0,
        "the snapshot contains an open connection"
    );
    api.restore();
    let after = accept().await;
    let response = api.send(&Front::function_url(), &ClientRequest::get("/").request()).await;
    assert_eq!(*response.body(), after.peer_addr().unwrap().port().to_string());
    assert!(api.is_running());
}
