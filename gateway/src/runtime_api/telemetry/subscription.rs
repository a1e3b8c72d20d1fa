//! Subscriptions to telemetry, and their validation.
//!
//! Source: [Telemetry API](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api-reference.html).

use std::{ops::RangeInclusive, time::Duration};

use http::{Method, Uri};
use serde_json::Value;

/// The API of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Telemetry,
    /// The predecessor of the Telemetry API.
    Logs,
}

/// The version of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schema {
    Logs2020_08_15,
    Logs2021_03_18,
    Telemetry2022_07_01,
    Telemetry2022_12_13,
    Telemetry2025_01_29,
}

impl Schema {
    pub(super) fn api(self) -> Api {
        match self {
            Self::Logs2020_08_15 | Self::Logs2021_03_18 => Api::Logs,
            Self::Telemetry2022_07_01 | Self::Telemetry2022_12_13 | Self::Telemetry2025_01_29 => Api::Telemetry,
        }
    }

    fn parse(api: Api, version: &str) -> Option<Self> {
        Some(match (api, version) {
            (Api::Logs, "2020-08-15") => Self::Logs2020_08_15,
            (Api::Logs, "2021-03-18") => Self::Logs2021_03_18,
            (Api::Telemetry, "2022-07-01") => Self::Telemetry2022_07_01,
            (Api::Telemetry, "2022-12-13") => Self::Telemetry2022_12_13,
            (Api::Telemetry, "2025-01-29") => Self::Telemetry2025_01_29,
            _ => return None,
        })
    }
}

/// A stream of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    Platform,
    Function,
    Extension,
}

impl Stream {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Platform, Self::Function, Self::Extension].into_iter().find(|stream| stream.name() == name)
    }
}

/// A valid subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::runtime_api) struct Subscription {
    pub(super) schema: Schema,
    pub(super) streams: Vec<Stream>,
    pub(super) destination: Destination,
    pub(super) buffering: Buffering,
}

/// The listener of an extension. It is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// An array of records in the body of each request.
    Http { method: Method, port: u16, path: String },
    /// A line for each record.
    Tcp { port: u16 },
}

/// The most that a batch contains, and the longest time that a record waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buffering {
    pub(super) max_items: usize,
    pub(super) max_bytes: usize,
    pub(super) timeout: Duration,
}

impl Subscription {
    /// Reads a subscription.
    ///
    /// # Errors
    /// All problems, as the message of the response.
    pub(in crate::runtime_api) fn parse(api: Api, is_managed: bool, body: &Value) -> Result<Self, String> {
        let mut problems = Vec::new();
        if !body.is_object() {
            return Err("the body should be a JSON object".to_owned());
        }
        let schema =
            parse_schema(api, is_managed, &body["schemaVersion"]).map_err(|problem| problems.push(problem)).ok();
        let destination = parse_destination(api, &body["destination"]).map_err(|problem| problems.push(problem)).ok();
        let streams = parse_streams(&body["types"]).map_err(|problem| problems.push(problem)).ok();
        let buffering = parse_buffering(&body["buffering"]).map_err(|problem| problems.push(problem)).ok();
        match (schema, streams, destination, buffering) {
            (Some(schema), Some(streams), Some(destination), Some(buffering)) => {
                Ok(Self { schema, streams, destination, buffering })
            }
            _ => Err(problems.join("; ")),
        }
    }
}

fn parse_schema(api: Api, is_managed: bool, version: &Value) -> Result<Schema, String> {
    let version = match (api, version) {
        (Api::Logs, Value::Null) => "2020-08-15",
        (_, version) => version.as_str().unwrap_or_default(),
    };
    let schema = Schema::parse(api, version).filter(|schema| !is_managed || *schema == Schema::Telemetry2025_01_29);
    schema.ok_or_else(|| match (is_managed, api) {
        (true, _) => "schemaVersion should be 2025-01-29 on Managed Instances".to_owned(),
        (false, Api::Logs) => "schemaVersion should be 2020-08-15 or 2021-03-18".to_owned(),
        (false, Api::Telemetry) => "schemaVersion should be 2022-07-01, 2022-12-13 or 2025-01-29".to_owned(),
    })
}

fn parse_streams(types: &Value) -> Result<Vec<Stream>, String> {
    let types = types.as_array().filter(|types| !types.is_empty()).ok_or("types should not be empty")?;
    let streams = types.iter().map(|name| name.as_str().and_then(Stream::parse)).collect::<Option<Vec<_>>>();
    streams.ok_or_else(|| "types should be platform, function or extension".to_owned())
}

fn parse_destination(api: Api, destination: &Value) -> Result<Destination, String> {
    match destination["protocol"].as_str() {
        Some("HTTP") => {
            let uri = destination["URI"].as_str().and_then(|uri| uri.parse::<Uri>().ok()).ok_or("URI is not valid")?;
            if uri.scheme_str() != Some("http")
                || !["sandbox.localdomain", "sandbox"].contains(&uri.host().unwrap_or_default())
            {
                return Err("URI should begin with http://sandbox.localdomain".to_owned());
            }
            let method = match (api, destination["method"].as_str()) {
                (Api::Logs, Some("PUT")) => Method::PUT,
                _ => Method::POST,
            };
            let port = check_port(uri.port_u16().map(u64::from), "URI port is not provided")?;
            let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
            Ok(Destination::Http { method, port, path })
        }
        Some("TCP") => Ok(Destination::Tcp { port: check_port(destination["port"].as_u64(), "port is not provided")? }),
        _ => Err("protocol should be HTTP or TCP".to_owned()),
    }
}

fn check_port(port: Option<u64>, missing: &str) -> Result<u16, String> {
    match port.map(u16::try_from) {
        None => Err(missing.to_owned()),
        Some(Ok(9001)) => Err("port 9001 is reserved".to_owned()),
        Some(Ok(port)) if port > 0 => Ok(port),
        Some(_) => Err("port should be between 1 and 65535".to_owned()),
    }
}

fn parse_buffering(buffering: &Value) -> Result<Buffering, String> {
    let number = |name: &str, default: u64, range: RangeInclusive<u64>| match &buffering[name] {
        Value::Null => Ok(default),
        value => value
            .as_u64()
            .filter(|value| range.contains(value))
            .ok_or_else(|| format!("{name} should be an integer between {} and {}", range.start(), range.end())),
    };
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Buffering {
        max_items: size(number("maxItems", 10_000, 1000..=10_000)?),
        max_bytes: size(number("maxBytes", 262_144, 262_144..=1_048_576)?),
        timeout: Duration::from_millis(number("timeoutMs", 1000, 25..=30_000)?),
    })
}
