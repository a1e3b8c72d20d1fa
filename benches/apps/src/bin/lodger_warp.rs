//! The app on warp under Lodger.

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(bench_apps::warp_app::app()).await
}
