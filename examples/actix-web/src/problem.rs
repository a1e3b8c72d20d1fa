//! What can go wrong, and what a client is told of it.

use std::fmt;

use actix_multipart::MultipartError;
use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use serde::Serialize;

#[derive(Debug)]
pub(crate) enum Problem {
    Nowhere,
    NoFile,
    NoSuchFile(usize),
    TooLarge(String),
    Form(MultipartError),
}

#[derive(Serialize)]
struct Told {
    error: String,
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Nowhere | Self::NoSuchFile(_) => StatusCode::NOT_FOUND,
            Self::NoFile => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Form(error) => error.status_code(),
        }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).json(Told { error: self.to_string() })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("there is nothing here"),
            Self::NoFile => f.write_str("there is no file in the form"),
            Self::NoSuchFile(id) => write!(f, "there is no file {id}"),
            Self::TooLarge(name) => write!(f, "{name} is larger than {} bytes", crate::shelf::LARGEST),
            Self::Form(error) => write!(f, "the form cannot be read: {error}"),
        }
    }
}

impl From<MultipartError> for Problem {
    fn from(error: MultipartError) -> Self {
        Self::Form(error)
    }
}
