//! Redirects behind a stage and a base path: Lodger adds the prefix, which the app does not see, to `Location`. The apps
//! include common middleware: `ServeDir` of tower-http and `Files` of actix-files.

use ::axum::{
    Extension, Router,
    response::Redirect,
    routing::{get, post},
};
use http::StatusCode;
use lodger::{Error, Lodger, PathPrefix, ResponseMode};
use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send},
    test_host::TestHost,
};
use tower_http::services::ServeDir;
use warp::Filter;

/// Targets, the `Location` of each response, and whether Lodger adds the prefix to it.
type Redirects = &'static [(&'static str, &'static str, bool)];

const OF_AXUM: Redirects = &[
    ("/to", "/items?next=/a#b", true),
    ("/created", "/items/1", true),
    // The app has added the prefix.
    ("/own", "/items", true),
    ("/relative", "items", false),
    ("/host", "//example.com/items", false),
    ("/elsewhere", "https://example.com/items", false),
    // A redirect of `ServeDir`.
    ("/src?a=b", "/src/?a=b", true),
];

fn of_axum(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
    let own = async |prefix: Option<Extension<PathPrefix>>| {
        let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
        Redirect::to(&format!("{prefix}/items"))
    };
    let app = Router::new()
        .route("/to", get(async || Redirect::to("/items?next=/a#b")))
        .route("/created", get(async || (StatusCode::CREATED, [("location", "/items/1")])))
        .route("/own", get(own))
        .route("/relative", get(async || Redirect::temporary("items")))
        .route("/host", get(async || Redirect::permanent("//example.com/items")))
        .route("/elsewhere", get(async || Redirect::to("https://example.com/items")))
        .route("/events", post(async || Redirect::to("/items")))
        .fallback_service(ServeDir::new(env!("CARGO_MANIFEST_DIR")));
    lodger.run(app)
}

const OF_ACTIX: Redirects = &[
    ("/to", "/items?next=/a#b", true),
    ("/error", "/login", true),
    ("/own", "/items", true),
    ("/host", "//example.com/items", false),
    // A redirect of actix-files.
    ("/src", "/src/", true),
];

fn of_actix(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
    use ::actix_web::{App, HttpResponse, error::InternalError, web};
    lodger.run(|| {
        let see = |location: String| HttpResponse::SeeOther().insert_header(("location", location)).finish();
        let own = move |prefix: Option<web::ReqData<PathPrefix>>| {
            let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
            std::future::ready(see(format!("{prefix}/items")))
        };
        // As a login middleware responds.
        let error = move || async move {
            Err::<&str, _>(InternalError::from_response("not logged in", see("/login".to_owned())))
        };
        App::new()
            .service(web::redirect("/to", "/items?next=/a#b"))
            .service(web::redirect("/host", "//example.com/items"))
            .route("/own", web::get().to(own))
            .route("/error", web::get().to(error))
            .service(
                actix_files::Files::new("/", env!("CARGO_MANIFEST_DIR"))
                    .show_files_listing()
                    .redirect_to_slash_directory(),
            )
    })
}

const OF_WARP: Redirects = &[("/to", "/items?next=/a", true), ("/host", "https://example.com/items", false)];

fn of_warp(lodger: Lodger) -> impl Future<Output = Result<(), Error>> {
    use warp::http::Uri;
    let to = warp::path!("to").map(|| warp::redirect::see_other(Uri::from_static("/items?next=/a")));
    let host = warp::path!("host").map(|| warp::redirect::see_other(Uri::from_static("https://example.com/items")));
    lodger.run(to.or(host))
}

async fn assert_locations(
    prefix: &str,
    redirects: Redirects,
    send: impl AsyncFn(&str) -> http::Response<bytes::Bytes>,
) {
    for (target, location, is_prefixed) in redirects {
        let response = send(target).await;
        let expected = format!("{}{location}", if *is_prefixed { prefix } else { "" });
        let location = response.headers().get("location").map(|location| location.to_str().unwrap());
        assert_eq!(location, Some(&*expected), "{target}: {response:?}");
    }
}

/// Tests of each framework on every host.
macro_rules! hosts {
    ($($framework:ident $run:ident $redirects:ident,)*) => {
        $(mod $framework {
            use super::*;

            #[tokio::test]
            async fn on_a_server() {
                let server = TestHost::server().on_own_thread().start(|lodger| $run(lodger.base_path("/api"))).await;
                let addr = server.addr();
                assert_locations("/api", $redirects, async |target| send(addr, &ClientRequest::get(format!("/api{target}"))).await).await;
                assert_locations("", $redirects, async |target| send(addr, &ClientRequest::get(target)).await).await;
                let server = TestHost::server().on_own_thread().start(|lodger| $run(lodger)).await;
                let addr = server.addr();
                assert_locations("", $redirects, async |target| send(addr, &ClientRequest::get(target)).await).await;
            }

            #[cfg(unix)]
            #[tokio::test]
            async fn on_vercel() {
                let vercel = TestHost::vercel().on_own_thread().start(|lodger| $run(lodger.base_path("/api"))).await;
                let send = async |target: &str| vercel.fetch(&ClientRequest::get(format!("/api{target}"))).await.1;
                assert_locations("/api", $redirects, send).await;
            }

            #[tokio::test]
            async fn on_lambda() {
                let api = TestHost::lambda().on_own_thread().start(|lodger| $run(lodger.base_path("/v1"))).await;
                for (front, prefix, sent) in [
                    (Front::rest_api(), "/prod", ""),
                    (Front::rest_api().stage("dev"), "/dev", ""),
                    (Front::rest_api(), "/prod/v1", "/v1"),
                    (Front::rest_api().custom_domain("api.example.com"), "/v1", "/v1"),
                    (Front::http_api().stage("dev"), "/dev", ""),
                    (Front::http_api().stage("dev").custom_domain("api.example.com"), "/v1", "/v1"),
                    (Front::http_api_v1().stage("dev"), "/dev", ""),
                    (Front::http_api(), "", ""),
                    (Front::function_url(), "", ""),
                    (Front::alb(), "/v1", "/v1"),
                    (Front::alb_multi_value(), "", ""),
                    (Front::lattice_v2(), "/v1", "/v1"),
                    (Front::vercel(), "/v1", "/v1"),
                ] {
                    let send = async |target: &str| api.send(&front, &ClientRequest::get(format!("{sent}{target}")).request()).await;
                    assert_locations(prefix, $redirects, send).await;
                }
            }

            #[tokio::test]
            async fn in_a_stream() {
                let api = TestHost::lambda().on_own_thread().start(|lodger| $run(lodger.response_mode(ResponseMode::Stream))).await;
                let front = Front::rest_api().streaming();
                let send = async |target: &str| api.stream(&front, &ClientRequest::get(target).request()).await.collect().await;
                assert_locations("/prod", $redirects, send).await;
            }
        })*
    };
}

hosts! {
    axum of_axum OF_AXUM,
    actix_web of_actix OF_ACTIX,
    warp_filter of_warp OF_WARP,
}

#[tokio::test]
async fn keeps_the_location_if_rewriting_is_off() {
    let server = TestHost::server()
        .on_own_thread()
        .start(|lodger| of_axum(lodger.base_path("/api").rewrite_location(false)))
        .await;
    let addr = server.addr();
    assert_eq!(send(addr, &ClientRequest::get("/api/src")).await.headers()["location"], "/src/");
    assert_eq!(send(addr, &ClientRequest::get("/api/own")).await.headers()["location"], "/api/items");
    let api = TestHost::lambda().on_own_thread().start(|lodger| of_axum(lodger.rewrite_location(false))).await;
    let response = api.send(&Front::rest_api(), &ClientRequest::get("/src").request()).await;
    assert_eq!(response.headers()["location"], "/src/");
}
