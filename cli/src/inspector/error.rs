use http::StatusCode;

/// An error of the API: its status and its text.
pub type ApiError = (StatusCode, String);
