use axum::{extract::Path, http::Method};

pub async fn get(Path(id): Path<String>) -> String {
    format!("user {id}")
}

pub async fn any(method: Method, Path(id): Path<String>) -> String {
    format!("{method} of user {id}")
}
