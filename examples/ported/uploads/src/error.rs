use std::{fmt, io};

use actix_multipart::MultipartError;
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    error::{BlockingError, PayloadError},
    http::StatusCode,
};
use serde_json::json;

/// An error of the API. The client gets the status, and the message as JSON.
#[derive(Debug)]
pub enum Error {
    RouteNotFound,
    NoFile,
    FileNotFound(String),
    InvalidName(String),
    NameExists(String),
    /// The form is invalid or too large.
    Form {
        status: StatusCode,
        reason: String,
    },
    /// An error of the server. Only the log has the cause.
    Io(io::Error),
}

/// Converts an error of a form.
pub fn form_error(error: MultipartError, _: &HttpRequest) -> actix_web::Error {
    let error = match error {
        MultipartError::Payload(PayloadError::Overflow) => {
            Error::Form { status: StatusCode::PAYLOAD_TOO_LARGE, reason: "the form is too large".to_owned() }
        }
        error => Error::Form { status: error.status_code(), reason: format!("cannot read the form: {error}") },
    };
    error.into()
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::RouteNotFound | Self::FileNotFound(_) => StatusCode::NOT_FOUND,
            Self::NoFile | Self::InvalidName(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NameExists(_) => StatusCode::CONFLICT,
            Self::Form { status, .. } => *status,
            Self::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Io(error) = self {
            log::error!("cannot respond to a request: {error}");
        }
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RouteNotFound => f.write_str("no such route"),
            Self::NoFile => f.write_str("the form contains no file"),
            Self::FileNotFound(name) => write!(f, "file {name} not found"),
            Self::InvalidName(name) => write!(f, "invalid file name {name:?}"),
            Self::NameExists(name) => write!(f, "file {name} already exists"),
            Self::Form { reason, .. } => f.write_str(reason),
            Self::Io(_) => f.write_str("internal error"),
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<BlockingError> for Error {
    fn from(error: BlockingError) -> Self {
        Self::Io(io::Error::other(error))
    }
}
