//! The headers of a reply.

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};

use crate::{
    json,
    lambda::reply::{HeaderFormat, ReplyShape, UNTYPED, is_bodiless},
};

/// What there is to say about headers that have been written.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The bytes of all fields as the front writes them to the client in HTTP/1.1: `name: value\r\n`.
    pub(crate) size: usize,
    /// Those that the front has no room for.
    pub(crate) lost_cookies: usize,
}

/// Appends headers as members of the reply, in the form that the style wants, and a type for a body that has none: the
/// front would make up one that is more of a claim. A response without a body and a type gets a null where that keeps the
/// front from adding a type.
pub(crate) fn push(
    out: &mut Vec<u8>,
    headers: HeaderMap,
    status: StatusCode,
    shape: ReplyShape,
    has_body: bool,
) -> Written {
    let mut written = Written::default();
    let named = named_by_connection(&headers);
    let mut needs_type = (has_body || shape.style.suppresses_type) && shape.style.only.is_none();
    let mut cookies = Vec::new();

    out.extend_from_slice(b",\"");
    out.extend_from_slice(match shape.style.headers {
        HeaderFormat::List => shape.style.lists_are_in.as_bytes(),
        _ => b"headers",
    });
    out.extend_from_slice(b"\":{");
    // The header whose values come: its name comes with the first of them.
    let mut header: Option<(HeaderName, HeaderFormat)> = None;
    let mut before = 0;
    for (name, value) in headers {
        if let Some(name) = name {
            close(out, header.take());
            let form = form(&name, status, shape).filter(|_| !named.contains(&name));
            needs_type &= name != CONTENT_TYPE || form.is_none();
            header = form.map(|form| (name, form));
            before = 0;
            if let Some((name, form)) = &header {
                open(out, name, *form);
            }
        }
        let Some((name, form)) = &header else { continue };
        // What the client gets before the value.
        let mut before_value = name.as_str().len() + ": \r\n".len();
        match form {
            HeaderFormat::CookiesArray => {
                cookies.push(value);
                continue;
            }
            _ if before == 0 => {}
            HeaderFormat::Joined => {
                out.extend_from_slice(b", ");
                before_value = ", ".len();
            }
            HeaderFormat::List => out.extend_from_slice(b"\",\""),
            HeaderFormat::CaseVariants if before < SPELLINGS => {
                out.extend_from_slice(b"\",\"");
                out.extend(spelling(name, before));
                out.extend_from_slice(b"\":\"");
            }
            HeaderFormat::CaseVariants | HeaderFormat::FirstValue => {
                written.lost_cookies += 1;
                continue;
            }
        }
        written.size += before_value + json::push_escaped_or_latin1(value.as_bytes(), out);
        before += 1;
    }
    close(out, header);
    if needs_type && has_body {
        let header = (CONTENT_TYPE, shape.style.headers);
        open(out, &header.0, header.1);
        out.extend_from_slice(UNTYPED.as_bytes());
        close(out, Some(header));
        written.size += "content-type: \r\n".len() + UNTYPED.len();
    } else if needs_type {
        // In a map of lists too: an empty list would suppress other headers as well.
        out.extend_from_slice(if out.last() == Some(&b'{') { b"" } else { b"," });
        out.extend_from_slice(b"\"content-type\":null");
    }
    out.push(b'}');
    // `cargo lambda watch` wants the list even where it is empty, as the official client for Rust writes it.
    if shape.style.cookies == HeaderFormat::CookiesArray {
        written.size += push_cookies(out, &cookies);
    }
    written
}

fn open(out: &mut Vec<u8>, name: &HeaderName, form: HeaderFormat) {
    if form == HeaderFormat::CookiesArray {
        return;
    }
    out.extend_from_slice(if out.last() == Some(&b'{') { b"\"" } else { b",\"" });
    // A header's name needs no escape.
    out.extend_from_slice(name.as_str().as_bytes());
    out.extend_from_slice(if form == HeaderFormat::List { b"\":[\"" } else { b"\":\"" });
}

fn close(out: &mut Vec<u8>, header: Option<(HeaderName, HeaderFormat)>) {
    match header {
        None | Some((_, HeaderFormat::CookiesArray)) => {}
        Some((_, HeaderFormat::List)) => out.extend_from_slice(b"\"]"),
        Some(_) => out.push(b'"'),
    }
}

/// Returns the bytes of the fields that the front makes of the cookies.
fn push_cookies(out: &mut Vec<u8>, cookies: &[HeaderValue]) -> usize {
    let mut size = 0;
    out.extend_from_slice(b",\"cookies\":[");
    for cookie in cookies {
        out.extend_from_slice(if out.last() == Some(&b'[') { b"\"" } else { b",\"" });
        size += "set-cookie: \r\n".len() + json::push_escaped_or_latin1(cookie.as_bytes(), out);
        out.push(b'"');
    }
    out.push(b']');
    size
}

/// How many ways there are to write `set-cookie`: nine letters, small or large.
const SPELLINGS: usize = 1 << 9;

/// The name in one of its spellings.
fn spelling(name: &HeaderName, number: usize) -> impl Iterator<Item = u8> {
    let mut letters = 0;
    name.as_str().bytes().map(move |byte| {
        if !byte.is_ascii_alphabetic() {
            return byte;
        }
        letters += 1;
        if number >> (letters - 1) & 1 == 1 { byte.to_ascii_uppercase() } else { byte }
    })
}

/// The form of a header of the app's; `None` if the client is not to get it. Headers about a connection are not for the
/// client (RFC 9110, section 7.6.1): the front has one of its own, and measures the body itself.
fn form(name: &HeaderName, status: StatusCode, shape: ReplyShape) -> Option<HeaderFormat> {
    let is_kept = match *name {
        _ if shape.style.only.is_some_and(|only| only != name.as_str()) => false,
        SET_COOKIE => return Some(shape.style.cookies),
        CONNECTION | TRANSFER_ENCODING | TE | TRAILER | UPGRADE => false,
        // A prelude that says a length is remapped, or breaks the stream.
        CONTENT_LENGTH => shape.without_body && !is_bodiless(status) && !shape.style.is_prelude,
        // A 304 may have that of the body that the client holds (RFC 9110, section 15.4.5).
        CONTENT_TYPE => !is_bodiless(status) || status == StatusCode::NOT_MODIFIED,
        _ => !matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    };
    is_kept.then_some(shape.style.headers)
}

/// The headers that `connection` says are about it as well.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    let values = headers.get_all(CONNECTION).iter();
    let names = values.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    names.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_differ_and_are_of_one_name() {
        let all: std::collections::HashSet<String> =
            (0..SPELLINGS).map(|number| spelling(&SET_COOKIE, number).map(char::from).collect()).collect();
        assert_eq!(all.len(), SPELLINGS);
        assert!(all.iter().all(|name| name.eq_ignore_ascii_case("set-cookie")));
        assert!(all.contains("set-cookie") && all.contains("SET-COOKIE"));
    }
}
