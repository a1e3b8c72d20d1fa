//! A process that is stopped for seconds, as Lambda freezes it between invocations. Nothing is lost, in any state.

use std::time::{Duration, SystemTime};

use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    program::Program,
    raw_api::{ACCEPTED, RawRuntimeApi, Socket, invocation},
    wait::QUIET,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

use super::start;

/// How long a process is stopped. Every pause of Lodger in the tests below is shorter.
const FROZEN: Duration = Duration::from_secs(3);

/// Starts the probe as a function, with its Runtime API.
async fn start_function(vars: &[(&str, &str)]) -> (Program, RawRuntimeApi) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let vars = [&[("AWS_LAMBDA_RUNTIME_API", address.as_str())], vars].concat();
    (start(&vars), RawRuntimeApi { listener })
}

/// Stops the process for [`FROZEN`], and runs `meanwhile` in that time.
async fn freeze(process: &Program, meanwhile: impl Future<Output = ()>) {
    process.signal("STOP");
    meanwhile.await;
    sleep(FROZEN).await;
    process.signal("CONT");
}

/// Encodes a request for a path as an invocation, with a deadline after this time.
fn invocation_of(id: &str, path: &str, deadline: Duration) -> Vec<u8> {
    let event = Front::function_url().event(&ClientRequest::get(path).request()).unwrap();
    let deadline = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap() + deadline;
    invocation(id, &event, &format!("Lambda-Runtime-Deadline-Ms: {}\r\n", deadline.as_millis()))
}

/// Invokes the function on a connection that polls, and returns the response.
async fn invoke(socket: &mut Socket, id: &str, path: &str) -> String {
    socket.write(invocation_of(id, path, Duration::from_secs(60))).await;
    let response = socket.response(id).await;
    socket.write(ACCEPTED).await;
    response
}

#[tokio::test]
async fn replaces_each_connection_that_closed_while_frozen_once() {
    for slots in [1, 4] {
        let (process, api) = start_function(&[("AWS_LAMBDA_MAX_CONCURRENCY", &slots.to_string())]).await;
        let mut sockets = Vec::new();
        for _ in 0..slots {
            let mut socket = api.accept().await;
            socket.poll().await;
            sockets.push(socket);
        }
        freeze(&process, async { sockets.drain(..).for_each(Socket::reset) }).await;
        for slot in 0..slots {
            let mut socket = api.accept().await;
            socket.poll().await;
            assert!(invoke(&mut socket, &format!("id-{slot}"), "/").await.contains("200"));
            socket.poll().await;
            sockets.push(socket);
        }
        assert!(timeout(QUIET, api.listener.accept()).await.is_err(), "{slots} slots opened another connection");
    }
}

#[tokio::test]
async fn continues_a_handler_a_response_and_a_stream() {
    let (process, api) = start_function(&[("LODGER_RESPONSE_MODE", "stream")]).await;
    let mut socket = api.accept().await;
    // In the handler, then between two frames, and then with a response of 1 MB that Lambda has not read.
    for (path, end) in [("/slow/500", "ended"), ("/feed/20/50", "id: 20"), ("/feed/1400/0", "id: 1400")] {
        socket.poll().await;
        socket.write(invocation_of("one", path, Duration::from_secs(60))).await;
        // The response has begun: the process is in the middle of it.
        let mut received = socket.read().await.unwrap();
        freeze(&process, async {}).await;
        while !received.ends_with(b"\r\n0\r\n\r\n") {
            received.extend(socket.read().await.expect("the connection stays open"));
        }
        let text = String::from_utf8_lossy(&received);
        assert_eq!((text.matches("/response HTTP/1.1").count(), text.matches(end).count()), (1, 1), "{path}");
        socket.write(ACCEPTED).await;
    }
    socket.poll().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn responds_with_504_if_the_deadline_passed_while_frozen() {
    let (mut process, api) = start_function(&[]).await;
    let mut socket = api.accept().await;
    socket.poll().await;
    socket.write(invocation_of("one", "/held/said-frozen", FROZEN)).await;
    // The handler must have begun: a deadline that has passed before the invocation counts as unknown.
    tokio::task::block_in_place(|| process.stderr_until("probe: said-frozen is held\n"));
    freeze(&process, async {}).await;
    assert!(socket.response("one").await.contains(r#""statusCode":504"#));
    socket.write(ACCEPTED).await;
    socket.poll().await;
    assert!(invoke(&mut socket, "two", "/").await.contains(r#""statusCode":200"#));
}

#[tokio::test]
async fn a_server_responds_to_requests_that_arrived_while_frozen() {
    let mut process =
        start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_HEADER_TIMEOUT", "2"), ("LODGER_STALL_TIMEOUT", "2")]);
    let addr = process.listening_addr();
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut buffer = vec![0; 1 << 16];
    let connect = async || TcpStream::connect(addr).await.unwrap();
    let (mut kept_alive, mut kept_half) = (connect().await, connect().await);
    for socket in [&mut kept_alive, &mut kept_half] {
        socket.write_all(request).await.unwrap();
        assert!(socket.read(&mut buffer).await.unwrap() > 0);
    }
    let (mut silent, mut half) = (connect().await, connect().await);
    let (first, second) = request.split_at(10);
    half.write_all(first).await.unwrap();
    kept_half.write_all(first).await.unwrap();
    // Until the process has accepted the connections and read the bytes.
    sleep(QUIET).await;
    // The timeouts of all heads end while the process is frozen. The heads arrive before.
    freeze(&process, async {
        silent.write_all(request).await.unwrap();
        half.write_all(second).await.unwrap();
        kept_half.write_all(second).await.unwrap();
        kept_alive.write_all(request).await.unwrap();
    })
    .await;
    let sockets = [("silent", silent), ("half", half), ("kept alive", kept_alive), ("kept alive, half", kept_half)];
    for (name, mut socket) in sockets {
        let length = timeout(FROZEN, socket.read(&mut buffer)).await.unwrap().unwrap();
        let text = String::from_utf8_lossy(&buffer[..length]);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{name}: {text:?}");
    }
}
