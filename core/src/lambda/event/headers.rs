//! Builds the headers of a request.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST},
};

use crate::{
    json::read::Text,
    lambda::{
        event::{
            fields::MAX_ITEMS,
            header_names::{HeaderNameCache, HeaderRole, TRACE_ID},
            text::slice,
        },
        quote::quote,
    },
};

/// The maximum number of headers. Fronts accept a few KB of headers, and `HeaderMap` panics at some thousands.
const MAX_HEADERS: usize = 4096;

/// Collects headers in order, without those that a server does not pass to an app.
pub(crate) struct HeadersBuilder<'a> {
    event: &'a Bytes,
    names: &'a mut HeaderNameCache,
    map: HeaderMap,
    had_content_length: bool,
    /// The trace id of the invocation, which continues the trace of the front and replaces the header.
    trace_id: Option<HeaderValue>,
    /// The number of `cookie` headers.
    cookies: usize,
    /// The number of `host` headers.
    hosts: usize,
    is_host_valid: bool,
    /// Memory for decoded values.
    decoded: Vec<u8>,
}

impl<'a> HeadersBuilder<'a> {
    pub(crate) fn new(event: &'a Bytes, names: &'a mut HeaderNameCache, count: usize, trace_id: Option<Bytes>) -> Self {
        Self {
            event,
            names,
            // Capacity for the headers that are added as well.
            map: HeaderMap::with_capacity(count.min(MAX_HEADERS) + 4),
            had_content_length: false,
            trace_id: trace_id.and_then(|id| HeaderValue::from_maybe_shared(id).ok()),
            cookies: 0,
            hosts: 0,
            is_host_valid: false,
            decoded: Vec::new(),
        }
    }

    /// Appends a header. A fallback is ignored if there is one of its name.
    ///
    /// Ignores headers about the connection to the front. Ignores `content-length`: the client may send a wrong one, and the
    /// front may change the body.
    ///
    /// # Errors
    /// The name or the value is not valid in HTTP, or there are more than [`MAX_HEADERS`]. The error is the reason.
    pub(crate) fn append(&mut self, name: Text<'_>, value: Text<'_>, is_fallback: bool) -> Result<(), String> {
        let bytes = name.decode().ok_or("the name of a header is not text")?;
        let Some((name, role)) = self.names.get(&bytes) else {
            return Err(format!("{} is not the name of a header", quote(&bytes)));
        };
        match role {
            HeaderRole::ContentLength => {
                self.had_content_length = true;
                return Ok(());
            }
            HeaderRole::Connection => return Ok(()),
            HeaderRole::TraceId if self.trace_id.is_some() => return Ok(()),
            _ if is_fallback && self.map.contains_key(&name) => return Ok(()),
            _ => {}
        }
        let Some(value) = self.value(value) else {
            let name = quote(name.as_str().as_bytes());
            return Err(format!("the value of the header {name} is not text or contains a control character"));
        };
        if self.map.len() == MAX_HEADERS {
            return Err(format!("there are more than {MAX_HEADERS} headers"));
        }
        match role {
            HeaderRole::Host => {
                self.hosts += 1;
                self.is_host_valid = is_valid_host(value.as_bytes());
            }
            HeaderRole::Cookie => self.cookies += 1,
            _ => {}
        }
        self.map.append(name, value);
        Ok(())
    }

    fn value(&mut self, value: Text<'_>) -> Option<HeaderValue> {
        let bytes = match value.verbatim() {
            Some(raw) => slice(self.event, raw),
            None => self.decoded(value)?,
        };
        HeaderValue::from_maybe_shared(bytes).ok()
    }

    /// Decodes a text with escapes.
    #[inline(never)]
    fn decoded(&mut self, text: Text<'_>) -> Option<Bytes> {
        self.decoded.clear();
        text.decode_into(&mut self.decoded)?;
        Some(Bytes::copy_from_slice(&self.decoded))
    }

    /// Sets the cookies that a front sends apart from the headers. Some fronts send them in the headers as well.
    ///
    /// Joins several `cookie` headers, which HTTP/2 allows, into one for HTTP/1.1 (RFC 9113, section 8.2.3).
    pub(crate) fn set_cookies(&mut self, cookies: &[Text<'_>]) -> Result<(), String> {
        if cookies.len() > MAX_ITEMS {
            return Err(format!("there are more than {MAX_ITEMS} cookies"));
        }
        let value = match cookies {
            [] if self.cookies <= 1 => return Ok(()),
            [] => {
                let values: Vec<&[u8]> = self.map.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
                HeaderValue::from_maybe_shared(Bytes::from(values.join(COOKIE_SEPARATOR))).ok()
            }
            [one] => self.value(*one),
            several => {
                let joined = join_cookies(several).ok_or("a cookie is not text")?;
                HeaderValue::from_maybe_shared(Bytes::from(joined)).ok()
            }
        };
        self.map.insert(COOKIE, value.ok_or("a cookie contains a control character")?);
        Ok(())
    }

    /// Ensures one valid `host`: of the client, else the domain of the event, else `localhost`.
    pub(crate) fn ensure_host(&mut self, domain: Option<Text<'_>>) {
        if self.hosts == 1 && self.is_host_valid {
            return;
        }
        let mut hosts = self.map.get_all(HOST).iter();
        let host = hosts.find(|host| is_valid_host(host.as_bytes())).cloned();
        let domain = || domain.and_then(|domain| self.value(domain)).filter(|host| is_valid_host(host.as_bytes()));
        let host = host.or_else(domain).unwrap_or(HeaderValue::from_static("localhost"));
        self.map.insert(HOST, host);
    }

    /// Sets the type of the body if the headers contain none.
    pub(crate) fn ensure_content_type(&mut self, content_type: &HeaderValue) {
        self.map.entry(CONTENT_TYPE).or_insert_with(|| content_type.clone());
    }

    /// Sets the trace id of the invocation.
    pub(crate) fn set_trace_id(&mut self) {
        if let Some(trace_id) = self.trace_id.take() {
            self.map.insert(TRACE_ID, trace_id);
        }
    }

    /// Returns the headers, with the length of the body. If the body is empty, only if the event contained a length.
    pub(crate) fn finish(mut self, body_length: usize) -> HeaderMap {
        if body_length > 0 || self.had_content_length {
            let length = if body_length == 0 { HeaderValue::from_static("0") } else { HeaderValue::from(body_length) };
            self.map.insert(CONTENT_LENGTH, length);
        }
        self.map
    }
}

const COOKIE_SEPARATOR: &[u8] = b"; ";

/// Joins cookies. Returns `None` if an escape is invalid.
fn join_cookies(cookies: &[Text<'_>]) -> Option<Vec<u8>> {
    // The exact length if there are no escapes, so that `Bytes` needs no second allocation.
    let separators = COOKIE_SEPARATOR.len() * cookies.len().saturating_sub(1);
    let mut joined = Vec::with_capacity(separators + cookies.iter().map(|cookie| cookie.raw().len()).sum::<usize>());
    for (number, cookie) in cookies.iter().enumerate() {
        if number > 0 {
            joined.extend_from_slice(COOKIE_SEPARATOR);
        }
        cookie.decode_into(&mut joined)?;
    }
    Some(joined)
}

/// Returns whether every byte may occur in a host and port (RFC 3986, section 3.2).
fn is_valid_host(host: &[u8]) -> bool {
    #[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
    const IS_ALLOWED: [bool; 256] = {
        let mut is_allowed = [false; 256];
        let mut byte = 0_u8;
        while byte < 0x80 {
            is_allowed[byte as usize] = byte.is_ascii_alphanumeric()
                || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':' | b'[' | b']' | b'%' | b'!' | b'$' | b'&' | b'\'')
                || matches!(byte, b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=');
            byte += 1;
        }
        is_allowed
    };
    !host.is_empty() && host.iter().all(|&byte| IS_ALLOWED.get(usize::from(byte)) == Some(&true))
}
