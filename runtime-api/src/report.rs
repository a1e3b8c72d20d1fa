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
/// The number of lines of a stack trace that are sent.
pub(crate) const MAX_TRACE_LINES: usize = 128;
/// The number of characters of a line of a stack trace that are sent.
pub(crate) const MAX_TRACE_LINE: usize = 1024;
/// The stack trace of an error without one.
pub(crate) const NO_TRACE: &[&str] = &[];

/// Whether `character` may be part of an error type or of the name of an extension in a header.
pub(crate) fn is_name_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '_' | '-')
}

/// The categories of error types in headers.
const CATEGORIES: [&str; 3] = ["Runtime.", "Function.", "Extension."];

/// Returns `error_type` for a header, in the form `Category.Word` that Lambda expects. It replaces other types by
/// `Runtime.Unknown`.
///
/// A type with a category keeps it. Any other type becomes a word of `category`. Only the ASCII letters of a word remain, and the first
/// of them becomes a capital letter. A line break would start another header.
pub(crate) fn header_error_type(category: &str, error_type: &str) -> String {
    let own = CATEGORIES.iter().find_map(|known| Some((*known, error_type.strip_prefix(known)?)));
    let (category, word) = own.map_or((category, error_type), |(known, word)| (known.trim_end_matches('.'), word));
    let mut letters = word.chars().filter(char::is_ascii_alphabetic);
    match letters.next() {
        Some(first) => format!("{category}.{}{}", first.to_ascii_uppercase(), letters.collect::<String>()),
        None => format!("{category}.Unknown"),
    }
}

/// Returns the JSON of an error. Cuts `message` after [`MAX_MESSAGE`] characters, `stack_trace` after [`MAX_TRACE_LINES`], and
/// each of its lines after [`MAX_TRACE_LINE`] characters.
pub(crate) fn error_json(error_type: &str, message: &str, stack_trace: &[impl AsRef<str>]) -> String {
    let mut out = String::with_capacity(128 + message.len().min(MAX_MESSAGE));
    out.push_str("{\"errorMessage\":");
    push_string(message, MAX_MESSAGE, &mut out);
    out.push_str(",\"errorType\":");
    push_string(error_type, MAX_MESSAGE, &mut out);
    out.push_str(",\"stackTrace\":[");
    for (index, line) in stack_trace.iter().take(MAX_TRACE_LINES).enumerate() {
        if index > 0 {
            out.push(',');
        }
        push_string(line.as_ref(), MAX_TRACE_LINE, &mut out);
    }
    out.push_str("]}");
    out
}

/// Appends the first `limit` characters of `text` as a JSON string (RFC 8259, section 7).
fn push_string(text: &str, limit: usize, out: &mut String) {
    out.push('"');
    for character in text.chars().take(limit) {
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
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_valid_json_of_limited_length() {
        let json = error_json("Runtime.Broken", &"\"é\n\t\u{1}\\".repeat(MAX_MESSAGE), NO_TRACE);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["errorType"], "Runtime.Broken");
        let message = json["errorMessage"].as_str().unwrap();
        assert_eq!(message.chars().count(), 32_768);
        assert!(message.starts_with("\"é\n\t\u{1}\\"));
        assert!(json["stackTrace"].as_array().unwrap().is_empty());
    }

    #[test]
    fn writes_a_stack_trace_of_limited_length() {
        let lines = vec!["\"é\n".repeat(MAX_TRACE_LINE); MAX_TRACE_LINES + 1];
        let json: serde_json::Value = serde_json::from_str(&error_json("Error", "message", &lines)).unwrap();
        let trace = json["stackTrace"].as_array().unwrap();
        assert_eq!(trace.len(), MAX_TRACE_LINES);
        for line in trace {
            let line = line.as_str().unwrap();
            assert!(line.starts_with("\"é\n") && line.chars().count() == MAX_TRACE_LINE, "{line}");
        }
    }

    #[test]
    fn a_type_without_a_category_becomes_a_word_of_the_given_category() {
        for (error_type, header) in [
            ("ParseIntError", "Function.ParseIntError"),
            ("Runtime.InvalidEvent", "Runtime.InvalidEvent"),
            ("io::Error", "Function.IoError"),
            ("Shop.OutOfStock", "Function.ShopOutOfStock"),
            ("Out\r\nof: stock 7", "Function.Outofstock"),
            ("Extension.Broken", "Extension.Broken"),
            ("Runtime.", "Runtime.Unknown"),
            ("7", "Function.Unknown"),
            ("", "Function.Unknown"),
        ] {
            assert_eq!(header_error_type("Function", error_type), header);
        }
    }
}
