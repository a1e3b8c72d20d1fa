// error: `Router<u8>` is not an app that Lodger can run
// error: if its state is missing, call `.with_state(..)`

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(axum::Router::<u8>::new()).await
}
