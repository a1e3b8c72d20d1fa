use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// What can go wrong, and what a client is told of it.
#[derive(Debug)]
pub enum Error {
    NoSuchRoute,
    NoSuchMethod,
    NoSuchTodo(i64),
    /// What a client wrote reads well, and will not do.
    Invalid(String),
    /// What a client wrote cannot be read.
    Unreadable {
        status: StatusCode,
        reason: String,
    },
    /// Nothing that a client could help: for the log alone.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::NoSuchRoute => (StatusCode::NOT_FOUND, "there is nothing here".to_owned()),
            Self::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here".to_owned()),
            Self::NoSuchTodo(id) => (StatusCode::NOT_FOUND, format!("there is no todo {id}")),
            Self::Invalid(reason) => (StatusCode::UNPROCESSABLE_ENTITY, reason),
            Self::Unreadable { status, reason } => (status, reason),
            Self::Internal(error) => {
                tracing::error!("a request failed: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong here".to_owned())
            }
        };
        (status, Json(json!({ "error": error }))).into_response()
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        Self::Unreadable { status: rejection.status(), reason: rejection.body_text() }
    }
}

impl From<PathRejection> for Error {
    fn from(rejection: PathRejection) -> Self {
        Self::Unreadable { status: rejection.status(), reason: rejection.body_text() }
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        Self::Unreadable { status: rejection.status(), reason: rejection.body_text() }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.into())
    }
}
