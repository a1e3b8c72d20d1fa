use axum::{
    Json,
    extract::rejection::JsonRejection,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// An error of the API. The client gets the status, and the message as JSON.
#[derive(Debug)]
pub enum Error {
    RouteNotFound,
    NoteNotFound(u64),
    EmptyNote,
    InvalidJson(JsonRejection),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Body {
            error: String,
        }

        let (status, error) = match self {
            Self::RouteNotFound => (StatusCode::NOT_FOUND, "no such route".to_owned()),
            Self::NoteNotFound(id) => (StatusCode::NOT_FOUND, format!("note {id} not found")),
            Self::EmptyNote => (StatusCode::UNPROCESSABLE_ENTITY, "the text of the note is empty".to_owned()),
            Self::InvalidJson(rejection) => (rejection.status(), rejection.body_text()),
        };
        (status, Json(Body { error })).into_response()
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        Self::InvalidJson(rejection)
    }
}
