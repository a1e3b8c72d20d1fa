//! A JSON reader. Values are slices of the input, except [decoded strings](Reader::decoded_string).
//!
//! The caller reads the values that it needs in the order of the input, and skips the others, for which the reader only
//! matches brackets and quotes. Skipped values and numbers are not validated. Nesting uses no stack.

use crate::json::{BACKSLASH, QUOTE, text::unescape, vector};

pub(crate) use crate::json::text::{DecodedText, Text};

/// The maximum memory that a decoded string keeps besides its bytes.
const MAX_SPARE: usize = 64 * 1024;

/// The input is not JSON from byte `at` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) at: usize,
}

/// A position in JSON.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    /// The end of `bytes` that has not been read.
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, rest: bytes }
    }

    /// Reads an object: calls `member` for each key, which must read or skip the value.
    ///
    /// Skips a value of another type, and returns `false`.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, Text<'a>) -> Result<(), Malformed>,
    ) -> Result<bool, Malformed> {
        let (b'{', after) = self.peek()? else {
            self.skip()?;
            return Ok(false);
        };
        self.rest = after;
        if let (b'}', after) = self.peek()? {
            self.rest = after;
            return Ok(true);
        }
        loop {
            let (QUOTE, text) = self.peek()? else { return Err(self.malformed()) };
            let key = self.quoted(text)?;
            let (b':', after) = self.peek()? else { return Err(self.malformed()) };
            self.rest = after;
            member(self, key)?;
            match self.peek()? {
                (b',', after) => self.rest = after,
                (b'}', after) => {
                    self.rest = after;
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
        let (b'[', after) = self.peek()? else {
            self.skip()?;
            return Ok(false);
        };
        self.rest = after;
        if let (b']', after) = self.peek()? {
            self.rest = after;
            return Ok(true);
        }
        loop {
            element(self)?;
            match self.peek()? {
                (b',', after) => self.rest = after,
                (b']', after) => {
                    self.rest = after;
                    return Ok(true);
                }
                _ => return Err(self.malformed()),
            }
        }
    }

    /// Reads a string. Skips a value of another type, and returns `None`.
    pub(crate) fn string(&mut self) -> Result<Option<Text<'a>>, Malformed> {
        if let (QUOTE, text) = self.peek()? {
            return self.quoted(text).map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// Reads a string, and decodes it if it has escapes. Skips a value of another type, and returns `None`.
    ///
    /// For long strings: [`string`](Self::string) would read the bytes once, and decoding them a second time.
    pub(crate) fn decoded_string(&mut self) -> Result<Option<DecodedText<'a>>, Malformed> {
        let (QUOTE, text) = self.peek()? else {
            self.skip()?;
            return Ok(None);
        };
        let special = vector::find_either_far(QUOTE, BACKSLASH, text);
        if let Some((raw, [QUOTE, rest @ ..])) = special.and_then(|at| text.split_at_checked(at)) {
            self.rest = rest;
            return Ok(Some(DecodedText::Verbatim(raw)));
        }
        let mut decoded = Vec::new();
        if let Some(rest) = unescape(text, &mut decoded) {
            self.rest = rest;
            // The body of a request lives as long as the request, so its spare memory matters.
            if decoded.capacity() - decoded.len() > MAX_SPARE {
                decoded.shrink_to_fit();
            }
            return Ok(Some(DecodedText::Decoded(decoded.into())));
        }
        self.quoted(text)?;
        Ok(Some(DecodedText::Invalid))
    }

    /// Reads a string or an array of strings, and calls `string` for each. Skips values of other types.
    pub(crate) fn each_string(&mut self, mut string: impl FnMut(Text<'a>)) -> Result<(), Malformed> {
        match self.peek()? {
            (QUOTE, text) => string(self.quoted(text)?),
            (b'[', _) => {
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
        let (first, after) = self.peek()?;
        let start = self.rest;
        match first {
            QUOTE => drop(self.quoted(after)?),
            b'{' | b'[' => self.brackets()?,
            _ => {
                let literal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                let length = start.iter().take_while(|byte| literal(byte)).count();
                if length == 0 {
                    return Err(self.malformed());
                }
                self.rest = start.get(length..).unwrap_or_default();
            }
        }
        Ok(start.get(..start.len() - self.rest.len()).unwrap_or_default())
    }

    /// The position of the next value, for [`since`](Self::since).
    pub(crate) fn mark(&mut self) -> Result<usize, Malformed> {
        self.peek()?;
        Ok(self.at())
    }

    /// The bytes read since `mark`.
    pub(crate) fn since(&self, mark: usize) -> &'a [u8] {
        self.bytes.get(mark..self.at()).unwrap_or_default()
    }

    /// Whether only white space remains.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.peek().is_err()
    }

    fn brackets(&mut self) -> Result<(), Malformed> {
        let mut depth = 0_usize;
        while let [byte, after @ ..] = self.rest {
            match *byte {
                QUOTE => {
                    self.quoted(after)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.rest = after;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.rest = after;
        }
        Err(self.malformed())
    }

    /// Reads a string. `text` is the rest after its opening quote.
    fn quoted(&mut self, text: &'a [u8]) -> Result<Text<'a>, Malformed> {
        match vector::find_either(QUOTE, BACKSLASH, text).and_then(|at| text.split_at_checked(at)) {
            Some((raw, [QUOTE, rest @ ..])) => {
                self.rest = rest;
                Ok(Text::from_raw(raw))
            }
            Some((before, _)) => self.quoted_with_escapes(text, before.len()),
            None => Err(self.unterminated()),
        }
    }

    /// Reads a string whose first backslash is at position `at` of `text`.
    ///
    /// Not inlined, which would double the instructions at the start and the end of [`quoted`](Self::quoted).
    #[inline(never)]
    fn quoted_with_escapes(&mut self, text: &'a [u8], at: usize) -> Result<Text<'a>, Malformed> {
        let end = vector::find_unescaped_quote(text, at).ok_or_else(|| self.unterminated())?;
        let (raw, rest) = text.split_at_checked(end + 1).unwrap_or_default();
        self.rest = rest;
        Ok(Text::from_raw(raw))
    }

    /// Skips white space, and returns the next byte and the rest after it.
    #[inline]
    fn peek(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        match self.rest {
            [byte, after @ ..] if *byte > b' ' => Ok((*byte, after)),
            _ => self.peek_after_space(),
        }
    }

    /// Not a part of [`peek`](Self::peek), which is inlined: JSON of a front contains no white space between values.
    #[inline(never)]
    fn peek_after_space(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let space = self.rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
        self.rest = self.rest.get(space..).unwrap_or_default();
        let (byte, after) = self.rest.split_first().ok_or_else(|| self.malformed())?;
        Ok((*byte, after))
    }

    fn at(&self) -> usize {
        self.bytes.len() - self.rest.len()
    }

    #[cold]
    fn unterminated(&mut self) -> Malformed {
        self.rest = &[];
        self.malformed()
    }

    #[cold]
    pub(crate) fn malformed(&self) -> Malformed {
        Malformed { at: self.at() }
    }
}

#[cfg(test)]
mod tests;
