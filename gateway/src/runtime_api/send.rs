//! HTTP requests through a front.

use std::{io, sync::Arc};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};

use super::{RuntimeApi, invoke::collect, prelude, state::FunctionReply};
use crate::{
    Front, Invocation, Observer, StreamedResponse, Warning, front::stream::split_prelude, log::OpenEntry,
    media_type::first_accept_entry, observer::Observed, streamed::Streaming,
};

impl RuntimeApi {
    /// Sends a request through `front` and returns the complete response.
    ///
    /// The response to a streamed reply has a [`StreamEnd`](crate::StreamEnd) among its extensions. A timeout is a 504, and a
    /// function that cannot start or whose reply is incomplete is a 502. The body of both is the error message.
    pub async fn send(&self, front: &Front, request: &Request<Bytes>) -> Response<Bytes> {
        self.stream(front, request).await.collect().await
    }

    /// Sends a request through `front` and returns the response as soon as its head is complete.
    ///
    /// Behind a front that [streams](Front::streaming), the head of a streamed reply is complete with its prelude. An invalid
    /// prelude is a [protocol error](Self::protocol_errors).
    pub async fn stream(&self, front: &Front, request: &Request<Bytes>) -> StreamedResponse {
        let entry = self.begin_entry(request.method(), request.uri());
        self.stream_with_entry(front, request, entry).await
    }

    /// Sends a request like [`stream`](Self::stream), and passes its parts to an observer as they occur.
    pub async fn stream_observed(
        &self,
        front: &Front,
        request: &Request<Bytes>,
        observer: Arc<dyn Observer>,
    ) -> StreamedResponse {
        let mut entry = self.begin_entry(request.method(), request.uri());
        let response = self.respond(front, request, &mut entry, &Observed::by(observer)).await;
        response.with_entry(entry)
    }

    pub(crate) fn begin_entry(&self, method: &Method, uri: &Uri) -> OpenEntry {
        self.log.begin_request(method, uri)
    }

    pub(crate) async fn stream_with_entry(
        &self,
        front: &Front,
        request: &Request<Bytes>,
        mut entry: OpenEntry,
    ) -> StreamedResponse {
        let response = self.respond(front, request, &mut entry, &Observed::default()).await;
        response.with_entry(entry)
    }

    async fn respond(
        &self,
        front: &Front,
        request: &Request<Bytes>,
        entry: &mut OpenEntry,
        observed: &Observed,
    ) -> StreamedResponse {
        let event = match front.event(request) {
            Ok(event) => event,
            Err(response) => return StreamedResponse::whole(*response),
        };
        front.request_warning(request).into_iter().for_each(|warning| self.warn(warning, observed));
        let reply = self.reply(Invocation::new(event).observed(observed.clone()), entry).await;
        let front = &match &reply {
            Ok(reply) => front.for_reply(matches!(reply, FunctionReply::Streamed(_))),
            Err(_) => front.clone(),
        };
        entry.succeed(None);
        let mut response = match (reply, front.stream_decoder()) {
            (Err(error), _) => {
                entry.fail(&error);
                StreamedResponse::whole(error_response(&error))
            }
            (Ok(FunctionReply::Error(error)), _) => {
                entry.fail(&error);
                StreamedResponse::whole(front.failure_response())
            }
            (Ok(FunctionReply::Buffered { body, .. }), None) => {
                let decoded = front.decode_reply(Some(first_accept_entry(request.headers())), &body);
                decoded.warning.into_iter().for_each(|warning| self.warn(warning, observed));
                StreamedResponse::whole(decoded.response)
            }
            (Ok(FunctionReply::Buffered { body, content_type }), Some(decoder)) => {
                if decoder.is_buffered(&body) {
                    self.warn(Warning::BufferedReply { front: front.name() }, observed);
                }
                prelude::response(front, decoder, Streaming::complete(body, content_type), &self.state).await
            }
            (Ok(FunctionReply::Streamed(reply)), Some(decoder)) => {
                prelude::response(front, decoder, reply, &self.state).await
            }
            (Ok(FunctionReply::Streamed(reply)), None) => {
                StreamedResponse::whole(self.buffer(front, reply, entry, observed).await)
            }
        };
        front.add_cors_headers(Some(request.headers()), response.head_mut());
        response
    }

    /// Makes the response of a streamed reply behind a front that does not stream.
    async fn buffer(
        &self,
        front: &Front,
        reply: Streaming,
        entry: &mut OpenEntry,
        observed: &Observed,
    ) -> Response<Bytes> {
        match collect(reply).await {
            Ok(Ok(reply)) => {
                if split_prelude(&reply).is_some() {
                    let can_stream = front.can_stream();
                    self.warn(Warning::StreamedReply { front: front.name(), can_stream }, observed);
                }
                front.decode_collected_stream(&reply)
            }
            Ok(Err(error)) => {
                entry.fail(&error);
                front.failure_response()
            }
            Err(error) => {
                entry.fail(&error);
                error_response(&error)
            }
        }
    }

    /// Records a warning, and passes it to the observer of the request.
    fn warn(&self, warning: Warning, observed: &Observed) {
        observed.notify(|observer| observer.warning(&warning));
        self.state.warn(warning);
    }
}

/// Makes the response for an invocation without a result.
///
/// Unlike the response of a front, it has the error message, for the developer of the function.
pub(crate) fn error_response(error: &io::Error) -> Response<Bytes> {
    let mut response = Response::new(error.to_string().into());
    *response.status_mut() = match error.kind() {
        io::ErrorKind::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::BAD_GATEWAY,
    };
    response
}
