use axum::{body::Body, http::StatusCode};
use futures_util::StreamExt;

/// Counts the words of a body of any size while the body arrives.
pub async fn post(body: Body) -> Result<String, StatusCode> {
    let mut chunks = body.into_data_stream();
    let (mut words, mut is_within) = (0_u64, false);
    while let Some(chunk) = chunks.next().await {
        for byte in chunk.map_err(|_| StatusCode::BAD_REQUEST)? {
            let is_space = byte.is_ascii_whitespace();
            words += u64::from(!is_space && !is_within);
            is_within = !is_space;
        }
    }
    Ok(format!("{words}\n"))
}
