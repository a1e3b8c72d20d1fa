//! The segments of a path, from the names of files and folders.

/// A segment of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Segment {
    /// `index`: the path of the folder, without a segment of its own.
    Index,
    Static(String),
    /// `[id]`: any one segment.
    Dynamic(String),
    /// `[...page]`: the rest of the path.
    Rest(String),
    /// `[[...page]]`: the rest of the path, which may be empty.
    OptionalRest(String),
}

impl Segment {
    /// Parses the name of a file without `.rs`, or of a folder.
    ///
    /// # Errors
    /// A message if the name is not valid.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let between = |open: &str, close: &str| name.strip_prefix(open)?.strip_suffix(close);
        if let Some(parameter) = between("[[...", "]]") {
            parse_parameter(parameter).map(Self::OptionalRest)
        } else if let Some(parameter) = between("[...", "]") {
            parse_parameter(parameter).map(Self::Rest)
        } else if name.starts_with("[[") {
            Err(format!("invalid name {name:?}: only the rest of a path can be optional: `[[...name]]`"))
        } else if let Some(parameter) = between("[", "]") {
            parse_parameter(parameter).map(Self::Dynamic)
        } else if name == "index" {
            Ok(Self::Index)
        } else if name == "mod" {
            Err("invalid name \"mod\": use `index.rs` for the path of the folder, or a name with `_` first for a module".to_owned())
        } else if !name.is_empty() && name.bytes().all(is_unreserved) {
            Ok(Self::Static(name.to_owned()))
        } else {
            Err(format!(
                "invalid name {name:?}: expected letters, digits, `-`, `.`, `_` and `~`, or a parameter such as `[name]`"
            ))
        }
    }
}

fn parse_parameter(name: &str) -> Result<String, String> {
    let has_valid_bytes = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if has_valid_bytes && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit()) {
        return Ok(name.to_owned());
    }
    Err(format!("invalid parameter {name:?}: expected letters, digits and underscores, without a digit at the start"))
}

/// Whether a URI has the same meaning with and without an escape of this byte (RFC 3986, section 2.3).
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_valid_names_and_rejects_others() {
        assert_eq!(Segment::parse("index"), Ok(Segment::Index));
        assert_eq!(Segment::parse("v1.2-b_~"), Ok(Segment::Static("v1.2-b_~".to_owned())));
        assert_eq!(Segment::parse("[id]"), Ok(Segment::Dynamic("id".to_owned())));
        assert_eq!(Segment::parse("[...page_2]"), Ok(Segment::Rest("page_2".to_owned())));
        assert_eq!(Segment::parse("[[...page]]"), Ok(Segment::OptionalRest("page".to_owned())));
        for invalid in [
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
            assert!(Segment::parse(invalid).is_err(), "{invalid}");
        }
    }
}
