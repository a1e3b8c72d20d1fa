//! CORS behind fronts that have such a setting.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};
use lodger_gateway::{Cors, Front, RuntimeApi, Server};
use serde_json::json;

use crate::support::{RawFunction, fetch, run_function, soon};

const ORIGIN: &str = "https://app.example.com";

fn cors() -> Cors {
    Cors::new().allow_origins([ORIGIN]).allow_methods(["GET"])
}

fn origins(headers: &HeaderMap) -> Vec<&str> {
    headers.get_all("access-control-allow-origin").iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn adds_the_origin_to_buffered_replies() {
    for (front, expected) in [
        (Front::http_api(), &[ORIGIN][..]),
        (Front::http_api_v1(), &[ORIGIN]),
        (Front::function_url(), &["https://own.example.com", ORIGIN]),
        (Front::rest_api(), &["https://own.example.com"]),
    ] {
        let api = RuntimeApi::start().await.unwrap();
        let own = "https://own.example.com";
        tokio::spawn(run_function(
            api.address(),
            move |_| json!({"statusCode": 200, "headers": {"access-control-allow-origin": own}}),
        ));
        let request = Request::get("/").header("origin", ORIGIN).body(Bytes::new()).unwrap();
        let response = soon(api.send(&front.clone().cors(cors()), &request)).await;
        assert_eq!(origins(response.headers()), expected, "{front}");
    }
}

#[tokio::test]
async fn adds_the_origin_to_the_head_of_a_streamed_reply() {
    let api = RuntimeApi::start().await.unwrap();
    let mut function = RawFunction::connect(&api).await;
    for (headers, body) in [
        ("content-type: text/plain\r\n", &b"one"[..]),
        ("content-type: application/vnd.awslambda.http-integration-response\r\n", b"{}\0\0\0\0\0\0\0\0one"),
        // An invalid prelude: the response is of the Function URL itself.
        ("content-type: application/vnd.awslambda.http-integration-response\r\n", b"[]\0\0\0\0\0\0\0\0one"),
    ] {
        let front = Front::function_url().streaming().cors(cors());
        let request = Request::get("/").header("origin", ORIGIN).body(Bytes::new()).unwrap();
        let replying = async {
            let id = function.poll().await;
            function.begin_stream(&id, headers).await;
            function.send_chunk(body).await;
            function.end_stream("").await
        };
        let (response, _) = soon(async { tokio::join!(api.send(&front, &request), replying) }).await;
        assert_eq!(
            (origins(response.headers()), &response.headers()["vary"]),
            (vec![ORIGIN], &"Origin".parse().unwrap())
        );
    }
}

#[tokio::test]
async fn a_server_responds_to_preflight_requests() {
    let api = Arc::new(RuntimeApi::start().await.unwrap());
    // No function polls for an event.
    let server = Server::start("127.0.0.1:0", Front::http_api().cors(cors()), Arc::clone(&api)).await.unwrap();
    let headers = format!("host: localhost\r\norigin: {ORIGIN}\r\naccess-control-request-method: GET\r\n");
    let (head, _) = soon(fetch(server.address(), &format!("OPTIONS /pets HTTP/1.1\r\n{headers}\r\n"))).await;
    assert!(head.starts_with("http/1.1 204 "), "{head}");
    assert!(head.contains("\r\naccess-control-allow-methods: get\r\n"), "{head}");
}
