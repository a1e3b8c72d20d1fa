//! The app on axum under vercel_runtime.

use tower::ServiceBuilder;
use vercel_runtime::axum::VercelLayer;

#[tokio::main]
async fn main() -> Result<(), vercel_runtime::Error> {
    vercel_runtime::run(ServiceBuilder::new().layer(VercelLayer::new()).service(bench_apps::axum_app::app())).await
}
