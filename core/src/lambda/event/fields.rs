//! The one pass over an event: what any front may need of it, wherever in the event it stands.

use crate::json::read::{Malformed, Reader, Text};

/// The most of anything that an event has many of: fronts let some KB through, and no more is to be held of what comes by
/// other ways.
pub(crate) const MAX_ITEMS: usize = 16_384;

/// Keys with their values, in their order. A key that has several comes several times. There is room for one more than
/// [`MAX_ITEMS`], so that one can see that there are too many.
#[derive(Debug, Default)]
pub(crate) struct Pairs<'a>(Vec<(Text<'a>, Text<'a>)>);

impl<'a> Pairs<'a> {
    /// Reads a map that was passed over; what is none is an empty one.
    pub(crate) fn read(json: &'a [u8]) -> Self {
        let mut pairs = Self::default();
        if !json.is_empty() {
            let _ = pairs.collect(&mut Reader::new(json));
        }
        pairs
    }

    /// Reads an object of strings, or of arrays of them; whether it is an object.
    fn collect(&mut self, reader: &mut Reader<'a>) -> Result<bool, Malformed> {
        // Room for what a browser sends through a front, in one allocation.
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

/// The parts of an event, as they stand in it. What is absent, `null` or of another kind than it should be is `None` or
/// empty: fronts, and the emulators of fronts, differ in what they leave out.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) version: Option<Text<'a>>,
    /// `path`, and in two other fronts' spelling `rawPath` and `raw_path`.
    pub(crate) path: Option<Text<'a>>,
    pub(crate) raw_path: Option<Text<'a>>,
    pub(crate) lattice_path: Option<Text<'a>>,
    pub(crate) raw_query: Option<Text<'a>>,
    /// Maps of parameters, as JSON: most fronts need none of them, and [`Pairs::read`] reads one.
    pub(crate) query: &'a [u8],
    pub(crate) multi_query: &'a [u8],
    /// `httpMethod`, and in Lattice's spelling `method`.
    pub(crate) http_method: Option<Text<'a>>,
    pub(crate) method: Option<Text<'a>>,
    pub(crate) headers: Pairs<'a>,
    pub(crate) multi_headers: Option<Pairs<'a>>,
    pub(crate) cookies: Vec<Text<'a>>,
    pub(crate) body: Value<'a>,
    pub(crate) is_base64: bool,
    /// `resource`, by which a REST API names a route.
    pub(crate) has_resource: bool,
    /// `is_base64_encoded`, which is how Lattice spells it.
    pub(crate) has_lattice_encoding: bool,
    has_arn_of_authorizer: bool,
    has_token_to_authorize: bool,
    /// Of an event of Lambda@Edge, which is one of HTTP in a shape that has nothing of the others.
    pub(crate) is_edge: bool,
    pub(crate) context: ContextFields<'a>,
    /// Of Vercel's: what is to be done, and of the request in it the host, and how the body travels.
    pub(crate) action: Option<Text<'a>>,
    pub(crate) host: Option<Text<'a>>,
    pub(crate) encoding: Option<Text<'a>>,
}

/// The parts of an event's `requestContext`.
#[derive(Debug, Default)]
pub(crate) struct ContextFields<'a> {
    /// All of it.
    pub(crate) raw: &'a [u8],
    pub(crate) domain: Option<Text<'a>>,
    /// The first label of the domain, as API Gateway says it once more.
    pub(crate) domain_prefix: Option<Text<'a>>,
    pub(crate) stage: Option<Text<'a>>,
    pub(crate) path: Option<Text<'a>>,
    pub(crate) protocol: Option<Text<'a>>,
    /// `identity.sourceIp`.
    pub(crate) source_ip: Option<Text<'a>>,
    pub(crate) http: Option<Http<'a>>,
    pub(crate) is_of_api: bool,
    pub(crate) is_of_load_balancer: bool,
    pub(crate) is_of_lattice: bool,
    pub(crate) is_of_connection: bool,
    pub(crate) event_type: Option<Text<'a>>,
    pub(crate) route_key: Option<Text<'a>>,
}

/// The parts of `requestContext.http`, which only payload format version 2.0 has.
#[derive(Debug, Default)]
pub(crate) struct Http<'a> {
    pub(crate) method: Option<Text<'a>>,
    pub(crate) protocol: Option<Text<'a>>,
    pub(crate) source_ip: Option<Text<'a>>,
}

/// A value that has to be a string if it is there.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) enum Value<'a> {
    #[default]
    Absent,
    Text(Text<'a>),
    Other,
}

impl<'a> Fields<'a> {
    pub(crate) fn read(event: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Self::default();
        let mut reader = Reader::new(event);
        reader.object(|value, key| {
            match key.verbatim().unwrap_or_default() {
                b"version" => fields.version = value.string()?,
                b"path" => fields.path = value.string()?,
                b"rawPath" => fields.raw_path = value.string()?,
                b"raw_path" => fields.lattice_path = value.string()?,
                b"rawQueryString" => fields.raw_query = value.string()?,
                b"queryStringParameters" | b"query_string_parameters" => fields.query = value.skip()?,
                b"multiValueQueryStringParameters" => fields.multi_query = value.skip()?,
                b"httpMethod" => fields.http_method = value.string()?,
                b"method" => fields.method = value.string()?,
                b"headers" => drop(fields.headers.collect(value)?),
                b"multiValueHeaders" => {
                    let mut headers = Pairs::default();
                    fields.multi_headers = headers.collect(value)?.then_some(headers);
                }
                b"cookies" => fields.cookies = strings(value)?,
                b"body" => fields.body = Value::read(value)?,
                b"isBase64Encoded" => fields.is_base64 = value.boolean()?,
                b"is_base64_encoded" => {
                    fields.is_base64 = value.boolean()?;
                    fields.has_lattice_encoding = true;
                }
                b"resource" => fields.has_resource = value.string()?.is_some(),
                b"requestContext" => fields.context = ContextFields::read(value)?,
                b"routeArn" | b"methodArn" => fields.has_arn_of_authorizer |= value.string()?.is_some(),
                b"authorizationToken" => fields.has_token_to_authorize = value.string()?.is_some(),
                b"Action" => fields.action = value.string()?,
                b"host" => fields.host = value.string()?,
                b"encoding" => fields.encoding = value.string()?,
                b"Records" => fields.is_edge = has_edge_record(value)?,
                _ => drop(value.skip()?),
            }
            Ok(())
        })?;
        if reader.is_at_end() { Ok(fields) } else { Err(reader.malformed()) }
    }

    /// Of API Gateway's, or of AppSync's, which has no ARN.
    pub(crate) fn is_authorizer(&self) -> bool {
        self.has_arn_of_authorizer || self.has_token_to_authorize && self.context.is_of_api
    }
}

impl<'a> ContextFields<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut context = Self::default();
        let whole = reader.mark()?;
        let is_object = reader.object(|value, key| {
            match key.verbatim().unwrap_or_default() {
                b"domainName" => context.domain = value.string()?,
                b"domainPrefix" => context.domain_prefix = value.string()?,
                b"stage" => context.stage = value.string()?,
                b"path" => context.path = value.string()?,
                b"protocol" => context.protocol = value.string()?,
                b"http" => context.http = Http::read(value)?,
                b"identity" => drop(value.object(|value, key| {
                    match key.verbatim().unwrap_or_default() {
                        b"sourceIp" => context.source_ip = value.string()?,
                        _ => drop(value.skip()?),
                    }
                    Ok(())
                })?),
                b"apiId" => context.is_of_api = value.skip()? != b"null",
                b"elb" => context.is_of_load_balancer = value.skip()? != b"null",
                b"serviceArn" | b"serviceNetworkArn" => context.is_of_lattice |= value.skip()? != b"null",
                b"connectionId" => context.is_of_connection = value.skip()? != b"null",
                b"eventType" => context.event_type = value.string()?,
                b"routeKey" => context.route_key = value.string()?,
                _ => drop(value.skip()?),
            }
            Ok(())
        })?;
        if is_object {
            context.raw = reader.since(whole);
        }
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

fn strings<'a>(reader: &mut Reader<'a>) -> Result<Vec<Text<'a>>, Malformed> {
    let mut strings = Vec::new();
    reader.array(|value| {
        strings.extend(value.string()?.filter(|_| strings.len() <= MAX_ITEMS));
        Ok(())
    })?;
    Ok(strings)
}

/// Whether the first of the records is one of CloudFront's.
fn has_edge_record(reader: &mut Reader<'_>) -> Result<bool, Malformed> {
    let mut is_first = true;
    let mut is_edge = false;
    reader.array(|record| {
        if !std::mem::take(&mut is_first) {
            return record.skip().map(drop);
        }
        let is_object = record.object(|value, key| {
            is_edge |= key.verbatim() == Some(b"cf");
            value.skip().map(drop)
        });
        is_object.map(drop)
    })?;
    Ok(is_edge)
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
        assert!(fields.is_base64 && fields.multi_headers.is_none());
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
    fn maps_of_strings_and_of_lists_are_read_alike() {
        let fields = Fields::read(
            br#"{"multiValueHeaders":{"a":["1","2"],"n":null,"m":[null,"3"],"s":"4"},"headers":null,
                "queryStringParameters":{"q":"1"},"requestContext":{"elb":{},"identity":{"sourceIp":"::1"}}}"#,
        )
        .unwrap();
        let texts = |pairs: &Pairs<'_>| -> Vec<String> {
            let text = |text: Text<'_>| String::from_utf8(text.decode().unwrap().into_owned()).unwrap();
            pairs.iter().map(|(key, value)| format!("{}={}", text(*key), text(*value))).collect()
        };
        assert_eq!(texts(fields.multi_headers.as_ref().unwrap()), ["a=1", "a=2", "m=3", "s=4"]);
        assert_eq!(texts(&Pairs::read(fields.query)), ["q=1"]);
        assert!(fields.headers.is_empty() && Pairs::read(fields.multi_query).is_empty());
        assert!(fields.context.is_of_load_balancer && !fields.context.is_of_lattice);
        assert!(fields.context.source_ip.is_some());
    }

    #[test]
    fn no_more_is_kept_than_can_be_served() {
        let many = vec!["\"k\":\"v\""; 3 * MAX_ITEMS].join(",");
        let cookies = vec!["\"c=1\""; 3 * MAX_ITEMS].join(",");
        let event =
            format!(r#"{{"headers":{{{many}}},"multiValueQueryStringParameters":{{{many}}},"cookies":[{cookies}]}}"#);
        let fields = Fields::read(event.as_bytes()).unwrap();
        let parameters = Pairs::read(fields.multi_query);
        assert_eq!([fields.headers.len(), parameters.len(), fields.cookies.len()], [MAX_ITEMS + 1; 3]);
    }

    #[test]
    fn something_after_the_event_is_malformed() {
        assert_eq!(Fields::read(b"{} {}").unwrap_err(), Malformed { at: 3 });
    }
}
