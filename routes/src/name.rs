//! What the names of files and folders mean.

/// One segment of a path, as a name says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// That of `index`: none.
    Index,
    Static(String),
    /// `[id]`: one segment, whatever it is.
    Dynamic(String),
    /// `[...page]`: the rest.
    Rest(String),
    /// `[[...page]]`: the rest, if there is one.
    MaybeRest(String),
}

impl Segment {
    /// # Errors
    /// Why `name` is none.
    pub(crate) fn of(name: &str) -> Result<Self, String> {
        let between = |open: &str, close: &str| name.strip_prefix(open)?.strip_suffix(close);
        let parameter = |inner: &str| {
            if is_identifier(inner) {
                Ok(inner.to_owned())
            } else {
                Err(format!("the parameter {inner:?} is not a name of letters, digits and underscores"))
            }
        };
        if let Some(inner) = between("[[...", "]]") {
            parameter(inner).map(Self::MaybeRest)
        } else if let Some(inner) = between("[...", "]") {
            parameter(inner).map(Self::Rest)
        } else if name.starts_with("[[") {
            Err(format!("{name:?} is no route; what is optional takes the rest: `[[...name]]`"))
        } else if let Some(inner) = between("[", "]") {
            parameter(inner).map(Self::Dynamic)
        } else if name == "index" {
            Ok(Self::Index)
        } else if name == "mod" {
            Err("`mod` is no route: a folder's own is `index.rs`, and what begins with `_` is left out".to_owned())
        } else if !name.is_empty() && name.bytes().all(is_unreserved) {
            Ok(Self::Static(name.to_owned()))
        } else {
            Err(format!(
                "{name:?} cannot stand in a path as it is: names have letters, digits, `-`, `.`, `_` and `~`, or are \
                 parameters such as `[name]`"
            ))
        }
    }
}

fn is_identifier(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// RFC 3986, section 2.3: what is the same with and without an escape.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_segment_or_an_error() {
        assert_eq!(Segment::of("index"), Ok(Segment::Index));
        assert_eq!(Segment::of("v1.2-b_~"), Ok(Segment::Static("v1.2-b_~".to_owned())));
        assert_eq!(Segment::of("[id]"), Ok(Segment::Dynamic("id".to_owned())));
        assert_eq!(Segment::of("[...page_2]"), Ok(Segment::Rest("page_2".to_owned())));
        assert_eq!(Segment::of("[[...page]]"), Ok(Segment::MaybeRest("page".to_owned())));
        for bad in [
            "",
            "[id",
            "id]",
            "[]",
            "[1]",
            "[a-b]",
            "[...]",
            "[[id]]",
            "[[...page]",
            "a[b]",
            "a b",
            "é",
            "a%20",
            "mod",
            "{x}",
            "a:b",
        ] {
            assert!(Segment::of(bad).is_err(), "{bad}");
        }
    }
}
