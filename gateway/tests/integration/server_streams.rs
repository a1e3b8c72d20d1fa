//! A server behind fronts that stream.

use std::sync::Arc;

use lodger_gateway::{Front, RuntimeApi, Server};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use crate::support::{RawFunction, soon};

/// Sends a request for `/prod`, and begins a streamed reply.
///
/// Returns the server, its Runtime API, the client, the function, and the head of the response.
async fn start_stream(
    front: Front,
    method: &str,
) -> (Server, Arc<RuntimeApi>, BufReader<TcpStream>, RawFunction, String) {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    let server = Server::start("127.0.0.1:0", front, Arc::clone(&api)).await.unwrap();
    let mut client = BufReader::new(TcpStream::connect(server.address()).await.unwrap());
    client.write_all(format!("{method} /prod HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
    let mut function = RawFunction::connect(&api).await;
    let id = function.poll().await;
    let http = "content-type: application/vnd.awslambda.http-integration-response\r\n";
    let trailer = "trailer: lambda-runtime-function-error-type, lambda-runtime-function-error-body\r\n";
    function.begin_stream(&id, &format!("{http}{trailer}")).await;
    function.send_chunk(b"{\"statusCode\":201}\0\0\0\0\0\0\0\0").await;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(client.read_line(&mut head).await.unwrap(), 0, "{head}");
    }
    (server, api, client, function, head.to_lowercase())
}

#[tokio::test]
async fn sends_chunks_as_they_arrive() {
    for front in [Front::function_url().streaming(), Front::rest_api().streaming()] {
        let (_server, api, mut client, mut function, head) = start_stream(front.clone(), "GET").await;
        assert!(head.starts_with("http/1.1 201 ") && head.contains("\r\ntransfer-encoding: chunked\r\n"), "{head}");
        for (data, sent) in [(&b"one"[..], &b"3\r\none\r\n"[..]), (b"two2", b"4\r\ntwo2\r\n")] {
            function.send_chunk(data).await;
            let mut received = vec![0; sent.len()];
            client.read_exact(&mut received).await.unwrap();
            assert_eq!(received, sent, "{front}");
        }
        assert!(function.end_stream("").await.starts_with("http/1.1 202"));
        let mut end = [0; 5];
        client.read_exact(&mut end).await.unwrap();
        assert_eq!((&end, api.protocol_errors()), (b"0\r\n\r\n", vec![]));
    }
}

#[tokio::test]
async fn closes_the_connection_if_the_stream_fails() {
    let (_server, api, mut client, mut function, _) = start_stream(Front::function_url().streaming(), "GET").await;
    function.send_chunk(b"one").await;
    let error = "eyJlcnJvclR5cGUiOiJ4IiwiZXJyb3JNZXNzYWdlIjoib2gifQ==";
    let trailers = format!(
        "lambda-runtime-function-error-type: Function.Panic\r\nlambda-runtime-function-error-body: {error}\r\n"
    );
    assert!(function.end_stream(&trailers).await.starts_with("http/1.1 202"));
    let mut rest = Vec::new();
    let read = soon(client.read_to_end(&mut rest)).await;
    assert_eq!((read.unwrap(), rest.as_slice()), (8, &b"3\r\none\r\n"[..]));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn the_function_does_not_notice_a_closed_client_connection() {
    for method in ["GET", "HEAD"] {
        let (_server, api, client, mut function, head) = start_stream(Front::function_url().streaming(), method).await;
        assert!(head.starts_with("http/1.1 201 "), "{head}");
        drop(client);
        for _ in 0..20 {
            function.send_chunk(&[b'x'; 100_000]).await;
        }
        assert!(function.end_stream("").await.starts_with("http/1.1 202"), "{method}");
        assert_eq!(api.protocol_errors(), [""; 0]);
    }
}
