//! Services of tower and hyper, and layers around an axum `Router`.

use axum::{Router, extract::Request, routing::get};
use http::Response;
use http_body_util::{BodyExt, Full};
use lodger_tests::client::{ClientRequest, send};

use super::{start, text};

#[tokio::test]
async fn runs_services_of_tower_and_hyper() {
    let tower = tower::service_fn(async |request: lodger::Request| {
        Ok::<_, std::io::Error>(Response::new(format!("tower {}", request.uri())))
    });
    let server = start(|lodger| lodger.run(tower)).await;
    assert_eq!(text(server.addr(), "/x").await, "tower /x");

    let hyper = hyper::service::service_fn(async |request: lodger::Request| {
        let body = request.into_body().collect().await?.to_bytes();
        Ok::<_, lodger::Error>(Response::new(Full::new(body)))
    });
    let server = start(|lodger| lodger.run(hyper)).await;
    let response = send(server.addr(), &ClientRequest::get("/").method("POST").body(b"hyper")).await;
    assert_eq!(&response.body()[..], b"hyper");
}

#[tokio::test]
async fn responds_with_500_to_an_error_of_a_service() {
    let failing = tower::service_fn(async |_: lodger::Request| {
        Err::<Response<String>, _>(std::io::Error::other("a secret of the database"))
    });
    let server = start(|lodger| lodger.run(failing)).await;
    let response = send(server.addr(), &ClientRequest::get("/")).await;
    assert_eq!((response.status().as_u16(), &response.body()[..]), (500, &b"internal server error"[..]));
}

#[tokio::test]
async fn calls_the_service_that_was_ready() {
    // Like all of tower's middleware, the limit panics if it is called before it is ready.
    let service = tower::ServiceBuilder::new()
        .concurrency_limit(1)
        .service_fn(async |_: lodger::Request| Ok::<_, std::io::Error>(Response::new("ready".to_owned())));
    let server = start(|lodger| lodger.run(service)).await;
    for _ in 0..3 {
        assert_eq!(text(server.addr(), "/").await, "ready");
    }
}

#[tokio::test]
async fn runs_a_layer_before_routing() {
    async fn rewrite(mut request: Request) -> Request {
        *request.uri_mut() = "/new".parse().unwrap();
        request
    }
    let router = Router::new().route("/new", get(async || "rewritten"));
    let app = lodger::axum::service(tower::Layer::layer(&axum::middleware::map_request(rewrite), router));
    let server = start(|lodger| lodger.run(app)).await;
    assert_eq!(text(server.addr(), "/old").await, "rewritten");
}
