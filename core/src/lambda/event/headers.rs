//! Builds the headers of a request.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};

use crate::{
    json::read::Text,
    lambda::{
        event::{fields::MAX_ITEMS, header_names::HeaderNameCache, text::to_bytes},
        quote::quote,
    },
};

/// The maximum number of headers. Fronts accept a few KB of headers, and `HeaderMap` panics at some thousands.
const MAX_HEADERS: usize = 4096;
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Collects headers in order, without those that a server does not pass to an app.
pub(crate) struct HeadersBuilder<'a> {
    event: &'a Bytes,
    names: &'a mut HeaderNameCache,
    map: HeaderMap,
    had_content_length: bool,
}

impl<'a> HeadersBuilder<'a> {
    pub(crate) fn new(event: &'a Bytes, names: &'a mut HeaderNameCache, count: usize) -> Self {
        // Capacity for the headers that are added as well.
        Self { event, names, map: HeaderMap::with_capacity(count.min(MAX_HEADERS) + 4), had_content_length: false }
    }

    /// Appends a header.
    ///
    /// Ignores headers about the connection to the front. Ignores `content-length`: the client may send a wrong one, and the
    /// front may change the body.
    ///
    /// # Errors
    /// The name or the value is not valid in HTTP, or there are more than [`MAX_HEADERS`]. The error is the reason.
    pub(crate) fn append(&mut self, name: Text<'_>, value: Text<'_>) -> Result<(), String> {
        match self.name(name)? {
            Some(name) => self.append_named(name, value),
            None => Ok(()),
        }
    }

    /// Appends a header like [`append`](Self::append) if there is none of its name.
    pub(crate) fn append_if_missing(&mut self, name: Text<'_>, value: Text<'_>) -> Result<(), String> {
        match self.name(name)? {
            Some(name) if !self.map.contains_key(&name) => self.append_named(name, value),
            _ => Ok(()),
        }
    }

    /// Parses a name. Returns `None` if the header is to be ignored.
    fn name(&mut self, name: Text<'_>) -> Result<Option<HeaderName>, String> {
        let bytes = name.decode().ok_or("the name of a header is not text")?;
        let name = self.names.get(&bytes).ok_or_else(|| format!("{} is not the name of a header", quote(&bytes)))?;
        if name == CONTENT_LENGTH {
            self.had_content_length = true;
            return Ok(None);
        }
        Ok((!is_about_connection(&name)).then_some(name))
    }

    fn append_named(&mut self, name: HeaderName, value: Text<'_>) -> Result<(), String> {
        let value = self.value(value).ok_or_else(|| {
            let name = quote(name.as_str().as_bytes());
            format!("the value of the header {name} is not text or contains a control character")
        })?;
        if self.map.len() == MAX_HEADERS {
            return Err(format!("there are more than {MAX_HEADERS} headers"));
        }
        self.map.append(name, value);
        Ok(())
    }

    fn value(&self, value: Text<'_>) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(to_bytes(self.event, value)?).ok()
    }

    /// Sets the cookies that a front sends apart from the headers. Some fronts send them in the headers as well.
    ///
    /// Joins several `cookie` headers, which HTTP/2 allows, into one for HTTP/1.1 (RFC 9113, section 8.2.3).
    pub(crate) fn set_cookies(&mut self, cookies: &[Text<'_>]) -> Result<(), String> {
        if cookies.len() > MAX_ITEMS {
            return Err(format!("there are more than {MAX_ITEMS} cookies"));
        }
        let value = match cookies {
            [] if self.map.get_all(COOKIE).iter().nth(1).is_none() => return Ok(()),
            [] => join_cookies(self.map.get_all(COOKIE).iter().map(HeaderValue::as_bytes)),
            [one] => self.value(*one),
            several => {
                let several: Option<Vec<_>> = several.iter().map(|cookie| cookie.decode()).collect();
                join_cookies(several.ok_or("a cookie is not text")?.iter().map(|cookie| &**cookie))
            }
        };
        self.map.insert(COOKIE, value.ok_or("a cookie contains a control character")?);
        Ok(())
    }

    /// Ensures one valid `host`: of the client, else the domain of the event, else `localhost`.
    pub(crate) fn ensure_host(&mut self, domain: Option<Text<'_>>) {
        let mut hosts = self.map.get_all(HOST).iter();
        let host = hosts.find(|host| is_valid_host(host.as_bytes())).cloned();
        if host.is_some() && self.map.get_all(HOST).iter().nth(1).is_none() {
            return;
        }
        let domain = || domain.and_then(|domain| self.value(domain)).filter(|host| is_valid_host(host.as_bytes()));
        let host = host.or_else(domain).unwrap_or(HeaderValue::from_static("localhost"));
        self.map.insert(HOST, host);
    }

    /// Sets the type of the body if the headers contain none.
    pub(crate) fn ensure_content_type(&mut self, content_type: &HeaderValue) {
        self.map.entry(CONTENT_TYPE).or_insert_with(|| content_type.clone());
    }

    /// Sets the trace id of the invocation, which continues the trace of the front.
    pub(crate) fn set_trace_id(&mut self, trace_id: Option<Bytes>) {
        if let Some(value) = trace_id.and_then(|id| HeaderValue::from_maybe_shared(id).ok()) {
            self.map.insert(TRACE_ID, value);
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

fn join_cookies<'a>(cookies: impl Iterator<Item = &'a [u8]>) -> Option<HeaderValue> {
    let cookies: Vec<&[u8]> = cookies.collect();
    HeaderValue::from_maybe_shared(Bytes::from(cookies.join(&b"; "[..]))).ok()
}

/// Returns whether a header is about the connection between the client and the front (RFC 9110, section 7.6.1), or is
/// `expect`, to which the front has responded.
fn is_about_connection(name: &HeaderName) -> bool {
    match *name {
        CONNECTION | TRANSFER_ENCODING | TE | TRAILER | UPGRADE | EXPECT => true,
        _ => match name.as_str().strip_prefix("proxy") {
            // `proxy` must not become the variable `HTTP_PROXY` of a CGI script (CVE-2016-5385).
            Some(rest) => rest.is_empty() || rest.starts_with('-'),
            None => name.as_str() == "keep-alive",
        },
    }
}

/// Returns whether every byte may occur in a host and port (RFC 3986, section 3.2).
fn is_valid_host(host: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(byte);
    !host.is_empty() && host.iter().all(is_allowed)
}
