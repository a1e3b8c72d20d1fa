//! A file store in actix-web: state, errors as JSON, middleware, uploads and streamed downloads. Only `main` uses Lodger.
//!
//! ```text
//! cargo run -p example-actix-web
//! curl -F file=@README.md http://127.0.0.1:3000/files
//! curl http://127.0.0.1:3000/files/1
//! ```
//!
//! `cargo lodger dev -p example-actix-web` serves it behind every front, such as <http://rest-api.localhost:4000>.

mod error;
mod store;
#[cfg(test)]
mod tests;

use actix_multipart::Multipart;
use actix_web::{
    App, HttpResponse, Responder,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    get,
    http::header,
    middleware::{DefaultHeaders, Logger},
    post, web,
};
use futures_util::{TryStreamExt as _, stream};

use error::Error;
use store::{File, FileStore};

/// The size of a chunk of a download, in bytes.
const CHUNK_SIZE: usize = 16 * 1024;

#[actix_web::main]
async fn main() -> Result<(), lodger::Error> {
    let store = web::Data::new(FileStore::default());
    lodger::run(move || app(store.clone())).await
}

fn app(
    store: web::Data<FileStore>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(store)
        .wrap(DefaultHeaders::new().add((header::CACHE_CONTROL, "no-store")))
        .wrap(Logger::default())
        .service(web::scope("/files").service(list).service(upload).service(read))
        .default_service(web::to(async || Err::<HttpResponse, _>(Error::RouteNotFound)))
}

#[get("")]
async fn list(store: web::Data<FileStore>) -> impl Responder {
    web::Json(store.list())
}

/// Stores the files of a form, and responds with their ids.
#[post("")]
async fn upload(store: web::Data<FileStore>, mut form: Multipart) -> Result<impl Responder, Error> {
    let mut stored = Vec::new();
    while let Some(mut field) = form.try_next().await? {
        let Some(name) =
            field.content_disposition().and_then(|disposition| disposition.get_filename()).map(str::to_owned)
        else {
            continue;
        };
        let content_type = field.content_type().map(ToString::to_string);
        let mut content = web::BytesMut::new();
        while let Some(chunk) = field.try_next().await? {
            if content.len() + chunk.len() > store::MAX_FILE_BYTES {
                return Err(Error::TooLarge(name));
            }
            content.extend_from_slice(&chunk);
        }
        stored.push(store.add(File { name, content_type, content: content.freeze() }));
    }
    if stored.is_empty() { Err(Error::NoFile) } else { Ok(HttpResponse::Created().json(stored)) }
}

/// Streams a file to the client.
#[get("/{id}")]
async fn read(store: web::Data<FileStore>, id: web::Path<usize>) -> Result<impl Responder, Error> {
    let file = store.get(*id).ok_or(Error::FileNotFound(*id))?;
    let content_type = file.content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let chunks = stream::try_unfold(file.content, async |mut rest| {
        let chunk = rest.split_to(CHUNK_SIZE.min(rest.len()));
        Ok::<_, std::convert::Infallible>((!chunk.is_empty()).then_some((chunk, rest)))
    });
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, content_type)).streaming(chunks))
}
