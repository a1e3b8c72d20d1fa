//! The headers of a reply.

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};

use crate::{
    json,
    lambda::reply::{
        format::{HeaderFormat, ReplyFormat},
        shape::ReplyShape,
    },
};

/// The type of a body for which the app sends none.
pub(crate) const DEFAULT_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/octet-stream");

/// Measurements of the headers that were written.
#[derive(Debug, Default)]
pub(crate) struct HeaderStats {
    /// The bytes of all fields as the front writes them to the client in HTTP/1.1: `name: value\r\n`.
    pub(crate) size: usize,
    /// The number of cookies that the format has no room for.
    pub(crate) dropped_cookies: usize,
}

/// Writes headers as members of the reply, in the format of the front.
///
/// A body without a type gets the [default type](DEFAULT_CONTENT_TYPE), because the front would add a more specific one. A
/// response without a body and type gets `null` as its type if that keeps the front from adding one.
pub(crate) fn write(
    out: &mut Vec<u8>,
    headers: HeaderMap,
    status: StatusCode,
    shape: ReplyShape,
    has_body: bool,
) -> HeaderStats {
    let connection_options = connection_options(&headers);
    let mut has_type = false;
    let mut writer = HeaderWriter::new(out, shape.format);
    for (name, value) in headers {
        if let Some(name) = name {
            let format = format_of(&name, status, shape).filter(|_| !connection_options.contains(&name));
            has_type |= name == CONTENT_TYPE && format.is_some();
            writer.begin_header(format.map(|format| (name, format)));
        }
        writer.push_value(value);
    }
    if !has_type && shape.format.only_header.is_none() {
        if has_body {
            writer.begin_header(Some((CONTENT_TYPE, shape.format.headers)));
            writer.push_value(DEFAULT_CONTENT_TYPE);
        } else if shape.format.suppresses_type {
            writer.push_null_type();
        }
    }
    writer.finish()
}

/// Writes the values of one header after the other.
struct HeaderWriter<'a> {
    out: &'a mut Vec<u8>,
    format: &'static ReplyFormat,
    /// The header that the next values belong to, unless it is dropped.
    header: Option<(HeaderName, HeaderFormat)>,
    /// The number of its values that were written.
    values: usize,
    /// Values for the array `cookies`.
    cookies: Vec<HeaderValue>,
    stats: HeaderStats,
}

impl<'a> HeaderWriter<'a> {
    fn new(out: &'a mut Vec<u8>, format: &'static ReplyFormat) -> Self {
        out.extend_from_slice(b",\"");
        out.extend_from_slice(match format.headers {
            HeaderFormat::List => format.list_member.as_bytes(),
            _ => b"headers",
        });
        out.extend_from_slice(b"\":{");
        Self { out, format, header: None, values: 0, cookies: Vec::new(), stats: HeaderStats::default() }
    }

    /// Ends the previous header, and begins another. The values of `None` are dropped.
    fn begin_header(&mut self, header: Option<(HeaderName, HeaderFormat)>) {
        self.end_header();
        if let Some((name, format)) = &header
            && *format != HeaderFormat::CookiesArray
        {
            self.push_comma();
            self.out.push(b'"');
            // Header names contain no characters to escape.
            self.out.extend_from_slice(name.as_str().as_bytes());
            self.out.extend_from_slice(if *format == HeaderFormat::List { b"\":[\"" } else { b"\":\"" });
        }
        self.header = header;
        self.values = 0;
    }

    fn push_value(&mut self, value: HeaderValue) {
        let Some((name, format)) = &self.header else { return };
        let field = name.as_str().len() + ": \r\n".len();
        // The bytes that the front sends besides the value.
        let overhead = match format {
            HeaderFormat::CookiesArray => {
                self.cookies.push(value);
                return;
            }
            _ if self.values == 0 => field,
            HeaderFormat::Joined => {
                self.out.extend_from_slice(b", ");
                ", ".len()
            }
            HeaderFormat::List => {
                self.out.extend_from_slice(b"\",\"");
                field
            }
            HeaderFormat::CaseVariants if self.values < CASE_VARIANTS => {
                self.out.extend_from_slice(b"\",\"");
                self.out.extend(case_variant(name, self.values));
                self.out.extend_from_slice(b"\":\"");
                field
            }
            HeaderFormat::CaseVariants | HeaderFormat::FirstValue => {
                self.stats.dropped_cookies += 1;
                return;
            }
        };
        self.stats.size += overhead + json::push_escaped_or_latin1(value.as_bytes(), self.out);
        self.values += 1;
    }

    fn end_header(&mut self) {
        match self.header.take() {
            None | Some((_, HeaderFormat::CookiesArray)) => {}
            Some((_, HeaderFormat::List)) => self.out.extend_from_slice(b"\"]"),
            Some(_) => self.out.push(b'"'),
        }
    }

    /// Writes `null` as the type, in a map of lists too: an empty list would suppress other headers as well.
    fn push_null_type(&mut self) {
        self.end_header();
        self.push_comma();
        self.out.extend_from_slice(b"\"content-type\":null");
    }

    fn push_comma(&mut self) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
    }

    /// Ends the headers, and writes the array `cookies` if the format has one.
    fn finish(mut self) -> HeaderStats {
        self.end_header();
        self.out.push(b'}');
        // `cargo lambda watch` requires the array even if it is empty: AWS's Rust runtime client always writes it.
        if self.format.cookies == HeaderFormat::CookiesArray {
            self.push_cookies();
        }
        self.stats
    }

    fn push_cookies(&mut self) {
        self.out.extend_from_slice(b",\"cookies\":[");
        for cookie in &self.cookies {
            self.out.extend_from_slice(if self.out.last() == Some(&b'[') { b"\"" } else { b",\"" });
            let length = json::push_escaped_or_latin1(cookie.as_bytes(), self.out);
            self.out.push(b'"');
            self.stats.size += "set-cookie: \r\n".len() + length;
        }
        self.out.push(b']');
    }
}

/// The number of case variants of `set-cookie`, which has nine letters.
const CASE_VARIANTS: usize = 1 << 9;

/// Returns `name` in one of its case variants: bit `i` of `number` makes letter `i` a capital.
fn case_variant(name: &HeaderName, number: usize) -> impl Iterator<Item = u8> {
    let mut letters = 0;
    name.as_str().bytes().map(move |byte| {
        if !byte.is_ascii_alphabetic() {
            return byte;
        }
        letters += 1;
        if number >> (letters - 1) & 1 == 1 { byte.to_ascii_uppercase() } else { byte }
    })
}

/// Returns the format of a response header, or `None` for a header that the client must not receive.
///
/// Drops headers about the connection (RFC 9110, section 7.6.1) and the length: the front has a connection of its own, and
/// measures the body.
fn format_of(name: &HeaderName, status: StatusCode, shape: ReplyShape) -> Option<HeaderFormat> {
    let is_kept = match *name {
        _ if shape.format.only_header.is_some_and(|only| only != name.as_str()) => false,
        SET_COOKIE => return Some(shape.format.cookies),
        CONNECTION | TRANSFER_ENCODING | TE | TRAILER | UPGRADE => false,
        // In a prelude, a length is renamed by a Function URL, and breaks the stream of a REST API.
        CONTENT_LENGTH => shape.without_body && !is_bodiless(status) && !shape.is_streamed(),
        // A 304 may describe the body that the client has cached (RFC 9110, section 15.4.5).
        CONTENT_TYPE => !is_bodiless(status) || status == StatusCode::NOT_MODIFIED,
        _ => !matches!(name.as_str(), "keep-alive" | "proxy-connection"),
    };
    is_kept.then_some(shape.format.headers)
}

/// Returns whether a response with this status has no body: 204, 205 and 304 (RFC 9110, sections 6.4.1 and 15.3.6).
pub(crate) fn is_bodiless(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

/// Returns the headers that `connection` names, which are about the connection as well.
fn connection_options(headers: &HeaderMap) -> Vec<HeaderName> {
    // Most responses do not have the header. Among few names, a search takes a tenth of a lookup.
    if !headers.keys().any(|name| name == CONNECTION) {
        return Vec::new();
    }
    let values = headers.get_all(CONNECTION).iter();
    let names = values.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    names.filter_map(|name| HeaderName::from_bytes(name.trim_ascii()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_variants_are_distinct_names_of_one_header() {
        let all: std::collections::HashSet<String> =
            (0..CASE_VARIANTS).map(|number| case_variant(&SET_COOKIE, number).map(char::from).collect()).collect();
        assert_eq!(all.len(), CASE_VARIANTS);
        assert!(all.iter().all(|name| name.eq_ignore_ascii_case("set-cookie")));
        assert!(all.contains("set-cookie") && all.contains("SET-COOKIE"));
    }
}
