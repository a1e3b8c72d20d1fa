// error: `Rc<i32>` cannot be sent between threads safely
// error: required because it's used within this closure

use std::rc::Rc;

use actix_web::App;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger::Error> {
    let count = Rc::new(1);
    lodger::run(move || App::new().app_data(count.clone())).await
}
