//! The lines of a response head.
//!
//! A small invocation has two heads. Finding their lines and names takes 1,800 instructions, and took 3,400 with `httparse`.

#[cfg(target_arch = "aarch64")]
use memchr::arch::aarch64::neon::memchr as instructions;
#[cfg(not(any(target_arch = "aarch64", target_arch = "x86_64")))]
use memchr::arch::all::memchr as instructions;
#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr as instructions;

/// Maximum number of headers. The Runtime API sends about ten.
const MAX_HEADERS: usize = 64;

pub(super) const INVALID_NAME: &str = "invalid header name";

/// A name and a value.
pub(super) type Field<'a> = (&'a [u8], &'a [u8]);

/// Reads the lines of a head one after the other.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    /// The number of headers that may follow.
    left: usize,
}

impl<'a> Fields<'a> {
    /// Begins with the first line of `head`, which may follow an empty line.
    ///
    /// # Errors
    /// The head contains a control character other than a tab and those that end lines. A value may be sent back to the Runtime API,
    /// and apps set environment variables from some.
    pub(super) fn new(head: &'a [u8]) -> Result<Self, &'static str> {
        if has_control(head) {
            return Err("invalid control character");
        }
        Ok(Self { rest: head.strip_prefix(b"\r\n").unwrap_or(head), left: MAX_HEADERS })
    }

    /// Returns the next line, or `None` after the last one.
    ///
    /// # Errors
    /// The line does not end with a carriage return and a line feed, or contains one of them. The end of the head was found with both,
    /// so that a line feed alone ends no line either (RFC 9112, section 2.2, leaves that open).
    pub(super) fn next_line(&mut self) -> Result<Option<&'a [u8]>, &'static str> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let end = find_either(b'\r', b'\n', self.rest).and_then(|end| self.rest.split_at_checked(end));
        let (line, rest) = match end {
            Some((line, [b'\r', b'\n', rest @ ..])) => (line, rest),
            _ => return Err("invalid end of a line"),
        };
        self.rest = rest;
        match (line, rest) {
            ([], []) => Ok(None),
            ([], _) => Err("empty line"),
            (line, _) => Ok(Some(line)),
        }
    }

    /// Returns the name and the value of the next header, or `None` after the last one. Check with [`is_token`] a name that is not compared
    /// with a valid one.
    ///
    /// # Errors
    /// The line is not a header, or there are too many.
    pub(super) fn next(&mut self) -> Result<Option<Field<'a>>, &'static str> {
        let Some(line) = self.next_line()? else { return Ok(None) };
        self.left = self.left.checked_sub(1).ok_or("too many headers")?;
        // A line that begins with a space continues the line before (obsolete), and a space before the colon is invalid.
        match find_either(b':', b' ', line).and_then(|end| line.split_at_checked(end)) {
            Some((name, [b':', value @ ..])) => Ok(Some((name, trim(value)))),
            _ => Err(INVALID_NAME),
        }
    }

    /// Reads the other headers, and drops them.
    ///
    /// # Errors
    /// As [`next`](Self::next), or a name is invalid.
    pub(super) fn skip(&mut self) -> Result<(), &'static str> {
        while let Some((name, _)) = self.next()? {
            if !is_token(name) {
                return Err(INVALID_NAME);
            }
        }
        Ok(())
    }
}

/// Returns whether `head` contains a control character other than a tab, a carriage return and a line feed.
fn has_control(head: &[u8]) -> bool {
    let is_control = |byte: u8| ((byte < b' ') & (byte != b'\t') & (byte != b'\r') & (byte != b'\n')) | (byte == 0x7f);
    // Without branches, so that the compiler uses vector instructions. For each line, it would take three times as many.
    head.iter().fold(false, |has_control, &byte| has_control | is_control(byte))
}

/// Returns whether `name` is a token (RFC 9110, section 5.6.2).
pub(super) fn is_token(name: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_token)
}

/// Removes white space at both ends. Most values have one space before them.
fn trim(value: &[u8]) -> &[u8] {
    if let [b' ', rest @ ..] = value
        && let [first, .., last] = rest
        && first.min(last) > &b' '
    {
        return rest;
    }
    value.trim_ascii()
}

/// Returns the minor version as a digit, and the status.
///
/// # Errors
/// The line is not a status line of HTTP/1.0 or HTTP/1.1.
pub(super) fn parse_status_line(line: &[u8]) -> Result<(u8, u16), &'static str> {
    let [b'H', b'T', b'T', b'P', b'/', b'1', b'.', minor @ (b'0' | b'1'), b' ', digits @ ..] = line else {
        return Err("invalid HTTP version");
    };
    match digits.split_first_chunk::<3>() {
        Some((status, [] | [b' ', ..])) if status.iter().all(u8::is_ascii_digit) && status.first() != Some(&b'0') => {
            Ok((*minor, status.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'))))
        }
        _ => Err("invalid status code"),
    }
}

/// Parses a number that consists of digits only.
pub(crate) fn parse_number(digits: &[u8]) -> Option<u64> {
    let add = |number: u64, digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        number.checked_mul(10)?.checked_add(digit.into())
    };
    digits.first()?;
    digits.iter().try_fold(0, add)
}

/// Returns whether `name` is `wanted`, which consists of lower-case letters and `-`, in any case.
///
/// Compares all bytes at once. `eq_ignore_ascii_case` takes six instructions for each byte.
#[inline]
pub(crate) fn is_named<const N: usize>(name: &[u8], wanted: &[u8; N]) -> bool {
    let Ok(name) = <&[u8; N]>::try_from(name) else { return false };
    // The bit distinguishes the cases of a letter. Of the other bytes, only a control character could become a `-`.
    name.iter().zip(wanted).fold(true, |is_equal, (byte, wanted)| is_equal & (byte | 0x20 == *wanted))
}

/// Inlined, unlike the functions of `memchr`, which choose the instructions with each call. That takes longer than the search in
/// a line.
#[inline]
#[allow(clippy::useless_conversion, reason = "on other processors, `new` returns no `Option`")]
fn find_either(one: u8, two: u8, bytes: &[u8]) -> Option<usize> {
    match Option::from(instructions::Two::new(one, two)) {
        Some(searcher) => instructions::Two::find(&searcher, bytes),
        None => memchr::memchr2(one, two, bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(head: &[u8]) -> Result<Vec<Field<'_>>, &'static str> {
        let mut fields = Fields::new(head)?;
        std::iter::from_fn(|| fields.next().transpose()).collect()
    }

    #[test]
    fn reads_names_and_values_without_space_around() {
        let head = b"\r\nA:1\r\nLong-Name: \t two words\t \r\nempty:\r\nspaces:  1  \r\nbytes: \xff\r\n\r\n";
        let expected: Vec<Field<'_>> =
            vec![(b"A", b"1"), (b"Long-Name", b"two words"), (b"empty", b""), (b"spaces", b"1"), (b"bytes", b"\xff")];
        assert_eq!(headers(head).unwrap(), expected);
    }

    #[test]
    fn rejects_lines_that_are_not_headers() {
        for line in [
            "no colon",
            ": no name",
            "a : b",
            " a: b",
            "\ta: b",
            "a: b\rc",
            "a b: c",
            "a\tb: c",
            "a\t: b",
            "é: b",
            "a: b\nc: d",
            "Transfer-Encoding\u{7f}: chunked",
            "a: b\0c",
            "a: \u{1b}[2J",
            "a: b\u{7f}",
            "a: b\0\0c",
        ] {
            let head = format!("{line}\r\n\r\n");
            assert!(Fields::new(head.as_bytes()).and_then(|mut fields| fields.skip()).is_err(), "{line:?}");
        }
        assert_eq!(headers("a: é\tb\r\n\r\n".as_bytes()).unwrap(), [(&b"a"[..], "é\tb".as_bytes())]);
        assert!(headers(b"a: b").is_err());
        assert_eq!(headers(b"a: b\r\n\r\nc: d\r\n\r\n"), Err("empty line"));
        for head in ["a: b\n\nc: d\r\n\r\n", "\na: b\r\n\r\n", "a: b\n\r\n", "\r\n\ra: b\r\n\r\n"] {
            assert_eq!(headers(head.as_bytes()), Err("invalid end of a line"), "{head:?}");
        }
        let many = "a: b\r\n".repeat(MAX_HEADERS);
        assert_eq!(headers(many.as_bytes()).unwrap().len(), MAX_HEADERS);
        assert_eq!(headers((many + "a: b\r\n").as_bytes()), Err("too many headers"));
    }

    #[test]
    fn reads_names_that_are_tokens() {
        for byte in 0..=u8::MAX {
            let is_token = byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            for name in [[byte, b'a', b'a'], [b'a', byte, b'a'], [b'a', b'a', byte]] {
                assert_eq!(super::is_token(&name), is_token, "{}", name.escape_ascii());
            }
        }
        assert!(!super::is_token(b""));
    }

    #[test]
    fn parses_status_lines() {
        for (line, parsed) in [
            ("HTTP/1.1 200 OK", Some((b'1', 200))),
            ("HTTP/1.0 404 ", Some((b'0', 404))),
            ("HTTP/1.1 202", Some((b'1', 202))),
            ("HTTP/1.1 050 OK", None),
            ("HTTP/1.1 20", None),
            ("HTTP/1.1 2000", None),
            ("HTTP/1.1 2x0 OK", None),
            ("HTTP/1.1  200 OK", None),
            ("HTTP/2.0 200 OK", None),
            ("HTTP/1.1", None),
            ("SSH-2.0-x", None),
            ("", None),
        ] {
            assert_eq!(parse_status_line(line.as_bytes()).ok(), parsed, "{line}");
        }
    }

    #[test]
    fn parses_numbers_of_digits_only() {
        assert_eq!(parse_number(b"0"), Some(0));
        assert_eq!(parse_number(b"18446744073709551615"), Some(u64::MAX));
        for invalid in ["", "+1", "-1", " 1", "1 ", "1e3", "18446744073709551616", "99999999999999999999999"] {
            assert_eq!(parse_number(invalid.as_bytes()), None, "{invalid}");
        }
    }

    #[test]
    fn compares_names_without_case() {
        assert!(is_named(b"Content-Length", b"content-length") && is_named(b"CONNECTION", b"connection"));
        assert!(!is_named(b"content", b"content-length") && !is_named(b"content_length", b"content-length"));
    }
}
