//! The files of the page.

use http::{HeaderValue, Method, Response, StatusCode, header::CONTENT_TYPE};

use super::ApiError;
use crate::dev::{BoxBody, full};

/// The path, the media type and the content of each file.
const FILES: &[(&str, &str, &str)] = &[("/", "text/html; charset=utf-8", include_str!("page/index.html"))];

/// Returns a file of the page.
///
/// # Errors
/// There is no file of this path.
pub fn respond(method: &Method, path: &str) -> Result<Response<BoxBody>, ApiError> {
    let file = FILES.iter().find(|(name, ..)| *name == path).filter(|_| *method == Method::GET);
    let (_, media_type, content) =
        file.ok_or_else(|| (StatusCode::NOT_FOUND, format!("cannot find {method} {path}")))?;
    let mut response = Response::new(full(*content));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    Ok(response)
}
