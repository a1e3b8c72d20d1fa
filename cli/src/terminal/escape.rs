//! Text from clients and functions, without the power to control the terminal.

/// The maximum number of characters of a text in a line.
const MAX_TEXT: usize = 300;

/// Escapes the control characters of a text from a client or a function, and shortens it.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for (count, char) in text.chars().enumerate() {
        if count == MAX_TEXT {
            escaped.push_str("..");
            break;
        }
        match char {
            '"' | '\'' => escaped.push(char),
            _ => escaped.extend(char.escape_debug()),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_control_characters() {
        for (text, expected) in [
            ("GET /it's/\u{e9}", "GET /it's/\u{e9}"),
            ("GET /\x1b[2J", "GET /\\u{1b}[2J"),
            ("a\nGET /forged 200 1.0ms\r", "a\\nGET /forged 200 1.0ms\\r"),
            ("\u{9b}31m \u{7f} \u{202e}", "\\u{9b}31m \\u{7f} \\u{202e}"),
            ("\0\u{8}", "\\0\\u{8}"),
        ] {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(escaped(&"x".repeat(MAX_TEXT)), "x".repeat(MAX_TEXT));
        assert_eq!(escaped(&"\u{1b}".repeat(1 << 20)), "\\u{1b}".repeat(MAX_TEXT) + "..");
    }
}
