//! The errors of the API. The client gets the status, and the message as JSON.

use std::fmt;

use actix_multipart::MultipartError;
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde::Serialize;

#[derive(Debug)]
pub(crate) enum Error {
    RouteNotFound,
    NoFile,
    FileNotFound(usize),
    TooLarge(String),
    Form(MultipartError),
}

#[derive(Serialize)]
struct ErrorBody {
    error: String,
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::RouteNotFound | Self::FileNotFound(_) => StatusCode::NOT_FOUND,
            Self::NoFile => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Form(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(ErrorBody { error: self.to_string() })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RouteNotFound => f.write_str("no such route"),
            Self::NoFile => f.write_str("the form contains no file"),
            Self::FileNotFound(id) => write!(f, "file {id} not found"),
            Self::TooLarge(name) => write!(f, "{name} is larger than {} bytes", crate::store::MAX_FILE_BYTES),
            Self::Form(error) => write!(f, "cannot read the form: {error}"),
        }
    }
}

impl From<MultipartError> for Error {
    fn from(error: MultipartError) -> Self {
        Self::Form(error)
    }
}
