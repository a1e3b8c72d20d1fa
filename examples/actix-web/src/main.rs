//! A shelf for files, in the manner of actix-web: state, errors, middleware, uploads and streams.
//!
//! `main` is the one place where it knows of Lodger.

mod problem;
mod shelf;
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

use problem::Problem;
use shelf::{File, Shelf};

/// How much of a file goes out at a time.
const PIECE: usize = 16 * 1024;

#[actix_web::main]
async fn main() -> Result<(), lodger::Error> {
    let shelf = web::Data::new(Shelf::default());
    lodger::run(move || app(shelf.clone())).await
}

fn app(
    shelf: web::Data<Shelf>,
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
        .app_data(shelf)
        .wrap(DefaultHeaders::new().add((header::CACHE_CONTROL, "no-store")))
        .wrap(Logger::default())
        .service(web::scope("/files").service(list).service(upload).service(read))
        .default_service(web::to(async || Err::<HttpResponse, _>(Problem::Nowhere)))
}

#[get("")]
async fn list(shelf: web::Data<Shelf>) -> impl Responder {
    web::Json(shelf.list())
}

/// Takes the files of a form, and names where they are.
#[post("")]
async fn upload(shelf: web::Data<Shelf>, mut form: Multipart) -> Result<impl Responder, Problem> {
    let mut taken = Vec::new();
    while let Some(mut field) = form.try_next().await? {
        let Some(name) = field.content_disposition().and_then(|it| it.get_filename()).map(str::to_owned) else {
            continue;
        };
        let content_type = field.content_type().map(ToString::to_string);
        let mut content = web::BytesMut::new();
        while let Some(piece) = field.try_next().await? {
            if content.len() + piece.len() > shelf::LARGEST {
                return Err(Problem::TooLarge(name));
            }
            content.extend_from_slice(&piece);
        }
        taken.push(shelf.put(File { name, content_type, content: content.freeze() }));
    }
    if taken.is_empty() { Err(Problem::NoFile) } else { Ok(HttpResponse::Created().json(taken)) }
}

/// Streams a file.
#[get("/{id}")]
async fn read(shelf: web::Data<Shelf>, id: web::Path<usize>) -> Result<impl Responder, Problem> {
    let file = shelf.get(*id).ok_or(Problem::NoSuchFile(*id))?;
    let content_type = file.content_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    let pieces = stream::try_unfold(file.content, async |mut rest| {
        let piece = rest.split_to(PIECE.min(rest.len()));
        Ok::<_, std::convert::Infallible>((!piece.is_empty()).then_some((piece, rest)))
    });
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, content_type)).streaming(pieces))
}
