//! Bodies of requests and responses.

use std::{
    error::Error,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use http::{Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::body::{Body, Frame, SizeHint};

use crate::{function::LocalServer, history::Record};

pub type BoxError = Box<dyn Error + Send + Sync>;
pub type BoxBody = UnsyncBoxBody<Bytes, BoxError>;

/// Makes a body of bytes.
pub fn full(bytes: impl Into<Bytes>) -> BoxBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// Makes a response of plain text.
pub fn text(status: StatusCode, text: impl Into<String>) -> Response<BoxBody> {
    let mut response = Response::new(full(text.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// A request body on its way to the process, which is recorded.
pub struct RecordedRequestBody<B> {
    pub body: B,
    pub record: Arc<Record>,
}

impl<B: Body<Data = Bytes> + Unpin> Body for RecordedRequestBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.record.update_quietly(|detail| {
                if let Some(request) = &mut detail.request {
                    request.body.push(data);
                    detail.summary.request_size = request.body.size();
                }
            });
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response body on its way to the client, which is recorded. The end or the drop ends the record.
pub struct RecordedResponseBody {
    body: BoxBody,
    record: Arc<Record>,
    /// The process ends with its last owner.
    _process: Arc<LocalServer>,
    has_ended: bool,
}

impl RecordedResponseBody {
    pub fn new(body: BoxBody, record: Arc<Record>, process: Arc<LocalServer>) -> Self {
        Self { body, record, _process: process, has_ended: false }
    }

    fn end(&mut self, end: &'static str, error: Option<String>) {
        if !self.has_ended {
            self.has_ended = true;
            self.record.finish(end, error);
        }
    }
}

impl Body for RecordedResponseBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            None => self.end("complete", None),
            Some(Err(error)) => {
                let error = error.to_string();
                self.end("truncated", Some(error));
            }
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.record.add_response_body(data, Instant::now());
                }
                if self.body.is_end_stream() {
                    self.end("complete", None);
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RecordedResponseBody {
    fn drop(&mut self) {
        let is_complete = self.body.is_end_stream();
        self.end(if is_complete { "complete" } else { "truncated" }, None);
    }
}
