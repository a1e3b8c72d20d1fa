use axum::extract::Path;

#[path = "../../_parts/words.rs"]
mod words;

pub async fn get(Path(id): Path<u32>) -> String {
    words::of("posts", id)
}
