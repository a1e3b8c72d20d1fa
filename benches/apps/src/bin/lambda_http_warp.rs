//! The app on warp under lambda_http.

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    lambda_http::run(warp::service(bench_apps::warp_app::app())).await
}
