use axum::{extract::Path, http::StatusCode};

/// What no other file is for.
pub async fn any(Path(path): Path<String>) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, format!("there is no /{path}\n"))
}
