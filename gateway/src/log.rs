//! One log entry for each invocation.

use std::{fmt, sync::Arc, time::Duration};

use http::{Method, StatusCode, Uri};
use tokio::time::Instant;

type Write = Arc<dyn Fn(&LogEntry) + Send + Sync>;

/// An invocation of a function that has ended, for a line in a log.
///
/// [`RuntimeApi::on_invocation`](crate::RuntimeApi::on_invocation) passes it on, and so does `Vercel::on_invocation`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogEntry {
    /// The method and the path of a request, such as `GET /items`, without the query, which may have secrets in it. Of other events
    /// the route of a WebSocket API, such as `$connect`, or the source, such as `aws:sqs`.
    ///
    /// It comes from the client, control characters included: escape it before you print it.
    pub name: String,
    /// The status of the response, if the event is a request.
    pub status: Option<StatusCode>,
    /// The time from when the function got the event to the last byte of its response. If the function did not get it, the time
    /// from the request to the response.
    pub duration: Duration,
    /// The time that the function took to start, on its first invocation. `None` on all others, and if the start of the function is
    /// not known.
    pub cold_start: Option<Duration>,
    /// Why the invocation failed: an error that the function reported, a timeout, or a response that was cut off. It comes from the
    /// function, control characters included.
    pub error: Option<String>,
}

/// Where the entries go, if anywhere.
#[derive(Clone, Default)]
pub(crate) struct Log(Option<Write>);

impl Log {
    pub(crate) fn new(write: impl Fn(&LogEntry) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(write)))
    }

    /// Begins the entry of an invocation. Its name is only made if it is written.
    pub(crate) fn begin(&self, name: impl FnOnce() -> String) -> OpenEntry {
        OpenEntry(self.0.as_ref().map(|write| {
            let entry = LogEntry {
                name: name(),
                status: None,
                duration: Duration::ZERO,
                cold_start: None,
                error: Some("cancelled: nobody waits for the response".to_owned()),
            };
            Box::new(Open { write: Arc::clone(write), begun: Instant::now(), entry })
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

/// The entry of an invocation that has not ended. It is written when this is dropped.
#[derive(Default)]
pub(crate) struct OpenEntry(Option<Box<Open>>);

struct Open {
    write: Write,
    begun: Instant,
    entry: LogEntry,
}

impl OpenEntry {
    /// The function got the event at this time.
    pub(crate) fn hand_out(&mut self, at: Instant, cold_start: Option<Duration>) {
        if let Some(open) = &mut self.0 {
            open.begun = at;
            open.entry.cold_start = cold_start;
        }
    }

    /// There is a result, with this status if it has one.
    pub(crate) fn succeed(&mut self, status: Option<StatusCode>) {
        self.succeed_with(|| status);
    }

    /// Likewise, of a status that is only looked for if it is written.
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
