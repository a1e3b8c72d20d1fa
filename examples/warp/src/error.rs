//! The errors of the API. Every rejection becomes JSON.

use std::{convert::Infallible, fmt};

use serde::Serialize;
use warp::{
    Rejection, Reply,
    body::BodyDeserializeError,
    http::StatusCode,
    reject::{InvalidHeader, LengthRequired, MethodNotAllowed, PayloadTooLarge, Reject, UnsupportedMediaType},
    reply,
};

/// A rejection that the app makes itself.
#[derive(Debug)]
pub enum Error {
    EmptyField,
    Form(warp::Error),
    NoPicture,
    PictureNotFound(usize),
}

impl Reject for Error {}

impl Error {
    fn status(&self) -> StatusCode {
        match self {
            Self::EmptyField | Self::NoPicture => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Form(_) => StatusCode::BAD_REQUEST,
            Self::PictureNotFound(_) => StatusCode::NOT_FOUND,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyField => f.write_str("the name and the words must not be empty"),
            Self::Form(error) => write!(f, "cannot read the form: {error}"),
            Self::NoPicture => f.write_str("the form contains no picture"),
            Self::PictureNotFound(id) => write!(f, "picture {id} not found"),
        }
    }
}

/// Responds to a rejection.
pub async fn recover(rejection: Rejection) -> Result<impl Reply, Infallible> {
    #[derive(Serialize)]
    struct Body {
        error: String,
    }
    let (status, error) = status_and_error(&rejection);
    Ok(reply::with_status(reply::json(&Body { error }), status))
}

fn status_and_error(rejection: &Rejection) -> (StatusCode, String) {
    if let Some(error) = rejection.find::<Error>() {
        (error.status(), error.to_string())
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
        (StatusCode::METHOD_NOT_ALLOWED, "method not allowed".to_owned())
    } else if rejection.is_not_found() {
        (StatusCode::NOT_FOUND, "no such route".to_owned())
    } else {
        (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
    }
}
