use std::net::{Ipv4Addr, SocketAddr};

use lodger_runtime_api::{Error as ApiError, ExtensionClient};
use serde_json::json;

use super::Buffering;
use crate::Error;

/// A stream of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stream {
    /// `platform`: the records of Lambda about initializations and invocations.
    Platform,
    /// `function`: the log lines of the function.
    Function,
    /// `extension`: the log lines of all extensions, including this one.
    ///
    /// A handler that logs a line for each record causes an endless loop. A handler that fails for each batch causes one too,
    /// because this crate logs an error line for every failed call.
    Extension,
}

impl Stream {
    fn as_str(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

/// The settings of a subscription to telemetry.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use lodger_extension::{Extension, telemetry::{Buffering, Record, Stream, Subscription}};
///
/// let subscription = Subscription::new()
///     .streams([Stream::Function])
///     .buffering(Buffering { timeout: Duration::from_millis(100), ..Buffering::default() });
/// let extension = Extension::new().subscription(subscription).on_telemetry(async |records: Vec<Record>| {
///     println!("{} records", records.len());
/// });
/// ```
#[derive(Debug, Clone)]
#[must_use = "changes nothing until it is passed to `Extension::subscription`"]
pub struct Subscription {
    streams: Vec<Stream>,
    buffering: Buffering,
    listen: SocketAddr,
    host: String,
    queue_bytes: u32,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            streams: vec![Stream::Platform, Stream::Function],
            buffering: Buffering::default(),
            listen: (Ipv4Addr::UNSPECIFIED, 0).into(),
            host: "sandbox.localdomain".to_owned(),
            queue_bytes: 4 << 20,
        }
    }
}

impl Subscription {
    /// Creates the default subscription: to the records of the platform and the log lines of the function.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the streams. At least one is required.
    pub fn streams(mut self, streams: impl IntoIterator<Item = Stream>) -> Self {
        self.streams = streams.into_iter().collect();
        self
    }

    /// Sets how Lambda collects records.
    pub fn buffering(mut self, buffering: Buffering) -> Self {
        self.buffering = buffering;
        self
    }

    /// Sets the address on which the extension receives records. The default is a free port on `0.0.0.0`.
    ///
    /// Lambda sends only to listeners inside the execution environment, and reserves port 9001.
    pub fn listen(mut self, addr: impl Into<SocketAddr>) -> Self {
        self.listen = addr.into();
        self
    }

    /// Sets the host of the URI to which Lambda sends records. The default is `sandbox.localdomain`, the only name that Lambda
    /// accepts. An emulator may need `127.0.0.1`.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// Sets the size of the queue between the listener and the handler, in bytes of memory. The default is 4 MiB.
    ///
    /// If the queue is full, the listener delays its response until the handler has made room. Lambda sends no further batch
    /// before the response, keeps records in its own buffer, and drops records once that is full. It then sends a record of the
    /// kind `platform.logsDropped`.
    pub fn queue_bytes(mut self, bytes: u32) -> Self {
        self.queue_bytes = bytes;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.streams.is_empty() {
            return Err(Error::setting("cannot subscribe: no streams are selected; call `Subscription::streams`"));
        }
        let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
        if self.host.is_empty() || !self.host.bytes().all(is_valid) {
            return Err(Error::setting(format!("invalid host {:?} of the subscription", self.host)));
        }
        self.buffering.check()
    }

    pub(super) fn listen_addr(&self) -> SocketAddr {
        self.listen
    }

    pub(crate) fn queue_size(&self) -> u32 {
        self.queue_bytes.max(1)
    }

    pub(super) fn max_body(&self) -> usize {
        self.buffering.max_body()
    }

    pub(super) fn max_records(&self) -> usize {
        self.buffering.max_records()
    }

    /// The JSON of the request.
    fn json(&self, schema_version: &str, port: u16) -> String {
        let Buffering { max_items, max_bytes, .. } = self.buffering;
        let streams: Vec<_> = self.streams.iter().map(|stream| stream.as_str()).collect();
        json!({
            "schemaVersion": schema_version,
            "types": streams,
            "buffering": { "maxItems": max_items, "maxBytes": max_bytes, "timeoutMs": self.buffering.timeout_ms() },
            "destination": { "protocol": "HTTP", "URI": format!("http://{}:{port}", self.host) },
        })
        .to_string()
    }
}

/// The API from which an extension receives records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    Telemetry,
    Logs,
}

impl Api {
    /// The name of the handler of the records.
    pub(crate) fn handler(self) -> &'static str {
        match self {
            Self::Telemetry => "on_telemetry",
            Self::Logs => "on_logs",
        }
    }

    /// The schema versions, the newest first. Managed Instances accept only the first version of the Telemetry API.
    fn schema_versions(self) -> &'static [&'static str] {
        match self {
            Self::Telemetry => &["2025-01-29", "2022-12-13", "2022-07-01"],
            Self::Logs => &["2021-03-18"],
        }
    }

    /// Subscribes with the newest schema version that Lambda accepts. Returns the version, and the status of the response.
    pub(crate) async fn subscribe(
        self,
        client: &mut ExtensionClient,
        subscription: &Subscription,
        port: u16,
    ) -> Result<(&'static str, u16), ApiError> {
        let (mut version, mut rest) = ("", self.schema_versions());
        loop {
            if let Some((next, older)) = rest.split_first() {
                (version, rest) = (next, older);
            }
            let json = subscription.json(version, port);
            let subscribed = match self {
                Self::Telemetry => client.subscribe_to_telemetry(&json).await,
                Self::Logs => client.subscribe_to_logs(&json).await,
            };
            match subscribed {
                Err(error) if error.status() == Some(400) && !rest.is_empty() => {}
                subscribed => return subscribed.map(|status| (version, status)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_a_subscription_without_streams_and_an_invalid_host() {
        let error = Subscription::new().streams([]).check().unwrap_err();
        assert_eq!(error.to_string(), "cannot subscribe: no streams are selected; call `Subscription::streams`");
        assert!(Subscription::new().host("a b").check().is_err());
    }

    #[test]
    fn writes_the_subscription_of_the_documentation() {
        let subscription = Subscription::new().streams([Stream::Platform, Stream::Function, Stream::Extension]);
        let json: serde_json::Value = serde_json::from_str(&subscription.json("2025-01-29", 8080)).unwrap();
        let expected = json!({
            "schemaVersion": "2025-01-29",
            "types": ["platform", "function", "extension"],
            "buffering": { "maxItems": 10_000, "maxBytes": 262_144, "timeoutMs": 1_000 },
            "destination": { "protocol": "HTTP", "URI": "http://sandbox.localdomain:8080" },
        });
        assert_eq!(json, expected);
    }
}
