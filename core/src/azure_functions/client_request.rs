//! The request of a client in a message.
//!
//! The Functions host writes the URL, the method, the headers as lists, and the body as text. The body of a type
//! `application/octet-stream` or `multipart/..` is in base64. Bodies of other types are decoded as UTF-8, which damages binary data,
//! and a body without `Content-Length` is missing.
//!
//! Source: `GetRequestAsJObject` of `Azure/azure-functions-host`.

use std::borrow::Cow;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
    uri::{InvalidUri, PathAndQuery},
};

use crate::{
    Request,
    json::{
        base64,
        read::{Malformed, Reader, Text},
    },
};

/// The members of the trigger.
#[derive(Default)]
struct Fields<'a> {
    is_found: bool,
    url: Option<Text<'a>>,
    method: Option<Text<'a>>,
    headers: Vec<(Text<'a>, Text<'a>)>,
    body: Option<Text<'a>>,
}

/// Parses the request in the member `Data.{trigger}` of a message.
///
/// # Errors
/// The message is not JSON, or has no valid request.
pub(super) fn parse(message: &[u8], trigger: &str) -> Result<Request, String> {
    let mut fields = Fields::default();
    let mut reader = Reader::new(message);
    let read = reader.object(|reader, key| match key.raw() == b"Data" {
        true => read_data(reader, trigger.as_bytes(), &mut fields),
        false => reader.skip().map(drop),
    });
    match read {
        Ok(_) if reader.is_at_end() => {}
        Ok(_) => return Err(not_json(reader.malformed())),
        Err(malformed) => return Err(not_json(malformed)),
    }
    if !fields.is_found {
        return Err(format!("the message has no member Data.{trigger}"));
    }
    build(&fields)
}

fn read_data<'a>(reader: &mut Reader<'a>, trigger: &[u8], fields: &mut Fields<'a>) -> Result<(), Malformed> {
    reader.object(|reader, key| {
        if key.raw() != trigger {
            return reader.skip().map(drop);
        }
        fields.is_found = true;
        reader.object(|reader, key| {
            match key.raw() {
                b"Url" => fields.url = reader.string()?,
                b"Method" => fields.method = reader.string()?,
                b"Body" => fields.body = reader.string()?,
                b"Headers" => {
                    let headers = &mut fields.headers;
                    reader.object(|reader, name| reader.each_string(|value| headers.push((name, value))))?;
                }
                _ => drop(reader.skip()?),
            }
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn build(fields: &Fields<'_>) -> Result<Request, String> {
    let method = fields.method.and_then(Text::decode).ok_or("the request has no method")?;
    let url = fields.url.and_then(Text::decode).ok_or("the request has no URL")?;
    // Without a capacity: `HeaderMap::with_capacity` panics for more than 24,576 headers.
    let mut headers = HeaderMap::new();
    for (name, value) in &fields.headers {
        let (name, value) = (decode(*name)?, decode(*value)?);
        let name = HeaderName::from_bytes(&name).map_err(|_| "the name of a header is not valid")?;
        let value =
            HeaderValue::from_bytes(&value).map_err(|_| format!("the value of the header {name} is not valid"))?;
        headers.try_append(name, value).map_err(|_| "the request has too many headers")?;
    }
    let body = read_body(fields.body, &headers)?;
    // The message has the whole body, so that its framing no longer applies.
    headers.remove(TRANSFER_ENCODING);
    if headers.contains_key(CONTENT_LENGTH) || !body.is_empty() {
        headers.insert(CONTENT_LENGTH, body.len().into());
    }
    let mut request = Request::default();
    *request.method_mut() = Method::from_bytes(&method).map_err(|_| "the method is not valid")?;
    *request.uri_mut() = Uri::from(target(&url)?);
    *request.headers_mut() = headers;
    *request.body_mut() = body.into();
    Ok(request)
}

/// The path and the query of a URL.
fn target(url: &[u8]) -> Result<PathAndQuery, String> {
    let invalid = |error: InvalidUri| format!("the URL is not valid: {error}");
    // Not `Uri::try_from`: it rejects a host in Unicode, and only the path and the query matter here.
    let is_delimiter = |byte: &u8| matches!(byte, b'/' | b'?' | b'#');
    let position = |bytes: &[u8]| bytes.iter().position(is_delimiter).unwrap_or(bytes.len());
    let (before, mut rest) = url.split_at(position(url));
    if let (Some(b':'), Some(authority)) = (before.last(), rest.strip_prefix(b"//")) {
        rest = authority.split_at(position(authority)).1;
    }
    match rest.first() {
        Some(b'/') => PathAndQuery::try_from(rest).map_err(invalid),
        _ => PathAndQuery::try_from([b"/", rest].concat()).map_err(invalid),
    }
}

fn read_body(body: Option<Text<'_>>, headers: &HeaderMap) -> Result<Bytes, String> {
    let Some(body) = body else { return Ok(Bytes::new()) };
    let text = decode(body)?;
    if is_binary(headers.get(CONTENT_TYPE)) {
        return base64::decode(&text).map(Bytes::from).ok_or_else(|| "the body is not base64".to_owned());
    }
    Ok(Bytes::from(text.into_owned()))
}

/// Whether the Functions host writes a body of this type in base64.
///
/// Source: `IsMediaTypeOctetOrMultipart` of `Azure/azure-functions-host`.
fn is_binary(content_type: Option<&HeaderValue>) -> bool {
    let Some(value) = content_type.and_then(|value| value.to_str().ok()) else { return false };
    let media_type = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/octet-stream" || media_type.contains("multipart/")
}

fn decode(text: Text<'_>) -> Result<Cow<'_, [u8]>, String> {
    text.decode().ok_or_else(|| "a string has an escape that is not valid".to_owned())
}

fn not_json(malformed: Malformed) -> String {
    format!("byte {} of the message is not valid in JSON", malformed.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_the_scheme_and_the_host_of_a_url() {
        for (url, expected) in [
            ("http://h/a?b=c", "/a?b=c"),
            ("http://h", "/"),
            ("http://h?x=/y", "/?x=/y"),
            ("http://h?x=http://b/c", "/?x=http://b/c"),
            ("http://h#/y", "/"),
            ("http://h\u{e9}:80/a", "/a"),
            ("http://[::1]:80//a", "//a"),
            ("/a?u=http://b/c", "/a?u=http://b/c"),
            ("/a/http://b/c", "/a/http://b/c"),
            ("?u=http://b/c", "/?u=http://b/c"),
            ("//a/b", "//a/b"),
            ("", "/"),
        ] {
            assert_eq!(target(url.as_bytes()).unwrap().as_str(), expected, "{url}");
        }
    }
}
