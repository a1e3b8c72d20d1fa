//! The app on actix-web under Lodger.

use actix_web::App;
use bench_apps::actix_web_app::configure;

#[actix_web::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(|| App::new().configure(configure)).await
}
