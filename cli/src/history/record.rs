use std::{
    sync::{Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant, SystemTime},
};

use http::{HeaderMap, HeaderValue, Request, header::CONTENT_TYPE};
use lodger_gateway::Warning;
use serde::Serialize;

use super::{History, body::BodyRecord};

/// The maximum number of frames and of log lines that are kept.
const MAX_LIST: usize = 1_000;

/// The state of an invocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No process has received it.
    #[default]
    Queued,
    Running,
    Streaming,
    Done,
}

/// The names and the values of headers, in their order. Each byte of a value is a character.
pub type HeaderList = Vec<(String, String)>;

/// The row of an invocation in the list.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    pub id: u64,
    /// Milliseconds since 1970.
    pub at: u64,
    pub kind: &'static str,
    pub front: String,
    pub function: String,
    /// The method and the path, or the source of an event.
    pub name: String,
    pub method: Option<String>,
    pub target: Option<String>,
    pub status: Option<u16>,
    pub error: Option<String>,
    pub state: State,
    pub duration_ms: f64,
    pub is_cold: bool,
    pub request_size: usize,
    pub response_size: usize,
    pub complaints: usize,
    pub replay_of: Option<u64>,
    /// The number of the build.
    pub build: u64,
}

/// A request of a client.
#[derive(Debug, Clone, Serialize)]
pub struct RequestRecord {
    pub method: String,
    pub target: String,
    pub headers: HeaderList,
    pub body: BodyRecord,
}

/// A reply of a function.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReplyRecord {
    pub is_streamed: bool,
    pub content_type: Option<String>,
    /// The JSON before the body of a streamed reply.
    pub prelude: Option<String>,
    pub body: BodyRecord,
}

/// A response to a client.
#[derive(Debug, Clone, Serialize)]
pub struct ResponseRecord {
    pub status: u16,
    pub headers: HeaderList,
    pub body: BodyRecord,
    /// `complete`, `failed` or `truncated`.
    pub end: &'static str,
}

/// The times of an invocation, in milliseconds since the request.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Timing {
    pub queued_ms: Option<f64>,
    /// The time that the process took to start.
    pub init_ms: Option<f64>,
    pub first_byte_ms: Option<f64>,
    pub frames: Vec<Frame>,
    pub end_ms: Option<f64>,
    /// The time from the end of the response to the end of the work after it.
    pub after_ms: Option<f64>,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct Frame {
    pub at_ms: f64,
    pub size: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct LogLine {
    pub at_ms: f64,
    pub text: String,
}

/// A loss or a limit that Lambda would not report.
#[derive(Debug, Clone, Serialize)]
pub struct Complaint {
    pub level: &'static str,
    pub text: String,
    pub link: &'static str,
}

/// Everything about an invocation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Detail {
    #[serde(flatten)]
    pub summary: Summary,
    pub request: Option<RequestRecord>,
    pub event: Option<BodyRecord>,
    pub reply: Option<ReplyRecord>,
    pub response: Option<ResponseRecord>,
    pub timing: Timing,
    pub logs: Vec<LogLine>,
    pub complaint_list: Vec<Complaint>,
}

/// The beginning of an invocation.
#[derive(Debug)]
pub struct NewRecord {
    detail: Detail,
}

impl NewRecord {
    /// A request through a front, to a function.
    pub fn http(front: &str, function: &str, request: &Request<bytes::Bytes>, build: u64) -> Self {
        let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
        let name = format!("{} {}", request.method(), request.uri().path());
        let content_type = content_type(request.headers());
        let record = RequestRecord {
            method: request.method().to_string(),
            target: target.clone(),
            headers: header_list(request.headers()),
            body: BodyRecord::new(content_type, request.body()),
        };
        let summary = Summary {
            kind: "http",
            front: front.to_owned(),
            function: function.to_owned(),
            name,
            method: Some(record.method.clone()),
            target: Some(target),
            request_size: record.body.size(),
            build,
            ..Summary::default()
        };
        Self { detail: Detail { summary, request: Some(record), ..Detail::default() } }
    }

    /// An event that is not a request.
    pub fn event(function: &str, name: String, build: u64) -> Self {
        let summary = Summary {
            kind: "event",
            front: "event".to_owned(),
            function: function.to_owned(),
            name,
            build,
            ..Summary::default()
        };
        Self { detail: Detail { summary, ..Detail::default() } }
    }

    /// Marks it as a replay of another invocation.
    pub fn replay_of(mut self, id: Option<u64>) -> Self {
        self.detail.summary.replay_of = id;
        self
    }
}

/// An invocation in the history.
#[derive(Debug)]
pub struct Record {
    id: u64,
    begun: Instant,
    detail: Mutex<Detail>,
    history: Weak<History>,
}

impl Record {
    pub(super) fn new(id: u64, new: NewRecord, history: Weak<History>) -> Self {
        let mut detail = new.detail;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (detail.summary.id, detail.summary.at) = (id, u64::try_from(now.as_millis()).unwrap_or_default());
        Self { id, begun: Instant::now(), detail: Mutex::new(detail), history }
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    pub fn summary(&self) -> Summary {
        let mut summary = self.lock().summary.clone();
        if summary.state != State::Done {
            summary.duration_ms = self.now_ms();
        }
        summary
    }

    pub fn detail(&self) -> Detail {
        let mut detail = self.lock().clone();
        if detail.summary.state != State::Done {
            detail.summary.duration_ms = self.now_ms();
        }
        detail
    }

    /// The bytes that are kept of all bodies.
    pub(super) fn size(&self) -> usize {
        let detail = self.lock();
        let request = detail.request.as_ref().map_or(0, |request| request.body.kept());
        let event = detail.event.as_ref().map_or(0, BodyRecord::kept);
        let reply = detail.reply.as_ref().map_or(0, |reply| reply.body.kept());
        request + event + reply + detail.response.as_ref().map_or(0, |response| response.body.kept())
    }

    /// Milliseconds since the request.
    pub fn now_ms(&self) -> f64 {
        milliseconds(self.begun.elapsed())
    }

    /// Milliseconds from the request to a time.
    pub fn ms_at(&self, at: Instant) -> f64 {
        milliseconds(at.saturating_duration_since(self.begun))
    }

    /// Reads the record without a copy of its bodies.
    pub fn read<T>(&self, read: impl FnOnce(&Detail) -> T) -> T {
        read(&self.lock())
    }

    /// Changes the record, and reports the change.
    pub fn update(&self, change: impl FnOnce(&mut Detail)) {
        change(&mut self.lock());
        if let Some(history) = self.history.upgrade() {
            history.changed(self);
        }
    }

    /// Changes the record without a report: the list does not show the change.
    pub fn update_quietly(&self, change: impl FnOnce(&mut Detail)) {
        change(&mut self.lock());
    }

    /// Adds a line of the function.
    pub fn add_line(&self, line: &str) {
        let at_ms = self.now_ms();
        self.update_quietly(|detail| {
            if detail.logs.len() < MAX_LIST {
                detail.logs.push(LogLine { at_ms, text: line.trim_end_matches(['\r', '\n']).to_owned() });
            }
        });
    }

    /// Begins the response to the client.
    pub fn begin_response(&self, status: u16, headers: &HeaderMap) {
        let at = self.now_ms();
        let body = BodyRecord::new(content_type(headers), &[]);
        let response = ResponseRecord { status, headers: header_list(headers), body, end: "complete" };
        self.update(|detail| {
            detail.timing.first_byte_ms.get_or_insert(at);
            (detail.summary.status, detail.response) = (Some(status), Some(response));
            detail.summary.state = State::Streaming;
        });
    }

    /// Adds a part of the body of the response.
    pub fn add_response_body(&self, bytes: &[u8], at: Instant) {
        let frame = Frame { at_ms: self.ms_at(at), size: bytes.len() };
        self.update_quietly(|detail| {
            if let Some(response) = &mut detail.response {
                response.body.push(bytes);
            }
            if detail.timing.frames.len() < MAX_LIST {
                detail.timing.frames.push(frame);
            }
            detail.summary.response_size += bytes.len();
        });
    }

    /// Ends the response.
    pub fn finish(&self, end: &'static str, error: Option<String>) {
        let at = self.now_ms();
        self.update(|detail| {
            detail.timing.end_ms = Some(at);
            (detail.summary.state, detail.summary.duration_ms) = (State::Done, at);
            if let Some(response) = &mut detail.response {
                response.end = end;
            }
            if error.is_some() {
                detail.summary.error = error;
            }
        });
    }

    /// Sets the time at which the work after the response has ended.
    pub fn finish_work(&self) {
        let at = self.now_ms();
        self.update(|detail| {
            detail.timing.after_ms = detail.timing.end_ms.map(|end| (at - end).max(0.0));
        });
    }

    /// Adds a complaint, unless there is the same one.
    pub fn complain(&self, complaint: Complaint) {
        self.update(|detail| {
            if !detail.complaint_list.iter().any(|known| known.text == complaint.text) {
                detail.complaint_list.push(complaint);
                detail.summary.complaints = detail.complaint_list.len();
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Detail> {
        self.detail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<&Warning> for Complaint {
    fn from(warning: &Warning) -> Self {
        let link = match warning {
            Warning::DamagedRequestBody { .. } | Warning::EncodedResponseBody { .. } => {
                "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html"
            }
            _ => "https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html",
        };
        Self { level: "warning", text: warning.to_string(), link }
    }
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The headers in their order. Each byte of a value is a character, because JSON has only text.
pub fn header_list(headers: &HeaderMap) -> HeaderList {
    let latin1 = |value: &HeaderValue| match value.to_str() {
        Ok(text) => text.to_owned(),
        Err(_) => String::from_utf8(value.as_bytes().to_vec())
            .unwrap_or_else(|_| value.as_bytes().iter().copied().map(char::from).collect()),
    };
    headers.iter().map(|(name, value)| (name.to_string(), latin1(value))).collect()
}

pub fn content_type(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(CONTENT_TYPE)?.to_str().ok()?.to_owned())
}
