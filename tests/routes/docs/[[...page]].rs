use axum::extract::Path;

pub async fn get(page: Option<Path<String>>) -> String {
    match page {
        Some(Path(page)) => format!("page {page}"),
        None => "all pages".to_owned(),
    }
}
