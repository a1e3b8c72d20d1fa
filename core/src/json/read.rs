//! A JSON reader that reads each byte once and copies none: values are slices of the input.
//!
//! The caller reads the values that it needs in the order of the input, and skips the others, for which the reader only
//! matches brackets and quotes. Skipped values and numbers are not validated. Nesting uses no stack.

use std::borrow::Cow;

use crate::json::swar::{self, BACKSLASH, QUOTE};

/// The input is not JSON from byte `at` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
}

/// A JSON string of the input, without its quotes and with its escapes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'a> {
    /// Includes the closing quote if the string has escapes. A string without escapes contains no quote, so this replaces
    /// a flag, and halves the size of a `Text`.
    raw: &'a [u8],
}

impl<'a> Text<'a> {
    /// Decodes the string. Returns `None` if an escape is invalid.
    pub(crate) fn decode(self) -> Option<Cow<'a, [u8]>> {
        match self.raw.split_last() {
            Some((b'"', escaped)) => unescape(escaped).map(Cow::Owned),
            _ => Some(Cow::Borrowed(self.raw)),
        }
    }

    /// The bytes of the input, with escapes.
    pub(crate) fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The bytes of the input, if the string has no escapes.
    pub(crate) fn verbatim(self) -> Option<&'a [u8]> {
        (self.raw.last() != Some(&b'"')).then_some(self.raw)
    }
}

/// A position in JSON.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Reads an object: calls `member` for each key, which must read or skip the value.
    ///
    /// Skips a value of another type, and returns `false`.
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

    /// Reads an array: calls `element` for each value, which it must read or skip.
    ///
    /// Skips a value of another type, and returns `false`.
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

    /// Reads a string. Skips a value of another type, and returns `None`.
    pub(crate) fn string(&mut self) -> Result<Option<Text<'a>>, Malformed> {
        if self.peek()? == b'"' {
            self.quoted().map(Some)
        } else {
            self.skip()?;
            Ok(None)
        }
    }

    /// Reads a string or an array of strings, and calls `string` for each. Skips values of other types.
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

    /// Reads a boolean. Returns `false` for a value of another type.
    pub(crate) fn boolean(&mut self) -> Result<bool, Malformed> {
        Ok(self.skip()? == b"true")
    }

    /// Skips a value of any type, and returns its bytes.
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

    /// The position of the next value, for [`since`](Self::since).
    pub(crate) fn mark(&mut self) -> Result<usize, Malformed> {
        self.peek()?;
        Ok(self.at)
    }

    /// The bytes read since `mark`.
    pub(crate) fn since(&self, mark: usize) -> &'a [u8] {
        self.bytes.get(mark..self.at).unwrap_or_default()
    }

    /// Whether only white space remains.
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

    /// Reads a string whose opening quote is the next byte.
    fn quoted(&mut self) -> Result<Text<'a>, Malformed> {
        let start = self.at + 1;
        let mut has_escapes = false;
        self.at = start;
        while let Some(at) = swar::find_from(self.bytes, self.at, BACKSLASH, QUOTE) {
            if self.bytes.get(at) == Some(&QUOTE) {
                self.at = at + 1;
                return Ok(Text { raw: self.bytes.get(start..at + usize::from(has_escapes)).unwrap_or_default() });
            }
            // An escaped quote does not end the string.
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

    /// Skips white space, and returns the next byte.
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

/// Decodes the escapes of RFC 8259, section 7. Returns `None` for an unknown escape or a lone surrogate.
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
mod tests;
