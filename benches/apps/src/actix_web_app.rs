//! The app on actix-web.

use actix_web::{
    HttpResponse, Responder,
    web::{self, Bytes, PayloadConfig, ServiceConfig},
};

use crate::HELLO;

/// Adds the routes to an app.
pub fn configure(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(8 << 20))
        .route("/hello", web::get().to(async || HELLO))
        .route("/text", web::post().to(text))
        .route("/bytes", web::post().to(async |bytes: Bytes| bytes))
        .route("/bytes/{count}", web::get().to(bytes));
}

async fn text(text: String) -> impl Responder {
    text
}

async fn bytes(count: web::Path<usize>) -> impl Responder {
    HttpResponse::Ok().body(crate::bytes(*count))
}
