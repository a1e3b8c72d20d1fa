// error: is not an app
// error: pass a closure that returns an `App`

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(actix_web::App::new()).await
}
