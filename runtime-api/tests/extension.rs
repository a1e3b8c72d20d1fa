//! The client of the Extensions API against a socket.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::time::Duration;

use lodger_runtime_api::{Client, Error, ExtensionClient, LifecycleEvent, Registration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};

const SOON: Duration = Duration::from_secs(20);
const IDENTIFIER: &str = "Lambda-Extension-Identifier: id-1\r\n";

/// Reads a request with its body.
async fn read(socket: &mut TcpStream) -> String {
    let mut request = vec![];
    loop {
        assert!(timeout(SOON, socket.read_buf(&mut request)).await.unwrap().unwrap() > 0, "closed");
        let text = String::from_utf8(request.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        if body.len() == length.parse::<usize>().unwrap() {
            return text;
        }
    }
}

async fn respond(socket: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let response = format!("HTTP/1.1 {status} S\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len());
    socket.write_all(response.as_bytes()).await.unwrap();
}

/// Registers `registration`. Returns the request, the client and the socket of its connection.
async fn register(listener: &TcpListener, registration: &Registration) -> (String, ExtensionClient, TcpStream) {
    let address = listener.local_addr().unwrap().to_string();
    let accepts = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let request = read(&mut socket).await;
        respond(&mut socket, 200, IDENTIFIER, r#"{"functionName":"f"}"#).await;
        (request, socket)
    };
    let (client, (request, socket)) = tokio::join!(ExtensionClient::register_at(&address, registration), accepts);
    (request, client.unwrap(), socket)
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

#[tokio::test]
async fn registers_subscribes_and_polls_on_one_connection() {
    let listener = listener().await;
    let events = [LifecycleEvent::Invoke, LifecycleEvent::Shutdown];
    let registration = Registration::new("my.ext").events(events).accept_account_id();
    let (request, mut client, mut socket) = register(&listener, &registration).await;
    assert!(request.starts_with("POST /2020-01-01/extension/register HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nlambda-extension-name: my.ext\r\n"), "{request}");
    assert!(request.contains("\r\nlambda-extension-accept-feature: accountId\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"events\":[\"INVOKE\",\"SHUTDOWN\"]}"), "{request}");
    assert_eq!(client.function(), r#"{"functionName":"f"}"#);

    let serves = async {
        for (start, status, body) in [
            ("PUT /2022-07-01/telemetry HTTP/1.1\r\n", 200, "\"OK\""),
            ("PUT /2020-08-15/logs HTTP/1.1\r\n", 202, "{}"),
            ("GET /2020-01-01/extension/event/next HTTP/1.1\r\n", 200, "{\"eventType\":\"INVOKE\"}"),
        ] {
            let request = read(&mut socket).await;
            assert!(request.starts_with(start), "{request}");
            assert!(request.contains("\r\nlambda-extension-identifier: id-1\r\n"), "{request}");
            respond(&mut socket, status, "", body).await;
        }
    };
    let calls = async {
        assert_eq!(client.subscribe_to_telemetry("{}").await.unwrap(), 200);
        assert_eq!(client.subscribe_to_logs("{}").await.unwrap(), 202);
        assert_eq!(client.next().await.unwrap(), "{\"eventType\":\"INVOKE\"}");
    };
    tokio::join!(calls, serves);
}

#[tokio::test]
async fn registers_without_events_and_without_the_account_id() {
    let (request, _, _) = register(&listener().await, &Registration::new("name")).await;
    assert!(request.ends_with("\r\n\r\n{\"events\":[]}") && !request.contains("accept-feature"), "{request}");
}

#[tokio::test]
async fn polls_again_if_the_connection_was_closed_during_the_freeze() {
    let listener = listener().await;
    let (_, mut client, socket) = register(&listener, &Registration::new("name")).await;
    let serves = async {
        let mut socket = socket;
        read(&mut socket).await;
        // The clock advances only if the client pauses.
        tokio::time::pause();
        let start = Instant::now();
        drop(socket);
        let (mut socket, _) = listener.accept().await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        tokio::time::resume();
        read(&mut socket).await;
        let start = Instant::now();
        drop(socket);
        let (mut socket, _) = listener.accept().await.unwrap();
        assert!(
            start.elapsed() >= Duration::from_millis(50),
            "without a pause after a new connection: {:?}",
            start.elapsed()
        );
        assert!(read(&mut socket).await.starts_with("GET /2020-01-01/extension/event/next "));
        respond(&mut socket, 200, "", "2").await;
    };
    let (event, ()) = tokio::join!(client.next(), serves);
    assert_eq!(event.unwrap(), "2");
}

#[tokio::test]
async fn subscribes_again_if_the_kept_connection_is_closed() {
    let listener = listener().await;
    let (_, mut client, socket) = register(&listener, &Registration::new("name")).await;
    let serves = async {
        let mut socket = socket;
        read(&mut socket).await;
        drop(socket);
        // A new connection that is closed is an error.
        for is_open in [true, false] {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert!(read(&mut socket).await.ends_with("\r\n\r\n{\"a\":1}"));
            if is_open {
                respond(&mut socket, 200, "Connection: close\r\n", "").await;
            }
        }
    };
    let subscribes = async {
        assert_eq!(client.subscribe_to_telemetry("{\"a\":1}").await.unwrap(), 200);
        let error = client.subscribe_to_telemetry("{\"a\":1}").await.unwrap_err();
        assert_eq!((error.to_string().as_str(), error.status()), ("cannot subscribe to the Telemetry API", None));
    };
    timeout(SOON, async { tokio::join!(subscribes, serves) }).await.unwrap();
}

#[tokio::test]
async fn an_internal_extension_polls_until_it_is_dropped() {
    let listener = listener().await;
    let client = Client::new(&listener.local_addr().unwrap().to_string()).unwrap();
    let accepts = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        read(&mut socket).await;
        respond(&mut socket, 200, IDENTIFIER, "{}").await;
        socket
    };
    let (extension, mut socket) = tokio::join!(client.register_extension("name"), accepts);
    for is_last in [false, true] {
        assert!(read(&mut socket).await.starts_with("GET /2020-01-01/extension/event/next "));
        if !is_last {
            respond(&mut socket, 200, "", "{}").await;
        }
    }
    drop(extension);
    assert_eq!(timeout(SOON, socket.read(&mut [0])).await.unwrap().unwrap(), 0, "the connection stays open");
}

#[tokio::test]
async fn times_out_if_lambda_does_not_respond() {
    fn assert_is_timeout<T: std::fmt::Debug>(result: Result<T, Error>, message: &str) {
        let error = result.unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!((error.to_string().as_str(), cause.as_str()), (message, "no response within 30s"));
    }
    let listener = listener().await;
    let (_, mut client, _socket) = register(&listener, &Registration::new("name")).await;
    let address = listener.local_addr().unwrap().to_string();
    tokio::time::pause();
    let registration = Registration::new("other");
    let registered = timeout(SOON * 3, ExtensionClient::register_at(&address, &registration)).await.unwrap();
    assert_is_timeout(registered, "cannot register the extension \"other\"");
    let subscribed = timeout(SOON * 3, client.subscribe_to_telemetry("{}")).await.unwrap();
    assert_is_timeout(subscribed, "cannot subscribe to the Telemetry API");
}

#[tokio::test]
async fn quotes_the_explanation_of_a_rejection() {
    async fn reject(socket: &mut TcpStream, status: u16, body: &str) {
        read(socket).await;
        respond(socket, status, "", body).await;
    }
    fn assert_is(error: Error, status: u16, end: &str) {
        assert_eq!((error.status(), error.is_fatal()), (Some(status), false), "{error}");
        assert!(error.to_string().ends_with(end), "{error}");
    }
    let listener = listener().await;
    let (_, mut client, mut socket) = register(&listener, &Registration::new("name")).await;
    let long = "é".repeat(5000);
    let (subscribed, ()) = tokio::join!(client.subscribe_to_telemetry("{}"), reject(&mut socket, 400, "no\nschema"));
    assert_is(subscribed.unwrap_err(), 400, "status 400: no\\nschema");
    let (subscribed, ()) = tokio::join!(client.subscribe_to_telemetry("{}"), reject(&mut socket, 403, &long));
    let error = subscribed.unwrap_err().to_string();
    assert!(error.len() < 700, "{error}");
    let (subscribed, ()) = tokio::join!(client.subscribe_to_telemetry("{}"), reject(&mut socket, 500, ""));
    assert!(subscribed.unwrap_err().is_fatal());
    let (event, ()) = tokio::join!(client.next(), reject(&mut socket, 403, ""));
    assert_is(event.unwrap_err(), 403, "status 403");
    let (event, ()) = tokio::join!(client.next(), reject(&mut socket, 500, ""));
    assert!(event.unwrap_err().is_fatal());
}

#[tokio::test]
async fn reports_errors_with_their_type_in_a_header() {
    let listener = listener().await;
    let (_, mut client, mut socket) = register(&listener, &Registration::new("name")).await;
    let serves = async {
        for (path, error_type) in [("init", "Extension.NoDatabase"), ("exit", "Extension.FatalAB")] {
            let request = read(&mut socket).await;
            assert!(request.starts_with(&format!("POST /2020-01-01/extension/{path}/error HTTP/1.1\r\n")), "{request}");
            let header = format!("\r\nlambda-extension-function-error-type: {error_type}\r\n");
            assert!(request.contains(&header), "{request}");
            let json: serde_json::Value = serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
            assert_eq!(json["errorMessage"], "no \"database\"");
            respond(&mut socket, 202, "", "").await;
        }
    };
    let reports = async {
        client.fail_initialization("NoDatabase", "no \"database\"").await.unwrap();
        client.fail_exit("Fatal.A\r\nB", "no \"database\"").await.unwrap();
    };
    tokio::join!(reports, serves);
}

#[tokio::test]
async fn rejects_an_invalid_name_and_a_response_without_an_identifier() {
    let listener = listener().await;
    let address = listener.local_addr().unwrap().to_string();
    let error = ExtensionClient::register_at(&address, &Registration::new("a\r\nb")).await.unwrap_err();
    assert!(error.to_string().starts_with("invalid extension name"), "{error}");
    let serves = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        read(&mut socket).await;
        respond(&mut socket, 200, "", "{}").await;
    };
    let registration = Registration::new("name");
    let (client, ()) = tokio::join!(ExtensionClient::register_at(&address, &registration), serves);
    assert!(client.unwrap_err().to_string().starts_with("cannot register the extension \"name\""));
}
