//! The app on axum under lambda_http, as its documentation shows.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(bench_apps::axum_app::app()).await
}
