//! The headers of a request, out of an event's.

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};

use crate::{
    json::read::Text,
    lambda::event::{fields::MAX_ITEMS, names::HeaderNameCache, owned, quoted},
};

/// The most headers that a request has. Fronts end at some KB of them, and `HeaderMap` panics beyond some thousands.
const MAX_HEADERS: usize = 4096;
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Collects headers in their order, and keeps to itself those that a server would not hand to an app either.
pub(crate) struct Headers<'a> {
    event: &'a Bytes,
    names: &'a mut HeaderNameCache,
    map: HeaderMap,
    had_content_length: bool,
}

impl<'a> Headers<'a> {
    pub(crate) fn new(event: &'a Bytes, names: &'a mut HeaderNameCache, count: usize) -> Self {
        // Room for those that are added as well.
        Self { event, names, map: HeaderMap::with_capacity(count.min(MAX_HEADERS) + 4), had_content_length: false }
    }

    /// Adds a header, or one that counts only where there is none of its name yet. Those of the connection that the event came
    /// over are left out, and `content-length`, which the client may have got wrong and the front has lost sight of.
    ///
    /// An error says what is wrong with it: no client could have sent it.
    pub(crate) fn add(&mut self, name: Text<'_>, value: Text<'_>, only_if_missing: bool) -> Result<(), String> {
        let bytes = name.decode().ok_or("a header's name is no text")?;
        let name = self.names.get(&bytes).ok_or_else(|| format!("{} is not the name of a header", quoted(&bytes)))?;
        if name == CONTENT_LENGTH {
            self.had_content_length = true;
        } else if !(is_of_the_connection(&name) || only_if_missing && self.map.contains_key(&name)) {
            let value = self.value(value).ok_or_else(|| {
                format!(
                    "the value of the header {} holds a control character or is no text",
                    quoted(name.as_str().as_bytes())
                )
            })?;
            if self.map.len() == MAX_HEADERS {
                return Err(format!("there are more than {MAX_HEADERS} headers"));
            }
            self.map.append(name, value);
        }
        Ok(())
    }

    fn value(&self, value: Text<'_>) -> Option<HeaderValue> {
        HeaderValue::from_maybe_shared(owned(self.event, value)?).ok()
    }

    /// Sets the cookies, which some fronts send apart from the headers, and some as well as among them. Several headers of
    /// them, as HTTP/2 allows, become the one that HTTP/1.1 has (RFC 9113, section 8.2.3).
    pub(crate) fn set_cookies(&mut self, cookies: &[Text<'_>]) -> Result<(), String> {
        if cookies.len() > MAX_ITEMS {
            return Err(format!("there are more than {MAX_ITEMS} cookies"));
        }
        let value = match cookies {
            [] if self.map.get_all(COOKIE).iter().nth(1).is_none() => return Ok(()),
            [] => joined(self.map.get_all(COOKIE).iter().map(HeaderValue::as_bytes)),
            [one] => self.value(*one),
            several => {
                let several: Option<Vec<_>> = several.iter().map(|cookie| cookie.decode()).collect();
                joined(several.ok_or("a cookie is no text")?.iter().map(|cookie| &**cookie))
            }
        };
        self.map.insert(COOKIE, value.ok_or("a cookie holds a control character")?);
        Ok(())
    }

    /// Sees to it that there is one `host`, and that it could be one: the client's, else the domain that the front was called by.
    pub(crate) fn ensure_host(&mut self, domain: Option<Text<'_>>) {
        let mut hosts = self.map.get_all(HOST).iter();
        let host = hosts.find(|host| could_be_a_host(host.as_bytes())).cloned();
        if host.is_some() && self.map.get_all(HOST).iter().nth(1).is_none() {
            return;
        }
        let domain = || domain.and_then(|domain| self.value(domain)).filter(|host| could_be_a_host(host.as_bytes()));
        let host = host.or_else(domain).unwrap_or(HeaderValue::from_static("localhost"));
        self.map.insert(HOST, host);
    }

    /// Sets the type of the body, if nobody has said what it is.
    pub(crate) fn ensure_type(&mut self, content_type: HeaderValue) {
        self.map.entry(CONTENT_TYPE).or_insert(content_type);
    }

    /// Sets the trace id of the invocation, which continues the one that the front began.
    pub(crate) fn set_trace_id(&mut self, trace_id: Option<Bytes>) {
        if let Some(value) = trace_id.and_then(|id| HeaderValue::from_maybe_shared(id).ok()) {
            self.map.insert(TRACE_ID, value);
        }
    }

    /// The headers, with the length of the body as it is; of an empty one only if the event said that it is.
    pub(crate) fn finish(mut self, body_length: usize) -> HeaderMap {
        if body_length > 0 || self.had_content_length {
            let length = if body_length == 0 { HeaderValue::from_static("0") } else { HeaderValue::from(body_length) };
            self.map.insert(CONTENT_LENGTH, length);
        }
        self.map
    }
}

fn joined<'a>(cookies: impl Iterator<Item = &'a [u8]>) -> Option<HeaderValue> {
    let cookies: Vec<&[u8]> = cookies.collect();
    HeaderValue::from_maybe_shared(Bytes::from(cookies.join(&b"; "[..]))).ok()
}

/// Headers about one connection (RFC 9110, section 7.6.1), which is not the one that the event came over, and `expect`,
/// which the front has met.
fn is_of_the_connection(name: &HeaderName) -> bool {
    match *name {
        CONNECTION | TRANSFER_ENCODING | TE | TRAILER | UPGRADE | EXPECT => true,
        _ => match name.as_str().strip_prefix("proxy") {
            // `proxy` itself must never become the `HTTP_PROXY` of a CGI script (CVE-2016-5385).
            Some(rest) => rest.is_empty() || rest.starts_with('-'),
            None => name.as_str() == "keep-alive",
        },
    }
}

/// Whether `host` is made of what a host and a port are made of (RFC 3986, section 3.2).
fn could_be_a_host(host: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(byte);
    !host.is_empty() && host.iter().all(allowed)
}
