use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// An error of the API. The client gets the status, and the message as JSON.
#[derive(Debug)]
pub enum Error {
    RouteNotFound,
    MethodNotAllowed,
    TodoNotFound(i64),
    /// The request has the right format, but an invalid value.
    Invalid(String),
    /// The request has a wrong format.
    Unreadable {
        status: StatusCode,
        reason: String,
    },
    /// An error of the server. Only the log has the cause.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::RouteNotFound => (StatusCode::NOT_FOUND, "no such route".to_owned()),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method not allowed".to_owned()),
            Self::TodoNotFound(id) => (StatusCode::NOT_FOUND, format!("todo {id} not found")),
            Self::Invalid(reason) => (StatusCode::UNPROCESSABLE_ENTITY, reason),
            Self::Unreadable { status, reason } => (status, reason),
            Self::Internal(error) => {
                tracing::error!("cannot respond to a request: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal error".to_owned())
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
