//! A reader of JSON that touches each byte once and copies none: values come out as parts of the event.
//!
//! An event is read by asking for what is needed, in the order in which it comes; all else is skipped by its brackets and
//! quotes. It is lenient where that costs the app nothing: what is skipped is not checked, nor are numbers. Nesting costs
//! no stack.

use std::borrow::Cow;

use crate::json::swar::{self, BACKSLASH, QUOTE};

/// The event is not JSON, and where that showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
}

/// A string of the event, as it stands between its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    /// With the closing quote if there are escapes: a string without any holds no quote, so that this tells them apart,
    /// and the many strings of an event fit into half the memory.
    raw: &'a [u8],
}

impl<'a> Text<'a> {
    /// The bytes that the string stands for; `None` if an escape in it stands for nothing.
    pub(crate) fn decode(self) -> Option<Cow<'a, [u8]>> {
        match self.raw.split_last() {
            Some((b'"', escaped)) => unescape(escaped).map(Cow::Owned),
            _ => Some(Cow::Borrowed(self.raw)),
        }
    }

    /// The bytes of the event, escapes and all.
    pub(crate) fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The bytes of the event, if they are what the string stands for.
    pub(crate) fn verbatim(self) -> Option<&'a [u8]> {
        (self.raw.last() != Some(&b'"')).then_some(self.raw)
    }
}

/// A place in an event.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Reads an object, calling `member` with each key; it has to read or skip the value.
    ///
    /// What is not an object is skipped, `member` is never called for it, and `false` says so.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Result<(), Malformed>,
    ) -> Result<bool, Malformed> {
        if self.peek()? != b'{' {
            self.skip()?;
            return Ok(false);
        }
        self.at += 1;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(true);
        }
        loop {
            if self.peek()? != b'"' {
                return Err(self.malformed());
            }
            let key = self.quoted()?;
            self.expect(b':')?;
            member(self, key)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {
                    self.at += 1;
                    return Ok(true);
                }
                _ => return Err(self.malformed()),
            }
        }
    }

    /// Reads an array, calling `element` for each value, which it has to read or skip. What is not an array is skipped.
    pub(crate) fn array(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<bool, Malformed> {
        if self.peek()? != b'[' {
            self.skip()?;
            return Ok(false);
        }
        self.at += 1;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(true);
        }
        loop {
            element(self)?;
            match self.peek()? {
                b',' => self.at += 1,
                b']' => {
                    self.at += 1;
                    return Ok(true);
                }
                _ => return Err(self.malformed()),
            }
        }
    }

    /// Reads a string; what is none is skipped.
    pub(crate) fn string(&mut self) -> Result<Option<Text<'a>>, Malformed> {
        if self.peek()? == b'"' {
            self.quoted().map(Some)
        } else {
            self.skip()?;
            Ok(None)
        }
    }

    /// Reads a string, or an array of them, calling `string` for each. What is neither is skipped.
    pub(crate) fn each_string(&mut self, mut string: impl FnMut(Text<'a>)) -> Result<(), Malformed> {
        match self.peek()? {
            b'"' => string(self.quoted()?),
            b'[' => {
                self.array(|element| {
                    element.string()?.map(&mut string);
                    Ok(())
                })?;
            }
            _ => drop(self.skip()?),
        }
        Ok(())
    }

    /// Reads a boolean; what is none counts as `false`.
    pub(crate) fn boolean(&mut self) -> Result<bool, Malformed> {
        Ok(self.skip()? == b"true")
    }

    /// Passes over a value of any kind, and gives its bytes.
    pub(crate) fn skip(&mut self) -> Result<&'a [u8], Malformed> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => {
                self.quoted()?;
            }
            b'{' | b'[' => self.brackets()?,
            _ => {
                let literal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                let length = self.rest().iter().take_while(|byte| literal(byte)).count();
                if length == 0 {
                    return Err(self.malformed());
                }
                self.at += length;
            }
        }
        Ok(self.since(start))
    }

    /// The place of the next value; [`since`](Self::since) gives all that has been read from there.
    pub(crate) fn mark(&mut self) -> Result<usize, Malformed> {
        self.peek()?;
        Ok(self.at)
    }

    pub(crate) fn since(&self, mark: usize) -> &'a [u8] {
        self.bytes.get(mark..self.at).unwrap_or_default()
    }

    /// Whether only white space is left.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.peek().is_err()
    }

    fn brackets(&mut self) -> Result<(), Malformed> {
        let mut depth = 0_usize;
        while let Some(&byte) = self.bytes.get(self.at) {
            match byte {
                b'"' => {
                    self.quoted()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(self.malformed())
    }

    /// Reads a string, standing at its first quote.
    fn quoted(&mut self) -> Result<Text<'a>, Malformed> {
        let start = self.at + 1;
        let mut has_escapes = false;
        self.at = start;
        while let Some(at) = swar::find_from(self.bytes, self.at, BACKSLASH, QUOTE) {
            if self.bytes.get(at) == Some(&QUOTE) {
                self.at = at + 1;
                return Ok(Text { raw: self.bytes.get(start..at + usize::from(has_escapes)).unwrap_or_default() });
            }
            // Whatever is escaped, a quote above all, is not the end.
            has_escapes = true;
            self.at = at + 2;
        }
        self.at = self.bytes.len();
        Err(self.malformed())
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek()? != byte {
            return Err(self.malformed());
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Result<u8, Malformed> {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                Some(&byte) => return Ok(byte),
                None => return Err(self.malformed()),
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn malformed(&self) -> Malformed {
        Malformed { at: self.at.min(self.bytes.len()) }
    }
}

/// Resolves the escapes of RFC 8259, section 7. A lone surrogate stands for no character, so the string for nothing.
fn unescape(raw: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(raw.len() + swar::WORD);
    let mut rest = raw;
    while let Some(escape) = swar::copy_until(rest, &mut out, |word| word.equals(BACKSLASH)) {
        let (&kind, after) = escape.get(1..)?.split_first()?;
        rest = after;
        out.push(match kind {
            b'"' | b'\\' | b'/' => kind,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let mut code = code_unit(&mut rest)?;
                if (0xd800..0xdc00).contains(&code) {
                    rest = rest.strip_prefix(b"\\u")?;
                    let low = code_unit(&mut rest)?;
                    if !(0xdc00..0xe000).contains(&low) {
                        return None;
                    }
                    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                }
                let character = char::from_u32(code)?;
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return None,
        });
    }
    Some(out)
}

fn code_unit(rest: &mut &[u8]) -> Option<u32> {
    let (digits, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    digits.iter().try_fold(0, |code, &digit| Some(code << 4 | char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(json: &str) -> Option<String> {
        let text = Reader::new(json.as_bytes()).string().unwrap().unwrap();
        text.decode().map(|bytes| String::from_utf8(bytes.into_owned()).unwrap())
    }

    #[test]
    fn strings_are_what_they_stand_for() {
        assert_eq!(text(r#""plain""#).unwrap(), "plain");
        assert_eq!(text(r#""a\"b\\c\/d\b\f\n\r\t""#).unwrap(), "a\"b\\c/d\u{8}\u{c}\n\r\t");
        assert_eq!(text(r#""\u00e9\u4e16\ud83d\ude00""#).unwrap(), "é世😀");
        assert_eq!(text(r#""\\""#).unwrap(), "\\");
    }

    #[test]
    fn an_escape_for_nothing_is_nothing() {
        for json in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#""\x""#, r#""\u12g4""#, r#""\u12""#] {
            assert_eq!(text(json), None, "{json}");
        }
    }

    #[test]
    fn what_is_not_asked_for_is_passed_over() {
        let json = br#" { "a" : [1, {"b": "]}\"" }, [] ], "n": null, "e": -1.5e+3, "t":true , "want" : "this" } "#;
        let mut reader = Reader::new(json);
        let mut found = None;
        let is_object = reader.object(|reader, key| {
            if key.verbatim() == Some(b"want") {
                found = reader.string()?
            } else {
                reader.skip().map(drop)?
            }
            Ok(())
        });
        assert_eq!(is_object, Ok(true));
        assert_eq!(found.unwrap().verbatim().unwrap(), b"this");
        assert!(reader.is_at_end());
    }

    #[test]
    fn values_of_another_kind_count_as_absent() {
        assert_eq!(Reader::new(b"null").object(|_, _| unreachable!()), Ok(false));
        assert_eq!(Reader::new(b"{}").array(|_| unreachable!()), Ok(false));
        assert!(Reader::new(b"12").string().unwrap().is_none());
        assert_eq!(Reader::new(b"\"true\"").boolean(), Ok(false));
        assert_eq!(Reader::new(b"true").boolean(), Ok(true));
    }

    #[test]
    fn what_is_cut_short_or_no_json_is_malformed_where_it_shows() {
        for (json, at) in [
            ("", 0),
            ("  ", 2),
            ("{", 1),
            (r#"{"a"#, 3),
            (r#"{"a""#, 4),
            (r#"{"a":"#, 5),
            (r#"{"a":1"#, 6),
            (r#"{"a":1,"#, 7),
            (r#"{"a":"\"#, 7),
            (r#"{"a":[{"#, 7),
            (r#"{a:1}"#, 1),
            (r#"{"a";1}"#, 4),
            (r#"{"a":?}"#, 5),
            (r#"{"a":1;}"#, 6),
        ] {
            let read = Reader::new(json.as_bytes()).object(|reader, _| reader.skip().map(drop));
            assert_eq!(read, Err(Malformed { at }), "{json}");
        }
    }

    #[test]
    fn nesting_costs_no_stack() {
        let json = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(Reader::new(json.as_bytes()).skip().unwrap().len(), 2_000_000);
    }

    proptest! {
        #[test]
        fn any_string_that_serde_json_writes_is_read_back(string in any::<String>()) {
            let json = serde_json::to_string(&string).unwrap();
            prop_assert_eq!(text(&json).unwrap(), string);
        }

        #[test]
        fn any_bytes_are_read_or_malformed(bytes in any::<Vec<u8>>()) {
            let mut reader = Reader::new(&bytes);
            let _ = reader.object(|reader, key| {
                let _ = key.decode();
                reader.array(|reader| reader.skip().map(drop)).map(drop)
            });
        }
    }
}
