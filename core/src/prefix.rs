//! Taking a prefix off a path: whole segments, once.

/// A path prefix as it is compared: a leading slash, no trailing one.
///
/// `""`, `/`, `api`, `/api` and `/api/` are all ways to write one; the first two mean none.
pub(crate) fn normal(prefix: &str) -> Option<String> {
    let segments = prefix.trim_matches('/');
    (!segments.is_empty()).then(|| format!("/{segments}"))
}

/// The length of `prefix` if `path` begins with it as whole segments: `/api` begins `/api` and `/api/x`, not `/apix`.
pub(crate) fn matched(path: &[u8], prefix: &[u8]) -> Option<usize> {
    let rest = path.strip_prefix(prefix)?;
    matches!(rest.first(), None | Some(b'/')).then_some(prefix.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_write_a_prefix_mean_the_same() {
        for written in ["api", "/api", "api/", "/api/", "//api//"] {
            assert_eq!(normal(written).as_deref(), Some("/api"), "{written}");
        }
        assert_eq!(normal("/a/b/").as_deref(), Some("/a/b"));
        assert_eq!(normal(""), None);
        assert_eq!(normal("/"), None);
    }

    #[test]
    fn only_whole_segments_match() {
        assert_eq!(matched(b"/api", b"/api"), Some(4));
        assert_eq!(matched(b"/api/x", b"/api"), Some(4));
        assert_eq!(matched(b"/api//x", b"/api"), Some(4));
        assert_eq!(matched(b"/apix", b"/api"), None);
        assert_eq!(matched(b"/x/api", b"/api"), None);
        assert_eq!(matched(b"/ap", b"/api"), None);
    }
}
