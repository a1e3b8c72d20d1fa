//! Requests and responses, made from the bytes of an input.

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, uri::PathAndQuery};

use crate::client::ClientRequest;

const METHODS: &[&str] = &["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "A"];

const REQUEST_HEADERS: &[&str] = &[
    "accept",
    "Accept-Encoding",
    "authorization",
    "content-encoding",
    "content-type",
    "Cookie",
    "cookie",
    "date",
    "forwarded",
    "if-none-match",
    "origin",
    "proxy",
    "range",
    "referer",
    "user-agent",
    "x-a",
    "X-B",
    "x-amz-tenant-id",
    "x-amzn-trace-id",
    "x-apigateway-event",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-http-method-override",
    "x-real-ip",
];

const RESPONSE_HEADERS: &[&str] = &[
    "cache-control",
    "content-encoding",
    "content-type",
    "etag",
    "location",
    "server",
    "set-cookie",
    "vary",
    "www-authenticate",
    "x-a",
    "x-b",
    "x-powered-by",
];

/// A request that any front accepts.
#[derive(Debug, Clone)]
pub struct AnyRequest(pub ClientRequest);

impl<'a> Arbitrary<'a> for AnyRequest {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let mut request = ClientRequest::get(any_target(input)?).method(*input.choose(METHODS)?);
        for _ in 0..input.int_in_range(0..=6)? {
            let name = *input.choose(REQUEST_HEADERS)?;
            request = request.header(name, any_text(input)?);
        }
        Ok(Self(request.body(any_body(input)?)))
    }
}

/// A response that every framework can send.
#[derive(Debug, Clone)]
pub struct AnyResponse(pub Response<Bytes>);

impl<'a> Arbitrary<'a> for AnyResponse {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let status = if input.arbitrary()? { 200 } else { input.int_in_range(200..=999)? };
        let mut response = Response::default();
        *response.status_mut() = StatusCode::from_u16(status).expect("three digits");
        for _ in 0..input.int_in_range(0..=6)? {
            let name = match input.int_in_range(0..=RESPONSE_HEADERS.len())? {
                0 => custom_name(input)?,
                at => HeaderName::from_static(RESPONSE_HEADERS[at - 1]),
            };
            response.headers_mut().append(name, any_value(input)?);
        }
        *response.body_mut() = any_body(input)?.into();
        Ok(Self(response))
    }
}

/// A path with or without a query, of characters that every server accepts. Lodger escapes others (rules 13 and 30).
pub fn any_target(input: &mut Unstructured<'_>) -> Result<String> {
    let is_valid = |byte: &u8| byte.is_ascii_graphic() && !b"<>`".contains(byte);
    let text: String = any_bytes(input)?.iter().copied().filter(is_valid).map(char::from).collect();
    let target = format!("/{text}").parse::<PathAndQuery>().map_err(|_| arbitrary::Error::IncorrectFormat)?;
    Ok(target.to_string())
}

/// UTF-8 without control characters, and without white space at both ends, which HTTP removes.
fn any_text(input: &mut Unstructured<'_>) -> Result<String> {
    let text = String::from_utf8_lossy(any_bytes(input)?).into_owned();
    let is_valid = |character: &char| *character == '\t' || !character.is_ascii_control();
    let text: String = text.chars().filter(is_valid).collect();
    Ok(text.trim_matches([' ', '\t']).to_owned())
}

/// Any bytes of a header value, without white space at both ends.
fn any_value(input: &mut Unstructured<'_>) -> Result<HeaderValue> {
    let valid: Vec<u8> =
        any_bytes(input)?.iter().copied().filter(|&byte| byte == b'\t' || byte >= b' ' && byte != 0x7f).collect();
    let value = HeaderValue::from_bytes(valid.trim_ascii());
    Ok(value.expect("invalid bytes are removed"))
}

fn custom_name(input: &mut Unstructured<'_>) -> Result<HeaderName> {
    let name: Vec<u8> = any_bytes(input)?.iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let name = HeaderName::from_bytes(&[b"x-", &*name].concat());
    name.map_err(|_| arbitrary::Error::IncorrectFormat)
}

fn any_body(input: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    Ok(any_bytes(input)?.to_vec())
}

fn any_bytes<'a>(input: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    let length = input.arbitrary::<u8>()?;
    // Short texts are more frequent, so that an input has room for several.
    let length = usize::from(if length < 200 { length % 32 } else { length });
    let length = length.min(input.len());
    input.bytes(length)
}
