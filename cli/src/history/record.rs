use std::{
    sync::{Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, Instant, SystemTime},
};

use http::HeaderMap;

use super::{
    History, NewRecord,
    body::BodyRecord,
    detail::{
        Complaint, Detail, Frame, HeaderList, LogLine, ReplyRecord, ResponseRecord, State, Summary, content_type,
        header_list,
    },
};

/// The maximum number of frames and of log lines that are kept.
const MAX_LIST: usize = 1_000;

/// The maximum size of the log lines that are kept, in bytes.
const MAX_LOG: usize = 1 << 20;

/// Follows the lines that are kept.
const MORE_LINES: &str = "(the inspector keeps 1,000 lines and 1 MB of an invocation; the terminal has all lines)";

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

    /// The bytes of memory behind the record: bodies, headers, lines and frames.
    pub(super) fn size(&self) -> usize {
        let detail = self.lock();
        let headers = |list: &HeaderList| list.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        let request = detail.request.as_ref();
        let request =
            request.map_or(0, |request| request.body.kept() + request.target.len() + headers(&request.headers));
        let event = detail.event.as_ref().map_or(0, BodyRecord::kept);
        let prelude = |reply: &ReplyRecord| reply.prelude.as_ref().map_or(0, String::len);
        let reply = detail.reply.as_ref().map_or(0, |reply| reply.body.kept() + prelude(reply));
        let response = detail.response.as_ref().map_or(0, |response| response.body.kept() + headers(&response.headers));
        request + event + reply + response + detail.log_size + size_of_val(&*detail.timing.frames)
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
            // The last line that is kept says that there are more.
            let is_cut_off = detail.logs.last().is_some_and(|last| last.text == MORE_LINES);
            if is_cut_off {
                return;
            }
            let line = line.trim_end_matches(['\r', '\n']);
            let fits = detail.logs.len() < MAX_LIST && detail.log_size + line.len() <= MAX_LOG;
            let text = if fits { line } else { MORE_LINES };
            detail.log_size += text.len();
            detail.logs.push(LogLine { at_ms, text: text.to_owned() });
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

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn lines(record: &Record) -> (usize, String) {
        record.read(|detail| (detail.logs.len(), detail.logs.last().unwrap().text.clone()))
    }

    fn record() -> Record {
        Record::new(1, NewRecord::event("function", "aws:sqs".to_owned(), 1), Weak::new())
    }

    #[test]
    fn keeps_the_first_lines() {
        let many = record();
        (0..2_000).for_each(|number| many.add_line(&format!("{number}\n")));
        assert_eq!(lines(&many), (1_001, MORE_LINES.to_owned()));
        many.read(|detail| assert_eq!(detail.logs[999].text, "999"));

        let long = record();
        long.add_line(&"x".repeat(1 << 20));
        assert_eq!((lines(&long).0, long.size()), (1, 1 << 20));
        (0..100).for_each(|_| long.add_line(&"x".repeat(1 << 20)));
        assert_eq!(lines(&long), (2, MORE_LINES.to_owned()));
    }

    #[test]
    fn counts_headers_and_frames() {
        let request = Request::builder().uri("/abc").header("x-a", "12345").body("body".into()).unwrap();
        let record = Record::new(1, NewRecord::http("alb", ("function", 1), &request), Weak::new());
        assert_eq!(record.size(), "/abc".len() + "x-a12345".len() + "body".len());
        record.begin_response(200, request.headers());
        record.add_response_body(b"12", Instant::now());
        assert_eq!(record.size(), 16 + "x-a12345".len() + 2 + size_of::<Frame>());
    }
}
