//! The JSON in which errors are reported.
//!
//! Source: [the error methods of the Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).

use std::fmt::Write as _;

use crate::Context;

/// The subject of an error report.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ErrorTarget<'a> {
    Invocation(&'a Context),
    Initialization,
    Restore,
}

/// The number of characters of an error message that are sent.
pub(crate) const MAX_MESSAGE: usize = 32 * 1024;

/// Whether `character` may be part of an error type or of the name of an extension in a header.
pub(crate) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// Returns `error_type` for a header. Replaces every other character by `_`, because a line break would start another header.
pub(crate) fn header_error_type(error_type: &str) -> String {
    error_type.replace(|character| !is_name_character(character), "_")
}

/// Returns the JSON of an error. Cuts `message` after [`MAX_MESSAGE`] characters.
pub(crate) fn error_json(error_type: &str, message: &str) -> String {
    let mut out = String::with_capacity(128 + message.len().min(MAX_MESSAGE));
    out.push_str("{\"errorMessage\":\"");
    push_escaped(message, &mut out);
    out.push_str("\",\"errorType\":\"");
    push_escaped(error_type, &mut out);
    out.push_str("\",\"stackTrace\":[]}");
    out
}

/// Escapes the characters that a JSON string cannot contain (RFC 8259, section 7).
fn push_escaped(text: &str, out: &mut String) {
    for character in text.chars().take(MAX_MESSAGE) {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\0'..='\x1f' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_valid_json_of_limited_length() {
        let json = error_json("Runtime.Broken", &"\"é\n\t\u{1}\\".repeat(MAX_MESSAGE));
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["errorType"], "Runtime.Broken");
        let message = json["errorMessage"].as_str().unwrap();
        assert_eq!(message.chars().count(), MAX_MESSAGE);
        assert!(message.starts_with("\"é\n\t\u{1}\\"));
        assert!(json["stackTrace"].as_array().unwrap().is_empty());
    }
}
