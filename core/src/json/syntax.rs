//! A JSON validator (RFC 8259) without recursion: a level of nesting takes one byte of memory and no stack.

/// Returns whether `bytes` are one JSON value, with optional white space around.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && Validator { rest: bytes }.document().is_some()
}

/// The input that is not validated yet. Methods return `None` if the input is not JSON.
struct Validator<'a> {
    rest: &'a [u8],
}

impl Validator<'_> {
    fn document(mut self) -> Option<()> {
        // The brackets that close the open objects and arrays.
        let mut closing = Vec::new();
        loop {
            if self.value_or_open(&mut closing)? && self.end_value(&mut closing)? {
                return Some(());
            }
        }
    }

    /// Passes a string, a literal or an empty object or array. Opens any other object or array, and returns `false`.
    fn value_or_open(&mut self, closing: &mut Vec<u8>) -> Option<bool> {
        self.space();
        let bracket = match self.rest.first() {
            Some(b'{') => b'}',
            Some(b'[') => b']',
            Some(b'"') => return self.string().map(|()| true),
            _ => return self.literal().map(|()| true),
        };
        self.rest = self.rest.get(1..)?;
        self.space();
        if self.take(bracket).is_some() {
            return Some(true);
        }
        closing.push(bracket);
        if bracket == b'}' {
            self.key()?;
        }
        Some(false)
    }

    /// Passes the brackets that close after a value, and the comma before the next value. Returns whether the input ends.
    fn end_value(&mut self, closing: &mut Vec<u8>) -> Option<bool> {
        loop {
            self.space();
            let Some(&bracket) = closing.last() else {
                return self.rest.is_empty().then_some(true);
            };
            if self.take(bracket).is_some() {
                closing.pop();
                continue;
            }
            self.take(b',')?;
            if bracket == b'}' {
                self.space();
                self.key()?;
            }
            return Some(false);
        }
    }

    fn key(&mut self) -> Option<()> {
        self.string()?;
        self.space();
        self.take(b':')
    }

    fn string(&mut self) -> Option<()> {
        self.take(b'"')?;
        loop {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            match byte {
                b'"' => return Some(()),
                b'\\' => {
                    let (&escape, rest) = rest.split_first()?;
                    self.rest = rest;
                    match escape {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        b'u' => {
                            let (digits, rest) = rest.split_first_chunk::<4>()?;
                            self.rest = digits.iter().all(u8::is_ascii_hexdigit).then_some(rest)?;
                        }
                        _ => return None,
                    }
                }
                0..0x20 => return None,
                _ => {}
            }
        }
    }

    fn literal(&mut self) -> Option<()> {
        for word in [&b"true"[..], b"false", b"null"] {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Some(());
            }
        }
        // A number: no leading zero, and digits after a point and after an exponent.
        let _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if self.take(b'e').or_else(|| self.take(b'E')).is_some() {
            let _ = self.take(b'+').or_else(|| self.take(b'-'));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.rest = self.rest.get(length..)?;
        (length > 0).then_some(())
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[byte])?;
        Some(())
    }

    fn space(&mut self) {
        let length = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.rest = self.rest.get(length..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn is_json_for_serde(bytes: &[u8]) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
    }

    #[test]
    fn agrees_with_serde_json() {
        for text in [
            "null",
            " true ",
            "false",
            "0",
            "-0",
            "-1.5e+10",
            "1E5",
            "\"\"",
            "\"\\u00e9\\n\\/\"",
            "[]",
            "{}",
            " [ 1 , [ ] , { } ] ",
            "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"d\":\"\"}",
            "\t\r\n1",
            "",
            " ",
            "nul",
            "truex",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "-",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12",
            "\"\n\"",
            "[",
            "]",
            "[1,]",
            "[,1]",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "[1 2]",
            "1 2",
            "[}",
            "{]",
            "\u{c}1",
            "[1]]",
            "é",
        ] {
            assert_eq!(is_json(text.as_bytes()), is_json_for_serde(text.as_bytes()), "{text:?}");
        }
        assert!(!is_json(b"\"\xff\""));
        assert!(is_json(&[vec![b'['; 1 << 20], vec![b']'; 1 << 20]].concat()));
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_any_text(text in r#"[\[\]{}",:0-9.eE+\-tfnalsrue\\u \n]{0,24}"#) {
            prop_assert_eq!(is_json(text.as_bytes()), is_json_for_serde(text.as_bytes()), "{:?}", text);
        }

        #[test]
        fn accepts_json_of_serde_json_and_rejects_its_prefixes(
            value in any::<(String, Vec<f64>, bool)>(), pretty in any::<bool>(), cut in any::<prop::sample::Index>(),
        ) {
            let value = serde_json::json!({"text": value.0, &value.0: [value.1, Value::Null], "flag": value.2});
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert!(is_json(text.as_bytes()));
            prop_assert!(!is_json(&text.as_bytes()[..cut.index(text.len())]));
        }
    }
}
