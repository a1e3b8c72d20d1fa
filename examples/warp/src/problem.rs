//! What can go wrong, and how it is told: rejections become JSON.

use std::{convert::Infallible, fmt};

use serde::Serialize;
use warp::{
    Rejection, Reply,
    body::BodyDeserializeError,
    http::StatusCode,
    reject::{InvalidHeader, LengthRequired, MethodNotAllowed, PayloadTooLarge, Reject, UnsupportedMediaType},
    reply,
};

/// A rejection of the app's own.
#[derive(Debug)]
pub enum Problem {
    Blank,
    Form(warp::Error),
    NoPicture,
    NoSuchPicture(usize),
}

impl Reject for Problem {}

impl Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::Blank | Self::NoPicture => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Form(_) => StatusCode::BAD_REQUEST,
            Self::NoSuchPicture(_) => StatusCode::NOT_FOUND,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => f.write_str("an entry has a name and words"),
            Self::Form(error) => write!(f, "the form cannot be read: {error}"),
            Self::NoPicture => f.write_str("there is no picture in the form"),
            Self::NoSuchPicture(id) => write!(f, "there is no picture {id}"),
        }
    }
}

/// Answers a rejection.
pub async fn answer(rejection: Rejection) -> Result<impl Reply, Infallible> {
    #[derive(Serialize)]
    struct Body {
        error: String,
    }
    let (status, error) = status_and_error(&rejection);
    Ok(reply::with_status(reply::json(&Body { error }), status))
}

fn status_and_error(rejection: &Rejection) -> (StatusCode, String) {
    if let Some(problem) = rejection.find::<Problem>() {
        (problem.status(), problem.to_string())
    } else if let Some(error) = rejection.find::<BodyDeserializeError>() {
        (StatusCode::BAD_REQUEST, error.to_string())
    } else if let Some(error) = rejection.find::<PayloadTooLarge>() {
        (StatusCode::PAYLOAD_TOO_LARGE, error.to_string())
    } else if let Some(error) = rejection.find::<LengthRequired>() {
        (StatusCode::LENGTH_REQUIRED, error.to_string())
    } else if let Some(error) = rejection.find::<UnsupportedMediaType>() {
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, error.to_string())
    } else if let Some(error) = rejection.find::<InvalidHeader>() {
        (StatusCode::BAD_REQUEST, error.to_string())
    } else if rejection.find::<MethodNotAllowed>().is_some() {
        (StatusCode::METHOD_NOT_ALLOWED, "there is no such method here".to_owned())
    } else if rejection.is_not_found() {
        (StatusCode::NOT_FOUND, "there is nothing here".to_owned())
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong".to_owned())
    }
}
