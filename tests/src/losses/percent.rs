//! Percent-encoding, independent of the crates under test.

/// Decodes percent-encoding. Returns `None` if an escape is invalid.
pub fn percent_decode(mut text: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![];
    while let Some((&byte, rest)) = text.split_first() {
        text = rest;
        if byte == b'%' {
            let digits = std::str::from_utf8(text.get(..2)?).ok()?;
            out.push(u8::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+'))?);
            text = &text[2..];
        } else {
            out.push(byte);
        }
    }
    Some(out)
}

/// Escapes all bytes except letters, digits and `kept`.
pub fn percent_encode(bytes: &[u8], kept: &[u8]) -> String {
    let escape = |&byte: &u8| match byte {
        _ if byte.is_ascii_alphanumeric() || kept.contains(&byte) => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    bytes.iter().map(escape).collect()
}
