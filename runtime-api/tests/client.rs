//! The client against the gateway's Runtime API.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::time::Duration;

use lodger_gateway::{FunctionResult, Invocation, RuntimeApi};
use lodger_runtime_api::{Client, Error};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

/// The limit of each wait for an event.
const SOON: Duration = Duration::from_secs(20);

async fn invoke(api: &RuntimeApi, event: &'static str) -> FunctionResult {
    api.invoke(Invocation::new(event)).await.unwrap()
}

#[tokio::test]
async fn responds_fails_and_streams_on_one_connection() {
    let api = RuntimeApi::start().await.unwrap();
    let mut client = Client::new(&api.address()).unwrap();
    tokio::spawn(async move {
        loop {
            let invocation = client.next().await?;
            assert!(!invocation.context().request_id().is_empty());
            match &invocation.event()[..] {
                b"\"fail\"" => {
                    let trace = ["no \"pencil\"", "shop closed"];
                    invocation.fail_with_trace("RefusedError", "no \"quotes\"", &trace).await?;
                }
                b"\"bytes\"" => {
                    let mut stream = invocation.stream_bytes("text/plain").await?;
                    stream.write("one ".into()).await.unwrap();
                    stream.write("two".into()).await.unwrap();
                    stream.finish().await?;
                }
                b"\"stream\"" => {
                    let mut stream = invocation.stream(b"{\"statusCode\":200}\0\0\0\0\0\0\0\0").await?;
                    for part in ["one ", "two"] {
                        stream.write(part.into()).await.unwrap();
                        stream.flush().await.unwrap();
                    }
                    stream.finish().await?;
                }
                event => {
                    let response = [b"[", event, b"]"].concat();
                    invocation.respond(response).await?;
                }
            }
        }
        #[allow(unreachable_code, reason = "names the type of the errors")]
        Ok::<(), Error>(())
    });
    for _ in 0..2 {
        assert!(matches!(invoke(&api, "1").await, Ok(reply) if reply == "[1]"));
        let failed = invoke(&api, "\"fail\"").await;
        let error = failed.unwrap_err();
        assert_eq!(error.to_string(), "Function.RefusedError: no \"quotes\"");
        let json: serde_json::Value = serde_json::from_slice(&error.body).unwrap();
        let trace = serde_json::json!(["no \"pencil\"", "shop closed"]);
        assert_eq!((&json["errorType"], &json["stackTrace"]), (&"RefusedError".into(), &trace));
        let streamed = invoke(&api, "\"stream\"").await;
        assert!(matches!(&streamed, Ok(reply) if reply.ends_with(b"\0one two")), "{streamed:?}");
        let streamed = invoke(&api, "\"bytes\"").await;
        assert!(matches!(&streamed, Ok(reply) if reply == "one two"), "{streamed:?}");
    }
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
}

#[tokio::test]
async fn polls_on_a_new_connection_after_ready_was_dropped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
    let poll = async || {
        let (mut socket, _) = listener.accept().await.unwrap();
        assert!(head(&mut socket).await.starts_with("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n"));
        socket
    };
    let mut first = tokio::select! {
        ready = client.ready() => panic!("{ready:?}"),
        socket = poll() => socket,
    };
    assert_eq!(timeout(SOON, first.read(&mut [0])).await.unwrap().unwrap(), 0, "the connection stays open");
    let invokes = async {
        let mut socket = poll().await;
        let event = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: 1\r\n\r\n2";
        socket.write_all(event).await.unwrap();
    };
    let (invocation, ()) = timeout(SOON, async { tokio::join!(client.next(), invokes) }).await.unwrap();
    assert_eq!(invocation.unwrap().event(), "2");
}

/// Reads a request to the end of its head.
async fn head(socket: &mut TcpStream) -> String {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        assert!(socket.read_buf(&mut head).await.unwrap() > 0, "closed");
    }
    String::from_utf8(head).unwrap()
}

#[tokio::test]
async fn siblings_receive_invocations_at_the_same_time() {
    let api = RuntimeApi::start().await.unwrap().max_concurrency(2);
    let mut first = Client::new(&api.address()).unwrap();
    let mut second = first.sibling();
    let answers = async {
        let (one, two) = tokio::join!(first.next(), second.next());
        // Both are open now.
        two.unwrap().respond("2").await.unwrap();
        one.unwrap().respond("1").await.unwrap();
    };
    let _ = tokio::join!(invoke(&api, "0"), invoke(&api, "0"), answers);
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 2));
}

#[tokio::test]
async fn reports_initialization_errors() {
    let api = RuntimeApi::start().await.unwrap();
    let mut client = Client::new(&api.address()).unwrap();
    client.fail_initialization("Runtime.NoDatabase", "no database").await.unwrap();
    assert!(api.init_error().await.to_string().ends_with("no database"));
}

#[test]
fn rejects_an_address_with_the_value() {
    let error = Client::new("https://example.com").unwrap_err();
    assert!(error.is_fatal() && error.to_string().contains("\"https://example.com\""), "{error}");
}

/// Reads a request that arrives on a new connection, and responds with `status`. Returns the start of the request.
async fn reject(listener: &TcpListener, status: u16) -> (String, TcpStream) {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut request = vec![];
    while !request.windows(4).any(|window| window == b"\r\n\r\n") {
        assert!(socket.read_buf(&mut request).await.unwrap() > 0, "closed");
    }
    let response = format!("HTTP/1.1 {status} Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    socket.write_all(response.as_bytes()).await.unwrap();
    (String::from_utf8(request).unwrap(), socket)
}

async fn client_and_listener() -> (Client, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (Client::new(&listener.local_addr().unwrap().to_string()).unwrap(), listener)
}

#[tokio::test]
async fn explains_a_rejection_by_the_rejected_request() {
    let (mut client, listener) = client_and_listener().await;
    for (status, is_fatal) in [(400, false), (403, false), (410, false), (413, false), (500, true)] {
        let (registered, _) = tokio::join!(client.register_extension("name"), reject(&listener, status));
        let error = registered.unwrap_err();
        // The function works without the extension.
        assert_eq!((error.status(), error.is_fatal()), (Some(status), false), "{error}");
        assert!(error.to_string().ends_with(&format!("status {status}")), "{error}");

        let (reported, _) = tokio::join!(client.fail_initialization("Runtime.A", "a"), reject(&listener, status));
        let error = reported.unwrap_err();
        assert_eq!(error.is_fatal(), is_fatal, "{error}");
        assert!(!error.to_string().contains("invocation"), "{error}");
    }
    for (status, end) in [
        (400, "the invocation has a response already, or has timed out"),
        (403, "the invocation has a response already, or has timed out"),
        (410, "the response came after the timeout"),
        (413, "it is too large"),
        (429, "status 429"),
    ] {
        let event = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            head(&mut socket).await;
            let event = b"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: 1\r\n\
                Connection: close\r\n\r\n2";
            socket.write_all(event).await.unwrap();
            socket
        };
        let (invocation, _) = tokio::join!(client.next(), event);
        let (responded, _) = tokio::join!(invocation.unwrap().respond("2"), reject(&listener, status));
        let error = responded.unwrap_err();
        assert_eq!((error.status(), error.is_fatal()), (Some(status), false), "{error}");
        assert!(error.to_string().ends_with(end), "{error}");
    }
}

#[tokio::test]
async fn removes_characters_of_an_error_type_that_a_header_cannot_contain() {
    let (mut client, listener) = client_and_listener().await;
    let fails = client.fail_initialization("Runtime.A\r\nX: 1", "a");
    let (_, (request, _)) = tokio::join!(fails, reject(&listener, 202));
    assert!(request.contains("\r\nlambda-runtime-function-error-type: Runtime.AX\r\n\r\n"), "{request}");
}

#[tokio::test]
async fn rejects_the_name_of_an_extension_that_a_header_cannot_contain() {
    let (client, _listener) = client_and_listener().await;
    for name in ["", "a b", "a\r\nb: c", "é"] {
        let registered = timeout(SOON / 10, client.register_extension(name)).await.unwrap();
        let error = registered.unwrap_err();
        assert!(error.to_string().starts_with(&format!("invalid extension name {name:?}: expected")), "{error}");
        assert!(!error.is_fatal() && error.status().is_none());
    }
}
