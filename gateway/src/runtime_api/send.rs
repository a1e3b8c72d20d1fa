//! HTTP requests through a front.

use std::io;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};

use super::{RuntimeApi, invoke::collect, prelude, state::FunctionReply};
use crate::{
    Front, StreamedResponse, Warning, front::stream::split_prelude, log::OpenEntry, media_type::first_accept_entry,
    streamed::Streaming,
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

    pub(crate) fn begin_entry(&self, method: &Method, uri: &Uri) -> OpenEntry {
        self.log.begin_request(method, uri)
    }

    pub(crate) async fn stream_with_entry(
        &self,
        front: &Front,
        request: &Request<Bytes>,
        mut entry: OpenEntry,
    ) -> StreamedResponse {
        let response = self.respond(front, request, &mut entry).await;
        response.with_entry(entry)
    }

    async fn respond(&self, front: &Front, request: &Request<Bytes>, entry: &mut OpenEntry) -> StreamedResponse {
        let event = match front.event(request) {
            Ok(event) => event,
            Err(response) => return StreamedResponse::whole(*response),
        };
        front.request_warning(request).into_iter().for_each(|warning| self.state.warn(warning));
        let reply = self.reply(event.into(), entry).await;
        entry.succeed(None);
        match (reply, front.stream_decoder()) {
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
                decoded.warning.into_iter().for_each(|warning| self.state.warn(warning));
                StreamedResponse::whole(decoded.response)
            }
            (Ok(FunctionReply::Buffered { body, content_type }), Some(decoder)) => {
                if decoder.is_buffered(&body) {
                    self.state.warn(Warning::BufferedReply { front: front.name() });
                }
                prelude::response(front, decoder, Streaming::complete(body, content_type), &self.state).await
            }
            (Ok(FunctionReply::Streamed(reply)), Some(decoder)) => {
                prelude::response(front, decoder, reply, &self.state).await
            }
            (Ok(FunctionReply::Streamed(reply)), None) => {
                StreamedResponse::whole(self.buffer(front, reply, entry).await)
            }
        }
    }

    /// Makes the response of a streamed reply behind a front that does not stream.
    async fn buffer(&self, front: &Front, reply: Streaming, entry: &mut OpenEntry) -> Response<Bytes> {
        match collect(reply).await {
            Ok(Ok(reply)) => {
                if split_prelude(&reply).is_some() {
                    let can_stream = front.can_stream();
                    self.state.warn(Warning::StreamedReply { front: front.name(), can_stream });
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
