//! Panics in each part of an app: the invocation fails, and the process goes on.

use std::{convert::Infallible, future::Ready, sync::Arc};

use actix_web::{App, HttpRequest, dev::Payload, rt, web};
use axum::{
    Router,
    extract::{FromRequestParts, Request},
    http::request::Parts,
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use lodger::{Error, Lodger};
use lodger_gateway::RuntimeApi;
use lodger_tests::test_host::{TestApp, TestHost};

/// The paths, and the status of each response.
const PATHS: [(&str, u16); 6] =
    [("/extractor", 500), ("/middleware", 500), ("/join", 500), ("/detached", 200), ("/drop", 500), ("/handler", 500)];

/// An extractor that panics.
struct Panics;

impl<S: Sync> FromRequestParts<S> for Panics {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        panic!("asked to panic in an extractor")
    }
}

impl actix_web::FromRequest for Panics {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        panic!("asked to panic in an extractor")
    }
}

/// A value that panics when it is dropped.
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("asked to panic on drop")
    }
}

/// Drops a value that panics, after a pause.
async fn drop_value() -> &'static str {
    let _value = PanicsOnDrop;
    tokio::task::yield_now().await;
    "dropped"
}

async fn panic_in_task() -> &'static str {
    panic!("asked to panic in a task")
}

fn axum_app() -> Router {
    let middleware = async |request: Request, next: Next| -> Response {
        assert!(request.uri().path() != "/middleware", "asked to panic in a middleware");
        next.run(request).await
    };
    Router::new()
        .route("/extractor", get(async |_: Panics| ""))
        .route("/join", get(async || tokio::spawn(panic_in_task()).await.unwrap()))
        .route("/detached", get(async || tokio::spawn(panic_in_task()).await.unwrap_or("the task panicked")))
        .route("/drop", get(drop_value))
        .route("/handler", get(async || -> &'static str { panic!("asked to panic") }))
        .route("/", get(async || "hello"))
        .layer(from_fn(middleware))
}

async fn run_actix_web(lodger: Lodger) -> Result<(), Error> {
    let app = || {
        App::new()
            .wrap(actix_web::middleware::from_fn(
                async |request: actix_web::dev::ServiceRequest, next: actix_web::middleware::Next<_>| {
                    assert!(request.path() != "/middleware", "asked to panic in a middleware");
                    next.call(request).await
                },
            ))
            .route("/extractor", web::get().to(async |_: Panics| ""))
            .route("/join", web::get().to(async || rt::spawn(panic_in_task()).await.unwrap()))
            .route("/detached", web::get().to(async || rt::spawn(panic_in_task()).await.unwrap_or("the task panicked")))
            .route("/drop", web::get().to(drop_value))
            .route("/handler", web::get().to(async || -> &'static str { panic!("asked to panic") }))
            .route("/", web::get().to(async || "hello"))
    };
    lodger.run(app).await
}

async fn check(lambda: &TestApp<Arc<RuntimeApi>>, name: &str) {
    for (path, status) in PATHS {
        assert_eq!(lambda.get(path).await.status(), status, "{name}: {path}");
        assert_eq!(lambda.get("/").await.status(), 200, "{name}: after {path}");
    }
    assert_eq!(lambda.protocol_errors(), [""; 0], "{name}");
}

#[tokio::test]
async fn a_panic_in_any_part_of_an_app_fails_its_invocation_only() {
    let host = |slots| TestHost::lambda().max_concurrency(slots);
    for slots in [1, 4] {
        check(&host(slots).start(|lodger| lodger.run(axum_app())).await, "axum").await;
        check(&host(slots).on_own_thread().start(run_actix_web).await, "actix-web").await;
    }
}
