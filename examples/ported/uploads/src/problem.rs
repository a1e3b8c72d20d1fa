use std::{fmt, io};

use actix_multipart::MultipartError;
use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    error::{BlockingError, PayloadError},
    http::StatusCode,
};
use serde_json::json;

/// What can go wrong, and what a client is told of it.
#[derive(Debug)]
pub enum Problem {
    Nowhere,
    NoFile,
    NoSuchFile(String),
    BadName(String),
    Taken(String),
    /// The form cannot be taken.
    Form {
        status: StatusCode,
        reason: String,
    },
    /// Nothing that a client could help: for the log alone.
    Io(io::Error),
}

/// What is wrong with a form.
pub fn of_form(error: MultipartError, _: &HttpRequest) -> actix_web::Error {
    let problem = match error {
        MultipartError::Payload(PayloadError::Overflow) => {
            Problem::Form { status: StatusCode::PAYLOAD_TOO_LARGE, reason: "the form is too large".to_owned() }
        }
        error => Problem::Form { status: error.status_code(), reason: format!("the form cannot be read: {error}") },
    };
    problem.into()
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Nowhere | Self::NoSuchFile(_) => StatusCode::NOT_FOUND,
            Self::NoFile | Self::BadName(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Taken(_) => StatusCode::CONFLICT,
            Self::Form { status, .. } => *status,
            Self::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Io(error) = self {
            log::error!("a request failed: {error}");
        }
        HttpResponse::build(self.status_code()).json(json!({ "error": self.to_string() }))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("there is nothing here"),
            Self::NoFile => f.write_str("there is no file in the form"),
            Self::NoSuchFile(name) => write!(f, "there is no file {name}"),
            Self::BadName(name) => write!(f, "a file cannot be called {name:?}"),
            Self::Taken(name) => write!(f, "there is a file {name} already"),
            Self::Form { reason, .. } => f.write_str(reason),
            Self::Io(_) => f.write_str("something went wrong here"),
        }
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<BlockingError> for Problem {
    fn from(error: BlockingError) -> Self {
        Self::Io(io::Error::other(error))
    }
}
