// error: turn on a feature of `lodger`, `server`, `lambda`, `vercel` or `azure-functions`, or leave out `default-features = false`

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(axum::Router::new().route("/", axum::routing::get(async || "hello"))).await
}
