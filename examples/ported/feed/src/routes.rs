use std::{convert::Infallible, error::Error as _, net::SocketAddr};

use futures_util::StreamExt as _;
use serde::Deserialize;
use serde_json::json;
use warp::{
    Filter, Rejection, Reply,
    body::BodyDeserializeError,
    http::StatusCode,
    reject::{
        self, InvalidHeader, InvalidQuery, LengthRequired, MethodNotAllowed, PayloadTooLarge, UnsupportedMediaType,
    },
    reply, sse,
};

use crate::feed::Feed;

/// The maximum length of a message, in characters.
const MAX_TEXT_CHARS: usize = 500;

/// The maximum size of a request body, in bytes.
const MAX_BODY_BYTES: u64 = 16 * 1024;

pub fn routes(feed: Feed) -> impl Filter<Extract = (impl Reply,), Error = Infallible> + Clone {
    let feed = warp::any().map(move || feed.clone());

    let publish = warp::path!("messages")
        .and(warp::post())
        .and(warp::addr::remote())
        .and(warp::body::content_length_limit(MAX_BODY_BYTES))
        .and(warp::body::json())
        .and(feed.clone())
        .and_then(publish);
    let follow =
        warp::path!("feed").and(warp::get()).and(sse::last_event_id()).and(warp::query()).and(feed).map(follow);

    publish.or(follow).recover(error_response).with(warp::trace::request())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewMessage {
    text: String,
}

#[derive(Deserialize)]
struct Following {
    /// The number of messages after which the stream ends.
    count: Option<usize>,
}

/// The reason for which a message is rejected.
#[derive(Debug)]
struct Invalid(String);

impl reject::Reject for Invalid {}

async fn publish(client: Option<SocketAddr>, new: NewMessage, feed: Feed) -> Result<impl Reply, Rejection> {
    let text = new.text.trim();
    if text.is_empty() {
        return Err(reject::custom(Invalid("the text is empty".to_owned())));
    }
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(reject::custom(Invalid(format!("the text is longer than {MAX_TEXT_CHARS} characters"))));
    }
    let message = feed.publish(client.map(|client| client.ip()), text.to_owned());
    Ok(reply::with_status(reply::json(&message), StatusCode::CREATED))
}

fn follow(seen: Option<u64>, following: Following, feed: Feed) -> impl Reply {
    let messages = feed.after(seen.unwrap_or(0)).take(following.count.unwrap_or(usize::MAX));
    let events = messages.map(|message| sse::Event::default().id(message.id.to_string()).json_data(message));
    sse::reply(sse::keep_alive().stream(events))
}

/// Responds with the reason of a rejection as JSON.
async fn error_response(rejection: Rejection) -> Result<impl Reply, Infallible> {
    let (status, error) = if rejection.is_not_found() {
        (StatusCode::NOT_FOUND, "no such route".to_owned())
    } else if let Some(Invalid(reason)) = rejection.find() {
        (StatusCode::UNPROCESSABLE_ENTITY, reason.clone())
    } else if let Some(error) = rejection.find::<BodyDeserializeError>() {
        let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        (StatusCode::BAD_REQUEST, format!("cannot read the message: {reason}"))
    } else if let Some(error) = rejection.find::<InvalidHeader>() {
        (StatusCode::BAD_REQUEST, error.to_string())
    } else if let Some(error) = rejection.find::<InvalidQuery>() {
        (StatusCode::BAD_REQUEST, error.to_string())
    } else if let Some(error) = rejection.find::<LengthRequired>() {
        (StatusCode::LENGTH_REQUIRED, error.to_string())
    } else if let Some(error) = rejection.find::<PayloadTooLarge>() {
        (StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
    } else if let Some(error) = rejection.find::<UnsupportedMediaType>() {
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, error.to_string())
    } else if rejection.find::<MethodNotAllowed>().is_some() {
        (StatusCode::METHOD_NOT_ALLOWED, "method not allowed".to_owned())
    } else {
        tracing::error!("cannot respond to a rejection: {rejection:?}");
        (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
    };
    Ok(reply::with_status(reply::json(&json!({ "error": error })), status))
}
