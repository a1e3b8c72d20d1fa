use axum::extract::Path;

pub async fn get(Path(rest): Path<String>) -> String {
    format!("the rest of users: {rest}")
}
