// error: `{integer}` is not an app that Lodger can run
// error: Lodger runs apps of axum 0.8 and 0.7, actix-web 4, warp 0.4, tower 0.5 and hyper 1; for another framework, see `lodger::adapter`
// absent: the feature `axum` is off
// absent: the feature `actix-web` is off
// absent: the feature `tower` is off
// absent: the feature `hyper` is off

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(42).await
}
