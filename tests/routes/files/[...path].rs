use axum::extract::Path;

pub async fn get(Path(path): Path<String>) -> String {
    format!("file {path}")
}
