//! Media types and patterns of media types.

use http::{HeaderMap, header};

/// Returns whether a content type, without its parameters, matches one of `patterns`, such as `image/png`, `image/*` or `*/*`.
pub(crate) fn matches_any(content_type: &str, patterns: &[impl AsRef<str>]) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    patterns.iter().map(AsRef::as_ref).any(|pattern| match pattern.strip_suffix("/*") {
        Some("*") => true,
        Some(main) => essence.split('/').next().is_some_and(|part| part.eq_ignore_ascii_case(main)),
        None => essence.eq_ignore_ascii_case(pattern),
    })
}

/// Returns the first entry of `Accept`, with its parameters. Empty if there is none.
pub(crate) fn first_accept_entry(headers: &HeaderMap) -> &str {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_types_and_wildcards() {
        for (content_type, types, expected) in [
            ("", ["*/*"], true),
            ("", ["text/*"], false),
            ("Text/Plain;charset=utf-8", ["text/*"], true),
            ("text/plain", ["text/html"], false),
            ("image/PNG ; q=1", ["image/png"], true),
            ("imagery/png", ["image/*"], false),
        ] {
            assert_eq!(matches_any(content_type, &types), expected, "{content_type}");
        }
    }
}
