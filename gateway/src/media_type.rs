//! Media types, and whether one is among several.

use http::{HeaderMap, header};

/// Whether `content_type` without its parameters is among `types`, of which one may end on `/*`, or be `*/*`.
pub(crate) fn is_among(content_type: &str, types: &[impl AsRef<str>]) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    types.iter().map(AsRef::as_ref).any(|known| match known.strip_suffix("/*") {
        Some("*") => true,
        Some(main) => essence.split('/').next().is_some_and(|of| of.eq_ignore_ascii_case(main)),
        None => essence.eq_ignore_ascii_case(known),
    })
}

/// The first media type of an `Accept` header, with its parameters; empty if there is none.
pub(crate) fn first_accepted(headers: &HeaderMap) -> &str {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.split(',').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_among_several() {
        for (content_type, types, expected) in [
            ("", ["*/*"], true),
            ("", ["text/*"], false),
            ("Text/Plain;charset=utf-8", ["text/*"], true),
            ("text/plain", ["text/html"], false),
            ("image/PNG ; q=1", ["image/png"], true),
            ("imagery/png", ["image/*"], false),
        ] {
            assert_eq!(is_among(content_type, &types), expected, "{content_type}");
        }
    }
}
