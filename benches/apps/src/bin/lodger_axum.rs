//! The app on axum under Lodger.

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(bench_apps::axum_app::app()).await
}
