//! The same app in three frameworks, one of which a feature selects. One line runs each of them, on every host.
//!
//! ```text
//! cargo run -p example-one-binary
//! cargo run -p example-one-binary --no-default-features --features actix-web
//! cargo run -p example-one-binary --no-default-features --features warp
//! curl http://127.0.0.1:3000/hello/you
//! ```
//!
//! `cargo lodger dev -p example-one-binary` serves it behind every front, such as <http://rest-api.localhost:4000>.

#[cfg(not(any(feature = "axum", feature = "actix-web", feature = "warp")))]
compile_error!("no app to run: turn on one of the features `axum`, `actix-web` and `warp`");

#[cfg(feature = "actix-web")]
#[cfg_attr(feature = "axum", allow(dead_code, reason = "only one of several apps runs"))]
mod in_actix_web;
#[cfg(feature = "axum")]
mod in_axum;
#[cfg(feature = "warp")]
#[cfg_attr(any(feature = "axum", feature = "actix-web"), allow(dead_code, reason = "only one of several apps runs"))]
mod in_warp;
#[cfg(test)]
mod tests;

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    #[cfg(feature = "axum")]
    let app = in_axum::app();
    #[cfg(all(feature = "actix-web", not(feature = "axum")))]
    let app = in_actix_web::app;
    #[cfg(all(feature = "warp", not(any(feature = "axum", feature = "actix-web"))))]
    let app = in_warp::app();

    lodger::run(app).await
}
