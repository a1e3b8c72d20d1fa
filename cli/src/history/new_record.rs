use bytes::Bytes;
use http::{Request, uri::PathAndQuery};

use super::{
    body::BodyRecord,
    detail::{Detail, RequestRecord, Summary, content_type, header_list},
};

/// The beginning of an invocation.
#[derive(Debug)]
pub struct NewRecord {
    pub(super) detail: Detail,
}

impl NewRecord {
    /// A request through a front, to a function and the number of its build.
    pub fn http(front: &str, (function, build): (&str, u64), request: &Request<Bytes>) -> Self {
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
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
