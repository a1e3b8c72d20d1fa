//! Whether bytes are JSON (RFC 8259), by a walk without recursion: nesting costs memory, a byte a level, and no stack.

/// Whether `bytes` are one value of JSON, white space around it allowed.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && Walk { rest: bytes }.document().is_some()
}

struct Walk<'a> {
    rest: &'a [u8],
}

impl Walk<'_> {
    fn document(mut self) -> Option<()> {
        // The brackets that are open.
        let mut open = Vec::new();
        loop {
            self.space();
            match self.rest.split_first() {
                Some((b'{', rest)) => {
                    self.rest = rest;
                    self.space();
                    if self.take(b'}').is_none() {
                        open.push(b'}');
                        self.key()?;
                        continue;
                    }
                }
                Some((b'[', rest)) => {
                    self.rest = rest;
                    self.space();
                    if self.take(b']').is_none() {
                        open.push(b']');
                        continue;
                    }
                }
                Some((b'"', _)) => self.string()?,
                _ => self.literal()?,
            }
            // A value has ended, and with it maybe what it stands in.
            loop {
                self.space();
                let Some(&bracket) = open.last() else {
                    return self.rest.is_empty().then_some(());
                };
                if self.take(bracket).is_some() {
                    open.pop();
                    continue;
                }
                self.take(b',')?;
                if bracket == b'}' {
                    self.space();
                    self.key()?;
                }
                break;
            }
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
        // A number: no more than one zero at its start, digits behind a point and behind an exponent.
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

    fn is_for_serde(bytes: &[u8]) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
    }

    #[test]
    fn it_is_json_where_serde_says_so() {
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
            assert_eq!(is_json(text.as_bytes()), is_for_serde(text.as_bytes()), "{text:?}");
        }
        assert!(!is_json(b"\"\xff\""));
        assert!(is_json(&[vec![b'['; 1 << 20], vec![b']'; 1 << 20]].concat()));
    }

    proptest! {
        #[test]
        fn any_text_is_judged_as_serde_judges_it(text in r#"[\[\]{}",:0-9.eE+\-tfnalsrue\\u \n]{0,24}"#) {
            prop_assert_eq!(is_json(text.as_bytes()), is_for_serde(text.as_bytes()), "{:?}", text);
        }

        #[test]
        fn what_serde_writes_is_json_and_less_is_not(
            value in any::<(String, Vec<f64>, bool)>(), pretty in any::<bool>(), cut in any::<prop::sample::Index>(),
        ) {
            let value = serde_json::json!({"text": value.0, &value.0: [value.1, Value::Null], "flag": value.2});
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert!(is_json(text.as_bytes()));
            prop_assert!(!is_json(&text.as_bytes()[..cut.index(text.len())]));
        }
    }
}
