//! The parts of axum 0.7 that `matrix.rs` does not test: state, nested routers, WebSockets, and services over its body type.

use std::net::SocketAddr;

use axum_07::{
    Router,
    extract::{ConnectInfo, Request, State, WebSocketUpgrade, ws::Message},
    middleware::map_request,
    routing::{any, get},
};
use futures_util::{SinkExt, StreamExt};
use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send},
    test_host::TestHost,
};
use tower::Layer;

async fn greet(State(greeting): State<&'static str>, ConnectInfo(client): ConnectInfo<SocketAddr>) -> String {
    format!("{greeting} {}", client.ip())
}

fn app() -> Router {
    let users = Router::new().route("/:name", get(greet));
    Router::new().nest("/users", users).with_state("hello")
}

#[tokio::test]
async fn gives_state_and_connect_info_to_nested_routers_on_every_host() {
    let sent = ClientRequest::get("/users/7");
    let server = TestHost::server().start(|lodger| lodger.run(app())).await;
    assert_eq!(&send(server.addr(), &sent).await.body()[..], b"hello 127.0.0.1");

    let api = TestHost::lambda().start(|lodger| lodger.run(app())).await;
    let response = api.send(&Front::function_url().client("192.0.2.7".parse().unwrap()), &sent.request()).await;
    assert_eq!(&response.body()[..], b"hello 192.0.2.7");
}

#[cfg(unix)]
#[tokio::test]
async fn gives_state_and_connect_info_to_nested_routers_on_vercel() {
    let vercel = TestHost::vercel().on_own_thread().start(|lodger| lodger.run(app())).await;
    let (_, response) = vercel.fetch(&ClientRequest::get("/users/7")).await;
    assert!(response.body().starts_with(b"hello "), "{response:?}");
}

#[tokio::test]
async fn upgrades_to_a_websocket_on_a_server() {
    let echo = any(async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(|mut socket| async move {
            while let Some(Ok(Message::Text(text))) = socket.recv().await {
                socket.send(Message::Text(format!("echo {text}"))).await.unwrap();
            }
        })
    });
    let app = Router::new().route("/", echo);
    let server = TestHost::server().start(|lodger| lodger.run(app)).await;
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{}/", server.addr())).await.unwrap();
    socket.send("hi".into()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap().into_text().unwrap(), "echo hi");
}

#[tokio::test]
async fn runs_a_service_over_the_body_of_axum_07() {
    async fn rewrite(mut request: Request) -> Request {
        *request.uri_mut() = "/users/7".parse().unwrap();
        request
    }
    let app = lodger::axum_07::service(map_request(rewrite).layer(app()));
    let server = TestHost::server().start(|lodger| lodger.run(app)).await;
    assert_eq!(&send(server.addr(), &ClientRequest::get("/old")).await.body()[..], b"hello 127.0.0.1");
}
