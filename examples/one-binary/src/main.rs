//! The same app in three frameworks, one of which a feature chooses: `cargo run -p example-one-binary`,
//! `cargo run -p example-one-binary --no-default-features --features actix-web`, or `warp`. What an app is is the framework's
//! own; what runs it is the same line for each, and on each host.

#[cfg(not(any(feature = "axum", feature = "actix-web", feature = "warp")))]
compile_error!("one of the features `axum`, `actix-web` and `warp` says which app it is");

#[cfg(feature = "actix-web")]
#[cfg_attr(feature = "axum", allow(dead_code, reason = "of several one is run"))]
mod in_actix_web;
#[cfg(feature = "axum")]
mod in_axum;
#[cfg(feature = "warp")]
#[cfg_attr(any(feature = "axum", feature = "actix-web"), allow(dead_code, reason = "of several one is run"))]
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
