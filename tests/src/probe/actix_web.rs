//! The app as an actix-web `App`.

use actix_web::{
    App, HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::StatusCode,
    web::{self, Bytes, ReqData},
};

use super::{
    EVENTS, HostExtensions, PanicsWhenRead, ProbeRequest, Typed, endless, endless_body, feed, held, latin1, respond_to,
    slow,
};

/// Creates the app.
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
        .route(
            "/slow/{milliseconds}",
            web::get()
                .to(async |milliseconds: web::Path<u64>| HttpResponse::Ok().streaming(slow(milliseconds.into_inner()))),
        )
        .route(
            "/held/{name}",
            web::get().to(async |name: web::Path<String>| HttpResponse::Ok().streaming(held(name.into_inner()))),
        )
        .route("/feed/{count}/{milliseconds}", web::get().to(async |path| event_stream(path, false)))
        .route("/feed/{count}/{milliseconds}/fails", web::get().to(async |path| event_stream(path, true)))
        .route("/endless/{name}", web::get().to(endless_handler))
        .route(
            "/endless/{name}/body",
            web::get()
                .to(async |name: web::Path<String>| HttpResponse::Ok().streaming(endless_body(name.into_inner()))),
        )
        .route("/panic", web::get().to(panics))
        .route("/panic/body", web::get().to(async || HttpResponse::Ok().streaming(PanicsWhenRead)))
        .route("/typed/path/{number}", web::get().to(async |number: web::Path<u8>| number.to_string()))
        .route("/typed/query", web::get().to(async |typed: web::Query<Typed>| typed.number.to_string()))
        .route("/typed/json", web::post().to(async |typed: web::Json<Typed>| typed.number.to_string()))
        .route("/spawned", web::to(spawned))
        .default_service(web::to(respond))
}

fn event_stream(path: web::Path<(u32, u64)>, fails: bool) -> HttpResponse {
    let (count, milliseconds) = path.into_inner();
    HttpResponse::Ok().content_type(EVENTS).streaming(feed(count, milliseconds, fails))
}

async fn respond(
    request: HttpRequest,
    body: Bytes,
    context: Option<ReqData<lodger::lambda::Context>>,
    prefix: Option<ReqData<lodger::PathPrefix>>,
    after: Option<ReqData<lodger::AfterResponse>>,
) -> impl Responder {
    let headers = request.headers().iter();
    let (head, body) = respond_to(ProbeRequest {
        method: request.method().to_string(),
        uri: request.uri().to_string(),
        version: Some(format!("{:?}", request.version())),
        headers: headers.map(|(name, value)| (name.to_string(), latin1(value.as_bytes()))).collect(),
        body,
        client: request.peer_addr().map(|client| client.ip().to_string()),
        extensions: HostExtensions {
            context: context.map(ReqData::into_inner),
            prefix: prefix.map(ReqData::into_inner),
            after: after.map(ReqData::into_inner),
        },
    })
    .into_parts();
    let mut response = HttpResponseBuilder::new(StatusCode::from_u16(head.status.as_u16()).unwrap());
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

/// Spawns a task that is not `Send`.
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

async fn endless_handler(name: web::Path<String>) -> &'static str {
    endless(name.into_inner()).await;
    "never"
}

async fn panics() -> HttpResponse {
    panic!("asked to panic")
}
