//! The probe as an actix-web app: what it sees, and answers, as `probe` does.

use actix_web::{
    App, HttpRequest, HttpResponse, Responder,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    web::{self, Bytes},
};
use serde_json::{Value, json};

use crate::probe::latin1;

/// The app.
pub fn app() -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(web::PayloadConfig::new(64 << 20))
        .app_data(web::JsonConfig::default().limit(64 << 20))
        .route("/respond", web::to(respond))
        .route("/slow/{milliseconds}", web::to(slow))
        .route("/spawned", web::to(spawned))
        .route("/panic", web::to(panics))
        .default_service(web::to(see))
}

/// Tells the request, each byte of it.
async fn see(request: HttpRequest, body: Bytes) -> impl Responder {
    let headers: Vec<_> =
        request.headers().iter().map(|(name, value)| (name.as_str(), latin1(value.as_bytes()))).collect();
    let seen = json!({
        "method": request.method().as_str(),
        "uri": request.uri().to_string(),
        "version": format!("{:?}", request.version()),
        "headers": headers,
        "body": latin1(&body),
        "client": request.peer_addr().map(|client| client.ip().to_string()),
    });
    HttpResponse::Ok().content_type("application/json").body(seen.to_string())
}

async fn respond(wanted: web::Json<Value>) -> impl Responder {
    let bytes = |text: &Value| text.as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<_>>();
    let status = u16::try_from(wanted["status"].as_u64().unwrap()).unwrap();
    let mut response = HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap());
    for header in wanted["headers"].as_array().unwrap() {
        response.append_header((bytes(&header[0]).as_slice(), bytes(&header[1]).as_slice()));
    }
    response.body(bytes(&wanted["body"]))
}

/// Streams two words, the second after a while.
async fn slow(milliseconds: web::Path<u64>) -> impl Responder {
    let words = futures_util::stream::iter([(0, "begun "), (milliseconds.into_inner(), "ended")]);
    HttpResponse::Ok().streaming(futures_util::StreamExt::then(words, async |(wait, word)| {
        actix_web::rt::time::sleep(std::time::Duration::from_millis(wait)).await;
        Ok::<_, actix_web::Error>(Bytes::from_static(word.as_bytes()))
    }))
}

/// What may only be spawned where the handler is: it is not `Send`.
async fn spawned() -> impl Responder {
    let word = std::rc::Rc::new("spawned");
    let task = actix_web::rt::spawn({
        let word = std::rc::Rc::clone(&word);
        async move {
            actix_web::rt::time::sleep(std::time::Duration::from_millis(1)).await;
            *word
        }
    });
    task.await.unwrap()
}

async fn panics() -> HttpResponse {
    panic!("asked to panic")
}
