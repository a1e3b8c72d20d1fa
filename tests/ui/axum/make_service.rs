// error: `IntoMakeService<Router>` is not an app
// error: pass the `Router` itself, without `.into_make_service()`

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(axum::Router::new().route("/", axum::routing::get(async || "hello")).into_make_service()).await
}
