use axum::{extract::Path, http::StatusCode};

/// Responds with 404 to every path without another file.
pub async fn any(Path(path): Path<String>) -> (StatusCode, String) {
    (StatusCode::NOT_FOUND, format!("/{path} not found\n"))
}
