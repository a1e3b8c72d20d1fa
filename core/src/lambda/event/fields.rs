//! The one pass over an event: what any front may need of it, wherever in the event it stands.

use super::json::{Malformed, Reader, Text};

/// The parts of an event, as they stand in it. What is absent, `null` or of another kind than it should be is `None` or
/// empty: fronts, and the emulators of fronts, differ in what they leave out.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) raw_path: Option<Text<'a>>,
    pub(super) raw_query: Option<Text<'a>>,
    pub(super) headers: Vec<(Text<'a>, Text<'a>)>,
    pub(super) cookies: Vec<Text<'a>>,
    pub(super) body: Value<'a>,
    pub(super) is_base64: bool,
    /// Of a Lambda authorizer's event: it looks like a request and is none.
    pub(super) is_authorizer: bool,
    pub(super) context: RequestContext<'a>,
}

/// The parts of an event's `requestContext`.
#[derive(Debug, Default)]
pub(super) struct RequestContext<'a> {
    /// All of it.
    pub(super) raw: &'a [u8],
    pub(super) domain: Option<Text<'a>>,
    pub(super) stage: Option<Text<'a>>,
    pub(super) http: Option<Http<'a>>,
    /// Names the load balancer or the service network: not an API's.
    pub(super) is_of_another_service: bool,
}

/// The parts of `requestContext.http`, which only payload format version 2.0 has.
#[derive(Debug, Default)]
pub(super) struct Http<'a> {
    pub(super) method: Option<Text<'a>>,
    pub(super) protocol: Option<Text<'a>>,
    pub(super) source_ip: Option<Text<'a>>,
}

/// A value that has to be a string if it is there.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Value<'a> {
    #[default]
    Absent,
    Text(Text<'a>),
    Other,
}

impl<'a> Fields<'a> {
    pub(super) fn read(event: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        let mut reader = Reader::new(event);
        reader.object(|value, key| {
            match key.verbatim().unwrap_or_default() {
                b"rawPath" => fields.raw_path = value.string()?,
                b"rawQueryString" => fields.raw_query = value.string()?,
                b"headers" => fields.headers = pairs(value)?,
                b"cookies" => fields.cookies = strings(value)?,
                b"body" => fields.body = Value::read(value)?,
                b"isBase64Encoded" => fields.is_base64 = value.boolean()?,
                b"requestContext" => fields.context = RequestContext::read(value)?,
                b"routeArn" | b"methodArn" => fields.is_authorizer |= value.string()?.is_some(),
                _ => drop(value.skip()?),
            }
            Ok(())
        })?;
        if reader.is_at_end() { Ok(fields) } else { Err(reader.malformed()) }
    }
}

impl<'a> RequestContext<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut context = Self::default();
        let whole = reader.mark()?;
        reader.object(|value, key| {
            match key.verbatim().unwrap_or_default() {
                b"domainName" => context.domain = value.string()?,
                b"stage" => context.stage = value.string()?,
                b"http" => context.http = Http::read(value)?,
                b"elb" | b"serviceArn" | b"serviceNetworkArn" => {
                    context.is_of_another_service |= value.skip()? != b"null";
                }
                _ => drop(value.skip()?),
            }
            Ok(())
        })?;
        context.raw = reader.since(whole);
        Ok(context)
    }
}

impl<'a> Http<'a> {
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

impl<'a> Value<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let whole = reader.mark()?;
        Ok(match reader.string()? {
            Some(text) => Self::Text(text),
            None if reader.since(whole) == b"null" => Self::Absent,
            None => Self::Other,
        })
    }
}

/// The members of an object that are strings, in their order.
fn pairs<'a>(reader: &mut Reader<'a>) -> Result<Vec<(Text<'a>, Text<'a>)>, Malformed> {
    // Room for what a browser sends through a front, in one allocation.
    let mut pairs = Vec::with_capacity(32);
    reader.object(|value, key| {
        if let Some(text) = value.string()? {
            pairs.push((key, text));
        }
        Ok(())
    })?;
    Ok(pairs)
}

fn strings<'a>(reader: &mut Reader<'a>) -> Result<Vec<Text<'a>>, Malformed> {
    let mut strings = Vec::new();
    reader.array(|value| {
        strings.extend(value.string()?);
        Ok(())
    })?;
    Ok(strings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_in_any_order_among_anything() {
        let fields = Fields::read(
            br#" {"isBase64Encoded":true, "unknown":[{"rawPath":"/no"}], "requestContext":{"time":1,"http":{"sourceIp":"::1",
                "path":"/no","method":"GET"},"stage":"s"}, "headers":{"a":"1","n":null,"x":2,"b":"2"},
                "cookies":["c=1",null,"d=2"], "body":"", "rawPath":"/yes"} "#,
        )
        .unwrap();
        let raw = |text: Option<Text<'_>>| String::from_utf8(text.unwrap().verbatim().unwrap().to_vec()).unwrap();
        assert_eq!(raw(fields.raw_path), "/yes");
        assert_eq!(raw(fields.context.stage), "s");
        assert_eq!(raw(fields.context.http.as_ref().unwrap().method), "GET");
        assert_eq!(raw(fields.context.http.unwrap().source_ip), "::1");
        assert!(fields.context.raw.starts_with(br#"{"time":1"#) && fields.context.raw.ends_with(br#""stage":"s"}"#));
        assert_eq!(fields.headers.len(), 2);
        assert_eq!(fields.cookies.len(), 2);
        assert!(fields.is_base64);
        assert!(matches!(fields.body, Value::Text(text) if text.verbatim() == Some(b"")));
    }

    #[test]
    fn odd_types_where_we_do_not_need_them_count_as_absent() {
        let fields = Fields::read(
            br#"{"rawPath":null,"headers":[],"cookies":{},"body":null,"isBase64Encoded":null,"requestContext":"x"}"#,
        )
        .unwrap();
        assert!(fields.raw_path.is_none() && fields.headers.is_empty() && fields.cookies.is_empty());
        assert!(matches!(fields.body, Value::Absent) && !fields.is_base64 && fields.context.http.is_none());
        assert!(matches!(Fields::read(br#"{"body":{}}"#).unwrap().body, Value::Other));
    }

    #[test]
    fn something_after_the_event_is_malformed() {
        assert_eq!(Fields::read(b"{} {}").unwrap_err(), Malformed { at: 3 });
    }
}
