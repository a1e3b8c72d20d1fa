//! The first request of an extension.

use std::io;

use bytes::Bytes;
use tokio::time::timeout;

use super::{API_VERSION, Response, send};
use crate::{
    Error,
    address::Address,
    http1::{Connection, IO_TIMEOUT, is_named},
    report::is_name_character,
};

/// An event of the execution environment that an extension receives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LifecycleEvent {
    /// `INVOKE`: Lambda invokes the function. Not available on Managed Instances.
    Invoke,
    /// `SHUTDOWN`: Lambda is about to end the execution environment. Only external extensions may register for this event.
    Shutdown,
}

impl LifecycleEvent {
    /// The name in requests and responses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invoke => "INVOKE",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

/// The registration of an extension.
///
/// # Example
///
/// ```
/// use lodger_runtime_api::{LifecycleEvent, Registration};
///
/// let registration = Registration::new("log-shipper")
///     .events([LifecycleEvent::Invoke, LifecycleEvent::Shutdown])
///     .accept_account_id();
/// ```
#[derive(Debug, Clone)]
#[must_use = "registers nothing until `ExtensionClient::register` is called"]
pub struct Registration {
    name: String,
    events: Vec<LifecycleEvent>,
    accepts_account_id: bool,
}

/// A registered extension: its connection, its identifier, and the JSON of the response.
pub(super) struct Registered {
    pub(super) connection: Option<Box<Connection>>,
    pub(super) identifier: String,
    pub(super) function: Bytes,
}

impl Registration {
    /// Creates a registration without events.
    ///
    /// The name of an external extension must be the file name of its executable in `/opt/extensions`. An internal extension
    /// has any other name. Names consist of ASCII letters, digits, `.`, `_` and `-`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), events: Vec::new(), accepts_account_id: false }
    }

    /// Sets the events that the extension receives.
    pub fn events(mut self, events: impl IntoIterator<Item = LifecycleEvent>) -> Self {
        self.events = events.into_iter().collect();
        self
    }

    /// Requests the account id of the function, which Lambda then adds to [`function`](crate::ExtensionClient::function).
    pub fn accept_account_id(mut self) -> Self {
        self.accepts_account_id = true;
        self
    }

    /// Sends the registration. `headers` are those of every request.
    pub(super) async fn send(&self, address: &Address, headers: &str) -> Result<Registered, Error> {
        let Self { name, .. } = self;
        if name.is_empty() || !name.chars().all(is_name_character) {
            return Err(Error::invalid_extension_name(name));
        }
        let mut identifier = Bytes::new();
        let mut header = |head: &Bytes, name: &[u8], value: &[u8]| {
            let is_identifier = is_named(name, b"lambda-extension-identifier");
            if is_identifier {
                identifier = head.slice_ref(value);
            }
            is_identifier
        };
        let action = format!("register the extension {name:?}");
        let request = self.request(address, headers);
        let Ok(sent) = timeout(IO_TIMEOUT, send(address, None, request.as_bytes(), &mut header)).await else {
            return Err(Error::timeout(&action, IO_TIMEOUT));
        };
        let Response { connection, head, body } = sent.map_err(|error| Error::connection(&action, error))?;
        if head.status != 200 {
            return Err(Error::explained_rejection(&action, head.status, &body));
        }
        let Some(identifier) = std::str::from_utf8(&identifier).ok().filter(|identifier| !identifier.is_empty()) else {
            return Err(Error::connection(&action, io::Error::other("the response has no identifier")));
        };
        let connection = head.is_reusable.then_some(connection);
        Ok(Registered { connection, identifier: identifier.to_owned(), function: body })
    }

    fn request(&self, address: &Address, headers: &str) -> String {
        let events: Vec<_> = self.events.iter().map(|event| format!("\"{}\"", event.as_str())).collect();
        let body = format!("{{\"events\":[{}]}}", events.join(","));
        let feature = if self.accepts_account_id { "lambda-extension-accept-feature: accountId\r\n" } else { "" };
        format!(
            "POST {path}{API_VERSION}/register HTTP/1.1\r\n{headers}lambda-extension-name: {name}\r\n{feature}\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}",
            path = address.path(),
            name = self.name,
            length = body.len()
        )
    }
}
