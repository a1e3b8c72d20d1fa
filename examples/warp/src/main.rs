//! A guest book with pictures, in the manner of warp: state, rejections, logs, uploads and streams.
//!
//! `main` is the one place where it knows of Lodger.

mod book;
mod problem;
#[cfg(test)]
mod tests;

use std::{convert::Infallible, net::SocketAddr};

use bytes::{Buf as _, Bytes};
use futures_util::{Stream, TryStreamExt as _, stream};
use serde::Deserialize;
use warp::{
    Filter, Rejection, Reply,
    http::{StatusCode, header},
    multipart::FormData,
    reject,
    reply::{self, Response},
    sse,
};

use book::{Book, Entry};
use problem::Problem;

/// How much of a picture goes out at a time.
const PIECE: usize = 16 * 1024;
/// The longest entry, as JSON.
const LONGEST: u64 = 8 * 1024;

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(app(Book::default())).await
}

fn app(book: Book) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let with_book = warp::any().map(move || book.clone());

    let list = warp::path!("entries")
        .and(warp::get())
        .and(with_book.clone())
        .map(|book: Book| reply::json(&book.entries()).into_response());
    let sign = warp::path!("entries")
        .and(warp::post())
        .and(warp::body::content_length_limit(LONGEST))
        .and(warp::body::json())
        .and(warp::addr::remote())
        .and(with_book.clone())
        .and_then(sign);
    let feed = warp::path!("entries" / "feed").and(warp::get()).and(with_book.clone()).map(feed);
    let upload = warp::path!("pictures")
        .and(warp::post())
        .and(warp::multipart::form().max_length(book::LARGEST))
        .and(with_book.clone())
        .and_then(upload);
    let picture = warp::path!("pictures" / usize).and(warp::get()).and(with_book).and_then(picture);

    let routes = list.or(sign).unify().or(feed).unify().or(upload).unify().or(picture).unify();
    routes.recover(problem::answer).with(reply::with::header(header::CACHE_CONTROL, "no-store")).with(warp::log("book"))
}

#[derive(Deserialize)]
struct Signature {
    name: String,
    words: String,
}

async fn sign(signature: Signature, client: Option<SocketAddr>, book: Book) -> Result<Response, Rejection> {
    let Signature { name, words } = signature;
    if name.is_empty() || words.is_empty() {
        return Err(reject::custom(Problem::Blank));
    }
    let entry = book.sign(Entry { name, words, from: client.map(|client| client.ip()) });
    Ok(reply::with_status(reply::json(&entry), StatusCode::CREATED).into_response())
}

/// Sends the entries as server-sent events, one by one.
fn feed(book: Book) -> Response {
    let events = book
        .entries()
        .into_iter()
        .enumerate()
        .map(|(id, entry)| sse::Event::default().id(id.to_string()).event("entry").json_data(entry));
    sse::reply(stream::iter(events)).into_response()
}

/// Takes the first picture of a form, and says where it is.
async fn upload(form: FormData, book: Book) -> Result<Response, Rejection> {
    let unreadable = |error| reject::custom(Problem::Form(error));
    let mut parts = std::pin::pin!(form);
    while let Some(part) = parts.try_next().await.map_err(unreadable)? {
        if part.filename().is_none() {
            continue;
        }
        let content_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let content = part.stream().try_fold(Vec::new(), async |mut content, mut piece| {
            content.extend_from_slice(&piece.copy_to_bytes(piece.remaining()));
            Ok(content)
        });
        let id = book.hang(content_type, content.await.map_err(unreadable)?.into());
        let location = reply::with_header(StatusCode::CREATED, header::LOCATION, format!("pictures/{id}"));
        return Ok(location.into_response());
    }
    Err(reject::custom(Problem::NoPicture))
}

/// Streams a picture.
async fn picture(id: usize, book: Book) -> Result<Response, Rejection> {
    let (content_type, content) = book.picture(id).ok_or_else(|| reject::custom(Problem::NoSuchPicture(id)))?;
    let reply = reply::stream(pieces(content));
    Ok(reply::with_header(reply, header::CONTENT_TYPE, content_type).into_response())
}

fn pieces(content: Bytes) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + Sync {
    stream::unfold(content, async |mut rest| {
        let piece = rest.split_to(PIECE.min(rest.len()));
        (!piece.is_empty()).then_some((Ok(piece), rest))
    })
}
