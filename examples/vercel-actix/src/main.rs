//! Short links in actix-web. A client can watch the visits of a link as server-sent events. See `README.md` for Vercel.
//!
//! ```text
//! cargo run -p example-vercel-actix
//! curl -X PUT -d https://www.rust-lang.org http://127.0.0.1:3000/links/rust
//! curl -N http://127.0.0.1:3000/links/rust/visits &
//! curl -i http://127.0.0.1:3000/rust
//! ```
//!
//! `cargo lodger dev -p example-vercel-actix` serves it behind every front, such as <http://rest-api.localhost:4000>.

mod links;
#[cfg(test)]
mod tests;

use actix_web::{
    App, HttpResponse, Responder,
    body::MessageBody,
    cookie::Cookie,
    delete,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    get,
    http::header,
    put, web,
};
use futures_util::stream;

use links::Links;

#[actix_web::main]
async fn main() -> Result<(), lodger::Error> {
    let links = web::Data::new(Links::default());
    lodger::run(move || app(links.clone())).await
}

/// Makes the app. Apart from `main`, so that tests can use it.
fn app(
    links: web::Data<Links>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new().app_data(links).service(index).service(write).service(remove).service(watch).service(follow)
}

#[get("/")]
async fn index() -> &'static str {
    "Links: PUT and DELETE /links/{name}, GET /links/{name}/visits, GET /{name}\n"
}

#[put("/links/{name}")]
async fn write(links: web::Data<Links>, name: web::Path<String>, url: String) -> impl Responder {
    links.put(&name, url.trim());
    HttpResponse::Created().insert_header((header::LOCATION, format!("/{name}"))).finish()
}

#[delete("/links/{name}")]
async fn remove(links: web::Data<Links>, name: web::Path<String>) -> impl Responder {
    if links.remove(&name) { HttpResponse::NoContent() } else { HttpResponse::NotFound() }
}

/// Streams the number of visits as server-sent events, one for each visit. The stream ends when the link is removed.
#[get("/links/{name}/visits")]
async fn watch(links: web::Data<Links>, name: web::Path<String>) -> impl Responder {
    let Some(mut visits) = links.watch(&name) else { return HttpResponse::NotFound().finish() };
    visits.mark_changed();
    let events = stream::unfold(visits, async |mut visits| {
        visits.changed().await.ok()?;
        let event = format!("data: {}\n\n", *visits.borrow_and_update());
        Some((Ok::<_, std::convert::Infallible>(web::Bytes::from(event)), visits))
    });
    HttpResponse::Ok().content_type("text/event-stream").streaming(events)
}

#[get("/{name}")]
async fn follow(links: web::Data<Links>, name: web::Path<String>) -> impl Responder {
    let Some((url, visits)) = links.visit(&name) else { return HttpResponse::NotFound().finish() };
    HttpResponse::TemporaryRedirect()
        .insert_header((header::LOCATION, url))
        .cookie(Cookie::new("last", name.into_inner()))
        .cookie(Cookie::new("visits", visits.to_string()))
        .finish()
}
