use std::{
    sync::{Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant, SystemTime},
};

use http::{HeaderMap, Request};

use super::{
    History,
    body::BodyRecord,
    detail::{
        Complaint, Detail, Frame, LogLine, RequestRecord, ResponseRecord, State, Summary, content_type, header_list,
    },
};

/// The maximum number of frames and of log lines that are kept.
const MAX_LIST: usize = 1_000;

/// The beginning of an invocation.
#[derive(Debug)]
pub struct NewRecord {
    detail: Detail,
}

impl NewRecord {
    /// A request through a front, to a function and the number of its build.
    pub fn http(front: &str, (function, build): (&str, u64), request: &Request<bytes::Bytes>) -> Self {
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

    /// The request id that the function has received.
    pub fn request_id(&self) -> Option<String> {
        self.lock().request_id.clone()
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

    /// Adds complaints about an invocation that has ended.
    pub fn complain_about(&self, complaints: impl FnOnce(&Detail) -> Vec<Complaint>) {
        let complaints = self.read(complaints);
        complaints.into_iter().for_each(|complaint| self.complain(complaint));
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

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
