// error: `Router<_>` is not an app that Lodger can run
// error: the feature `axum` is off: axum 0.8 needs it

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(axum::Router::new().route("/", axum::routing::get(async || "hello"))).await
}
