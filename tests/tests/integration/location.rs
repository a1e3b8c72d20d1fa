//! Redirects behind a stage, a base path and the prefix of a service: the app does not see the prefix, and the client gets it
//! in `Location`. With middleware as people use it: `ServeDir` of tower-http, `Files` of actix-files.

use ::axum::{
    Extension, Router,
    response::Redirect,
    routing::{get, post},
};
use http::StatusCode;
use lodger::{Error, Lodger, PathPrefix, ResponseMode};
use lodger_gateway::Front;
use lodger_tests::{
    ask::{Sent, ask},
    host::{OnVercel, Served, on_lambda_alone},
};
use tower_http::services::ServeDir;
use warp::Filter;

/// Requests, and the `Location` that the app sends: with the prefix for the client, or unchanged.
type Redirects = &'static [(&'static str, &'static str, bool)];

const OF_AXUM: Redirects = &[
    ("/to", "/items?next=/a#b", true),
    ("/created", "/items/1", true),
    // Added by the app.
    ("/own", "/items", true),
    ("/relative", "items", false),
    ("/host", "//example.com/items", false),
    ("/elsewhere", "https://example.com/items", false),
    // Of `ServeDir`.
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
    // Of actix-files.
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
            Err::<&str, _>(InternalError::from_response("nobody is logged in", see("/login".to_owned())))
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

async fn has_prefix(prefix: &str, redirects: Redirects, ask: impl AsyncFn(&str) -> http::Response<bytes::Bytes>) {
    for (target, location, is_prefixed) in redirects {
        let response = ask(target).await;
        let expected = format!("{}{location}", if *is_prefixed { prefix } else { "" });
        let location = response.headers().get("location").map(|location| location.to_str().unwrap());
        assert_eq!(location, Some(&*expected), "{target}: {response:?}");
    }
}

/// Every host with a prefix, of each framework.
macro_rules! hosts {
    ($($framework:ident $run:ident $redirects:ident,)*) => {
        $(mod $framework {
            use super::*;

            #[tokio::test]
            async fn on_a_server() {
                let served = Served::start(|lodger| $run(lodger.base_path("/api")));
                let addr = served.addr();
                has_prefix("/api", $redirects, async |target| ask(addr, &Sent::get(format!("/api{target}"))).await).await;
                has_prefix("", $redirects, async |target| ask(addr, &Sent::get(target)).await).await;
                let served = Served::start(|lodger| $run(lodger));
                let addr = served.addr();
                has_prefix("", $redirects, async |target| ask(addr, &Sent::get(target)).await).await;
            }

            #[cfg(unix)]
            #[tokio::test]
            async fn on_vercel() {
                let on = OnVercel::start(|lodger| $run(lodger.base_path("/api")));
                on.platform.address().await.unwrap();
                let ask = async |target: &str| on.send(&Sent::get(format!("/api{target}"))).await.1;
                has_prefix("/api", $redirects, ask).await;
            }

            #[tokio::test]
            async fn on_lambda() {
                let api = on_lambda_alone(|lodger| $run(lodger.base_path("/v1"))).await;
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
                    let ask = async |target: &str| api.send(&front, &Sent::get(format!("{sent}{target}")).request()).await;
                    has_prefix(prefix, $redirects, ask).await;
                }
            }

            #[tokio::test]
            async fn in_a_stream() {
                let api = on_lambda_alone(|lodger| $run(lodger.response_mode(ResponseMode::Stream))).await;
                let front = Front::rest_api().streaming();
                let ask = async |target: &str| api.stream(&front, &Sent::get(target).request()).await.collect().await;
                has_prefix("/prod", $redirects, ask).await;
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
async fn it_can_be_turned_off() {
    let served = Served::start(|lodger| of_axum(lodger.base_path("/api").rewrite_location(false)));
    let addr = served.addr();
    assert_eq!(ask(addr, &Sent::get("/api/src")).await.headers()["location"], "/src/");
    assert_eq!(ask(addr, &Sent::get("/api/own")).await.headers()["location"], "/api/items");
    let api = on_lambda_alone(|lodger| of_axum(lodger.rewrite_location(false))).await;
    let response = api.send(&Front::rest_api(), &Sent::get("/src").request()).await;
    assert_eq!(response.headers()["location"], "/src/");
}
