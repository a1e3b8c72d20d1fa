use axum::{extract::Path, http::Method};

pub async fn any(method: Method, Path((id, rest)): Path<(String, String)>) -> String {
    format!("{method} of {rest} of user {id}")
}
