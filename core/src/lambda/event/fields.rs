//! The members of an event, read in one pass: those that any front may need, wherever they are in the event.

use std::borrow::Cow;

use crate::{
    json::read::{DecodedText, Malformed, Reader, Text},
    lambda::event::{
        own_keys::{KeyTable, OwnValues},
        text::decode_or_empty,
    },
};

/// The maximum number of cookies or query parameters. Fronts limit events to a few KB of them; this bounds the memory for
/// events from other sources.
pub(crate) const MAX_ITEMS: usize = 16_384;

/// Pairs of keys and values, in order. A key with several values occurs several times.
///
/// Contains at most one pair more than [`MAX_ITEMS`], which shows that the event has too many.
#[derive(Debug, Default)]
pub(crate) struct Pairs<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'a> Pairs<'a> {
    /// Reads the JSON of a map that was skipped. Any other value becomes an empty map.
    pub(crate) fn read(json: &'a [u8]) -> Self {
        let mut pairs = Self::default();
        if !json.is_empty() {
            let _ = pairs.read_from(&mut Reader::new(json));
        }
        pairs
    }

    /// Reads an object of strings or of arrays of strings. Returns whether the value is an object.
    fn read_from(&mut self, reader: &mut Reader<'a>) -> Result<bool, Malformed> {
        // Enough for the headers of a browser behind a front, so that they take one allocation.
        self.0.reserve(32);
        reader.object(|value, key| value.each_string(|text| self.push(key, text)))
    }

    pub(crate) fn push(&mut self, key: Text<'a>, value: Text<'a>) {
        if self.0.len() <= MAX_ITEMS {
            self.0.push((key, value));
        }
    }
}

impl<'a> std::ops::Deref for Pairs<'a> {
    type Target = [(Text<'a>, Text<'a>)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// The members of an event that most fronts send, and the [own values](OwnValues) of the others.
///
/// Members that are absent, `null` or of an unexpected type are `None` or empty, because fronts and their emulators differ in
/// the members that they omit.
#[derive(Debug, Default)]
pub(crate) struct EventFields<'a> {
    pub(crate) version: Option<Text<'a>>,
    pub(crate) path: Option<Text<'a>>,
    pub(crate) raw_path: Option<Text<'a>>,
    pub(crate) raw_query: Option<Text<'a>>,
    /// The JSON of `queryStringParameters`. Most fronts do not need it; [`Pairs::read`] reads it.
    pub(crate) query: &'a [u8],
    /// The JSON of `multiValueQueryStringParameters`.
    pub(crate) multi_query: &'a [u8],
    pub(crate) http_method: Option<Text<'a>>,
    pub(crate) method: Option<Text<'a>>,
    pub(crate) headers: Pairs<'a>,
    pub(crate) multi_headers: Option<Pairs<'a>>,
    pub(crate) cookies: Vec<Text<'a>>,
    pub(crate) body: BodyMember<'a>,
    pub(crate) is_base64: bool,
    /// Whether the event has `resource`, the route of a REST API.
    pub(crate) has_resource: bool,
    pub(crate) context: ContextFields<'a>,
    pub(crate) own: OwnValues<'a>,
}

/// The members of `requestContext`.
#[derive(Debug, Default)]
pub(crate) struct ContextFields<'a> {
    /// The JSON of the whole object.
    pub(crate) raw: &'a [u8],
    pub(crate) domain: Option<Text<'a>>,
    /// The first label of the domain.
    pub(crate) domain_prefix: Option<Text<'a>>,
    pub(crate) stage: Option<Text<'a>>,
    pub(crate) path: Option<Text<'a>>,
    pub(crate) protocol: Option<Text<'a>>,
    /// `identity.sourceIp`.
    pub(crate) source_ip: Option<Text<'a>>,
    pub(crate) http: Option<HttpFields<'a>>,
    pub(crate) route_key: Option<Text<'a>>,
    pub(crate) has_api_id: bool,
    pub(crate) own: OwnValues<'a>,
}

/// The members of `requestContext.http`, which only payload format version 2.0 has.
#[derive(Debug, Default)]
pub(crate) struct HttpFields<'a> {
    pub(crate) method: Option<Text<'a>>,
    pub(crate) protocol: Option<Text<'a>>,
    pub(crate) source_ip: Option<Text<'a>>,
}

/// The member `body`, which must be a string or `null`.
#[derive(Debug, Default, Clone)]
pub(crate) enum BodyMember<'a> {
    #[default]
    Absent,
    Text(DecodedText<'a>),
    Other,
}

impl<'a> EventFields<'a> {
    pub(crate) fn read(event: &'a [u8], keys: &KeyTable) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        let mut reader = Reader::new(event);
        reader.object(|value, key| {
            match key.verbatim().unwrap_or_default() {
                b"version" => fields.version = value.string()?,
                b"path" => fields.path = value.string()?,
                b"rawPath" => fields.raw_path = value.string()?,
                b"rawQueryString" => fields.raw_query = value.string()?,
                b"queryStringParameters" => fields.query = value.skip()?,
                b"multiValueQueryStringParameters" => fields.multi_query = value.skip()?,
                b"httpMethod" => fields.http_method = value.string()?,
                b"method" => fields.method = value.string()?,
                b"headers" => drop(fields.headers.read_from(value)?),
                b"multiValueHeaders" => {
                    let mut headers = Pairs::default();
                    fields.multi_headers = headers.read_from(value)?.then_some(headers);
                }
                b"cookies" => fields.cookies = read_strings(value)?,
                b"body" => fields.body = BodyMember::read(value)?,
                b"isBase64Encoded" => fields.is_base64 = value.boolean()?,
                b"resource" => fields.has_resource = value.string()?.is_some(),
                b"requestContext" => fields.context = ContextFields::read(value, keys)?,
                other => fields.own.read(&keys.event, other, value)?,
            }
            Ok(())
        })?;
        if reader.is_at_end() { Ok(fields) } else { Err(reader.malformed()) }
    }

    /// The domain name that the client used, or nothing.
    pub(crate) fn domain(&self) -> Cow<'a, [u8]> {
        decode_or_empty(self.context.domain).unwrap_or_default()
    }

    /// Whether the event has what every REST API sends: a method, and a path or a request context.
    ///
    /// The method alone is not enough, because agents of Bedrock send it as well.
    pub(crate) fn is_payload_v1(&self) -> bool {
        self.http_method.is_some() && (self.path.is_some() || !self.context.raw.is_empty())
    }
}

impl<'a> ContextFields<'a> {
    fn read(reader: &mut Reader<'a>, keys: &KeyTable) -> Result<Self, Malformed> {
        let mut context = Self::default();
        let start = reader.mark()?;
        let is_object = reader.object(|value, key| {
            match key.verbatim().unwrap_or_default() {
                b"domainName" => context.domain = value.string()?,
                b"domainPrefix" => context.domain_prefix = value.string()?,
                b"stage" => context.stage = value.string()?,
                b"path" => context.path = value.string()?,
                b"protocol" => context.protocol = value.string()?,
                b"http" => context.http = HttpFields::read(value)?,
                b"identity" => drop(value.object(|value, key| {
                    match key.verbatim().unwrap_or_default() {
                        b"sourceIp" => context.source_ip = value.string()?,
                        _ => drop(value.skip()?),
                    }
                    Ok(())
                })?),
                b"routeKey" => context.route_key = value.string()?,
                b"apiId" => context.has_api_id = value.skip()? != b"null",
                other => context.own.read(&keys.context, other, value)?,
            }
            Ok(())
        })?;
        if is_object {
            context.raw = reader.since(start);
        }
        Ok(context)
    }
}

impl<'a> HttpFields<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Option<Self>, Malformed> {
        let mut http = Self::default();
        let is_object = reader.object(|value, key| {
            match key.verbatim().unwrap_or_default() {
                b"method" => http.method = value.string()?,
                b"protocol" => http.protocol = value.string()?,
                b"sourceIp" => http.source_ip = value.string()?,
                _ => drop(value.skip()?),
            }
            Ok(())
        })?;
        Ok(is_object.then_some(http))
    }
}

impl<'a> BodyMember<'a> {
    /// Reads the member, and decodes it. An event for a handler may have such a member too, and is decoded in vain.
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let start = reader.mark()?;
        Ok(match reader.decoded_string()? {
            Some(text) => Self::Text(text),
            None if reader.since(start) == b"null" => Self::Absent,
            None => Self::Other,
        })
    }
}

fn read_strings<'a>(reader: &mut Reader<'a>) -> Result<Vec<Text<'a>>, Malformed> {
    let mut strings = Vec::new();
    reader.array(|value| {
        strings.extend(value.string()?.filter(|_| strings.len() <= MAX_ITEMS));
        Ok(())
    })?;
    Ok(strings)
}

#[cfg(test)]
mod tests;
