use axum::{body::Body, http::StatusCode};
use futures_util::StreamExt;

/// Counts the words of what is sent, of whatever size, while it comes.
pub async fn post(body: Body) -> Result<String, StatusCode> {
    let mut pieces = body.into_data_stream();
    let (mut words, mut is_within) = (0_u64, false);
    while let Some(piece) = pieces.next().await {
        for byte in piece.map_err(|_| StatusCode::BAD_REQUEST)? {
            let is_space = byte.is_ascii_whitespace();
            words += u64::from(!is_space && !is_within);
            is_within = !is_space;
        }
    }
    Ok(format!("{words}\n"))
}
