#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(axum::Router::new().route("/", axum::routing::get(async || "hello"))).await
}
