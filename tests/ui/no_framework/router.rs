// error: `Router<_>` is not an app that Lodger can run: no feature of a framework is on
// error: the feature `axum` is off: axum 0.8 needs it
// error: the feature `axum-07` is off: axum 0.7 needs it
// error: the feature `actix-web` is off: actix-web 4 needs it
// error: the feature `warp` is off: warp 0.4 needs it
// error: the feature `tower` is off: tower 0.5 needs it
// error: the feature `hyper` is off: hyper 1 needs it
// error: Lodger runs apps of axum 0.8 and 0.7, actix-web 4, warp 0.4, tower 0.5 and hyper 1; for another framework, see `lodger::adapter`

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(axum::Router::new().route("/", axum::routing::get(async || "hello"))).await
}
