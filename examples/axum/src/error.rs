use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// What can go wrong, and what a client is told of it.
#[derive(Debug)]
pub enum Error {
    NoSuchRoute,
    NoSuchNote(u64),
    EmptyNote,
    BadJson(JsonRejection),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: String,
        }

        let (status, error) = match self {
            Self::NoSuchRoute => (StatusCode::NOT_FOUND, "there is nothing here".to_owned()),
            Self::NoSuchNote(id) => (StatusCode::NOT_FOUND, format!("there is no note {id}")),
            Self::EmptyNote => (StatusCode::UNPROCESSABLE_ENTITY, "a note needs a text".to_owned()),
            Self::BadJson(rejection) => (rejection.status(), rejection.body_text()),
        };
        (status, Json(Body { error })).into_response()
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        Self::BadJson(rejection)
    }
}
