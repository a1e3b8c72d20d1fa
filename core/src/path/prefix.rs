//! Taking a prefix off a path: whole segments, once.

use crate::Error;

/// A path prefix as it is compared: a leading slash, no trailing one; `None` if it is empty.
///
/// `""`, `/`, `api`, `/api` and `/api/` are all ways to write one; the first two mean none.
///
/// # Errors
/// It cannot be the start of a path (RFC 3986, section 3.3), or has an empty segment, which is hardly meant. The error
/// says what it is for, and the variable that it may come from.
pub(crate) fn normal(prefix: &str, is: &str, variable: &str) -> Result<Option<String>, Error> {
    let segments = prefix.trim_matches('/');
    let is_of_a_path = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%/".contains(&byte);
    let is_escape =
        |rest: &str| rest.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let are_escapes = segments.split('%').skip(1).all(is_escape);
    if !segments.bytes().all(is_of_a_path) || segments.contains("//") || !are_escapes {
        return Err(Error::new(format!(
            "{is} is {prefix:?}, which no path begins with; it is one such as /api, percent-encoded ({variable})"
        )));
    }
    Ok((!segments.is_empty()).then(|| format!("/{segments}")))
}

/// The length of `prefix` if `path` begins with it as whole segments: `/api` begins `/api` and `/api/x`, not `/apix`. The
/// digits of escapes may be of either case (RFC 3986, section 6.2.2.1).
pub(crate) fn matched(path: &[u8], prefix: &[u8]) -> Option<usize> {
    let (begin, rest) = path.split_at_checked(prefix.len())?;
    let is_escape =
        |at: usize| (1..=2).any(|before| at.checked_sub(before).and_then(|at| prefix.get(at)) == Some(&b'%'));
    let pairs = begin.iter().zip(prefix).enumerate();
    let is_same =
        |(at, (one, other)): (usize, (&u8, &u8))| one == other || is_escape(at) && one.eq_ignore_ascii_case(other);
    (pairs.into_iter().all(is_same) && matches!(rest.first(), None | Some(b'/'))).then_some(prefix.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ways_to_write_a_prefix_mean_the_same() {
        let normal = |written| normal(written, "the path", "VARIABLE").unwrap();
        for written in ["api", "/api", "api/", "/api/", "//api//"] {
            assert_eq!(normal(written).as_deref(), Some("/api"), "{written}");
        }
        assert_eq!(normal("/a%20b/c/").as_deref(), Some("/a%20b/c"));
        assert_eq!(normal(""), None);
        assert_eq!(normal("/"), None);
    }

    #[test]
    fn what_no_path_begins_with_is_said() {
        for written in ["https://x/api", " /api", "/a b", "/a?b", "/a#b", "/é", "/a//b", "/a%zz", "/100%"] {
            let error = normal(written, "the path", "VARIABLE").unwrap_err().to_string();
            assert!(error.contains(&format!("{written:?}")), "{error}");
        }
    }

    #[test]
    fn only_whole_segments_match() {
        assert_eq!(matched(b"/api", b"/api"), Some(4));
        assert_eq!(matched(b"/api/x", b"/api"), Some(4));
        assert_eq!(matched(b"/api//x", b"/api"), Some(4));
        assert_eq!(matched(b"/apix", b"/api"), None);
        assert_eq!(matched(b"/x/api", b"/api"), None);
        assert_eq!(matched(b"/ap", b"/api"), None);
        assert_eq!(matched(b"/caf%C3%A9/x", b"/caf%c3%a9"), Some(10));
        assert_eq!(matched(b"/caf%c3%a9", b"/caf%C3%A9"), Some(10));
        assert_eq!(matched(b"/CAF%C3%A9", b"/caf%C3%A9"), None);
        assert_eq!(matched(b"/%6a", b"/%6A"), Some(4));
        assert_eq!(matched(b"/%41pi", b"/%41Pi"), None);
    }
}
