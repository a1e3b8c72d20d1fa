//! The app on actix-web under lambda-web.

use actix_web::App;
use bench_apps::actix_web_app::configure;

#[actix_web::main]
async fn main() -> Result<(), lambda_web::LambdaError> {
    lambda_web::run_actix_on_lambda(|| App::new().configure(configure)).await
}
