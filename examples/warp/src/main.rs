//! A guest book with pictures in warp: state, rejections as JSON, logs, uploads and streams. Only `main` uses Lodger.
//!
//! ```text
//! cargo run -p example-warp
//! curl -d '{"name":"Ada","words":"hello"}' -H 'content-type: application/json' http://127.0.0.1:3000/entries
//! curl http://127.0.0.1:3000/entries/feed
//! ```
//!
//! `cargo lodger dev -p example-warp` serves it behind every front, such as <http://rest-api.localhost:4000>.

mod book;
mod error;
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
use error::Error;

/// The size of a chunk of a picture in a response, in bytes.
const CHUNK_SIZE: usize = 16 * 1024;
/// The maximum size of an entry as JSON, in bytes.
const MAX_ENTRY_BYTES: u64 = 8 * 1024;

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
    let add = warp::path!("entries")
        .and(warp::post())
        .and(warp::body::content_length_limit(MAX_ENTRY_BYTES))
        .and(warp::body::json())
        .and(warp::addr::remote())
        .and(with_book.clone())
        .and_then(add_entry);
    let feed = warp::path!("entries" / "feed").and(warp::get()).and(with_book.clone()).map(feed);
    let upload = warp::path!("pictures")
        .and(warp::post())
        .and(warp::multipart::form().max_length(book::MAX_FORM_BYTES))
        .and(with_book.clone())
        .and_then(upload);
    let picture = warp::path!("pictures" / usize).and(warp::get()).and(with_book).and_then(picture);

    let routes = list.or(add).unify().or(feed).unify().or(upload).unify().or(picture).unify();
    routes.recover(error::recover).with(reply::with::header(header::CACHE_CONTROL, "no-store")).with(warp::log("book"))
}

#[derive(Deserialize)]
struct NewEntry {
    name: String,
    words: String,
}

async fn add_entry(new: NewEntry, client: Option<SocketAddr>, book: Book) -> Result<Response, Rejection> {
    let NewEntry { name, words } = new;
    if name.is_empty() || words.is_empty() {
        return Err(reject::custom(Error::EmptyField));
    }
    let entry = book.add_entry(Entry { name, words, from: client.map(|client| client.ip()) });
    Ok(reply::with_status(reply::json(&entry), StatusCode::CREATED).into_response())
}

/// Responds with the entries as server-sent events.
fn feed(book: Book) -> Response {
    let events = book
        .entries()
        .into_iter()
        .enumerate()
        .map(|(id, entry)| sse::Event::default().id(id.to_string()).event("entry").json_data(entry));
    sse::reply(stream::iter(events)).into_response()
}

/// Stores the first picture of a form, and responds with its `Location`.
async fn upload(form: FormData, book: Book) -> Result<Response, Rejection> {
    let unreadable = |error| reject::custom(Error::Form(error));
    let mut parts = std::pin::pin!(form);
    while let Some(part) = parts.try_next().await.map_err(unreadable)? {
        if part.filename().is_none() {
            continue;
        }
        let content_type = part.content_type().unwrap_or("application/octet-stream").to_owned();
        let content = part.stream().try_fold(Vec::new(), async |mut content, mut chunk| {
            content.extend_from_slice(&chunk.copy_to_bytes(chunk.remaining()));
            Ok(content)
        });
        let id = book.add_picture(content_type, content.await.map_err(unreadable)?.into());
        let location = reply::with_header(StatusCode::CREATED, header::LOCATION, format!("pictures/{id}"));
        return Ok(location.into_response());
    }
    Err(reject::custom(Error::NoPicture))
}

/// Streams a picture to the client.
async fn picture(id: usize, book: Book) -> Result<Response, Rejection> {
    let (content_type, content) = book.picture(id).ok_or_else(|| reject::custom(Error::PictureNotFound(id)))?;
    let reply = reply::stream(chunks(content));
    Ok(reply::with_header(reply, header::CONTENT_TYPE, content_type).into_response())
}

fn chunks(content: Bytes) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + Sync {
    stream::unfold(content, async |mut rest| {
        let chunk = rest.split_to(CHUNK_SIZE.min(rest.len()));
        (!chunk.is_empty()).then_some((Ok(chunk), rest))
    })
}
