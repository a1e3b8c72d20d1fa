//! Log entries of invocations.

use std::{fmt, sync::Arc, time::Duration};

use http::{Method, StatusCode, Uri};
use tokio::time::Instant;

type Write = Arc<dyn Fn(&LogEntry) + Send + Sync>;

/// A log entry about an invocation that has ended.
///
/// [`RuntimeApi::on_invocation`](crate::RuntimeApi::on_invocation), [`WebFunction::on_invocation`](crate::WebFunction::on_invocation)
/// and `Vercel::on_invocation` pass it to a callback.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogEntry {
    /// The name of the event.
    ///
    /// It is the method and the path of a request, such as `GET /items`. It has no query, which may contain secrets. Other events
    /// have the route of a WebSocket API, such as `$connect`, or the source, such as `aws:sqs`.
    ///
    /// The name comes from the client and may have control characters: escape it before you print it.
    pub name: String,
    /// The status of the response, if the event is a request.
    pub status: Option<StatusCode>,
    /// The time from the delivery of the event to the last byte of the response. If the function did not get the event, the time
    /// from the request to the response.
    pub duration: Duration,
    /// The time that the function took to start, if this is its first invocation and its start is known.
    pub cold_start: Option<Duration>,
    /// The reason of a failure: an error that the function reported, a timeout, or an incomplete response.
    ///
    /// It comes from the function and may have control characters.
    pub error: Option<String>,
}

/// The callback for log entries, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Log(Option<Write>);

impl Log {
    pub(crate) fn new(write: impl Fn(&LogEntry) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(write)))
    }

    /// Begins the entry of an invocation. Calls `name` only if there is a callback.
    pub(crate) fn begin(&self, name: impl FnOnce() -> String) -> OpenEntry {
        OpenEntry(self.0.as_ref().map(|write| {
            let entry = LogEntry {
                name: name(),
                status: None,
                duration: Duration::ZERO,
                cold_start: None,
                error: Some("cancelled: no client waits for the response".to_owned()),
            };
            Box::new(PendingEntry { write: Arc::clone(write), begun: Instant::now(), entry })
        }))
    }

    pub(crate) fn begin_request(&self, method: &Method, uri: &Uri) -> OpenEntry {
        self.begin(|| format!("{method} {}", uri.path()))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.0.is_some()).finish()
    }
}

/// The entry of an invocation that has not ended. The drop writes it.
#[derive(Default)]
pub(crate) struct OpenEntry(Option<Box<PendingEntry>>);

struct PendingEntry {
    write: Write,
    begun: Instant,
    entry: LogEntry,
}

impl OpenEntry {
    /// Sets the time of the delivery to the function.
    pub(crate) fn start(&mut self, at: Instant, cold_start: Option<Duration>) {
        if let Some(open) = &mut self.0 {
            open.begun = at;
            open.entry.cold_start = cold_start;
        }
    }

    /// Sets the status of a successful invocation.
    pub(crate) fn succeed(&mut self, status: Option<StatusCode>) {
        self.succeed_with(|| status);
    }

    /// Sets the status of a successful invocation. Calls `status` only if there is a callback.
    pub(crate) fn succeed_with(&mut self, status: impl FnOnce() -> Option<StatusCode>) {
        if let Some(open) = &mut self.0 {
            open.entry.status = status();
            open.entry.error = None;
        }
    }

    pub(crate) fn set_status(&mut self, status: StatusCode) {
        if let Some(open) = &mut self.0 {
            open.entry.status = Some(status);
        }
    }

    pub(crate) fn fail(&mut self, error: &dyn fmt::Display) {
        if let Some(open) = &mut self.0 {
            open.entry.error = Some(error.to_string());
        }
    }
}

impl Drop for OpenEntry {
    fn drop(&mut self) {
        if let Some(mut open) = self.0.take() {
            open.entry.duration = open.begun.elapsed();
            (open.write)(&open.entry);
        }
    }
}

impl fmt::Debug for OpenEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenEntry").field(&self.0.as_ref().map(|open| &open.entry)).finish()
    }
}
