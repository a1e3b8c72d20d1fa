//! The public type of a front.

mod authorizer;
mod cors;
mod decode;
mod encode;
mod route;
pub(crate) mod spec;
mod stage;
pub(crate) mod stream;

use std::{fmt, net::IpAddr};

use bytes::Bytes;
use http::{Request, Response, StatusCode};

pub(crate) use self::decode::MAX_REPLY;
use self::{spec::FrontSpec, stream::StreamDecoder};
use crate::{
    FunctionResult, Warning,
    front_settings::FrontSettings,
    media_type::first_accept_entry,
    response::decode::{DecodedReply, ReplyInput},
};

/// A front: the AWS service between HTTP clients and a function, with its settings, or Vercel.
///
/// It behaves like AWS according to the documentation and to captured events. Where neither is known, it accepts only replies
/// that every reading of the documentation allows. IDs and times in events are constant.
///
/// An event has at most 6 MB, which is the limit of Lambda, and the body of a request to an ALB 1 MB. The response to a larger
/// request is 413.
#[derive(Debug, Clone)]
pub struct Front {
    pub(crate) spec: &'static FrontSpec,
    pub(crate) settings: FrontSettings,
    streaming: Streams,
}

/// Whether a front streams replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Streams {
    Never,
    Always,
    /// If the function streams the reply.
    LikeReply,
}

impl Front {
    pub(crate) fn new(spec: &'static FrontSpec) -> Self {
        let stage = spec.stages.as_ref().map_or("$default", |stages| stages.default);
        Self { spec, settings: FrontSettings::new(spec.domain, stage), streaming: Streams::Never }
    }

    /// The name, which the command takes as `--front`.
    pub fn name(&self) -> &'static str {
        self.spec.name
    }

    /// Sets the address of the client. The default is `127.0.0.1`.
    #[must_use]
    pub fn client(mut self, client: IpAddr) -> Self {
        self.settings.client = client;
        self
    }

    /// Sets the binary media types of a REST API, such as `image/png`, `image/*` or `*/*`. By default there are none, like on
    /// AWS. Other fronts have no such setting.
    ///
    /// If the `Content-Type` of a request matches none of them, its body becomes text, and each byte that is not UTF-8
    /// becomes U+FFFD. If the first entry of its `Accept` matches none, a client gets base64 from a reply as text: the
    /// content type of the response does not count. `*/*` matches everything, and a header that is missing.
    /// [`RuntimeApi::warnings`](crate::RuntimeApi::warnings) reports both losses. Streamed replies need no setting.
    ///
    /// Sources: [Binary media types](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html);
    /// that `Accept` alone decides was tested on AWS for [LocalStack](https://github.com/localstack/localstack/pull/12199).
    #[must_use]
    pub fn binary_media_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.settings.binary_media_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Returns whether [`binary_media_types`](Self::binary_media_types) have an effect.
    pub fn has_binary_media_types(&self) -> bool {
        self.spec.body == crate::event::body::BodyRule::BinaryMediaTypes
    }

    /// Streams replies: a Function URL with the invoke mode `RESPONSE_STREAM`, or a REST API whose integration has the response
    /// transfer mode `STREAM`. Other fronts cannot stream and ignore it. Events are the same in both modes.
    ///
    /// A REST API requires a prelude and eight NUL bytes in the first 16 KB, and responds with 500 to other replies, buffered ones
    /// included. A Function URL requires them if the content type of the reply is
    /// `application/vnd.awslambda.http-integration-response`. It sends any other reply to the client as the body, with the status
    /// 200 and the content type of the reply; this includes the JSON of a buffered reply.
    ///
    /// AWS does not document the following, so this front chooses:
    ///
    /// - A Function URL responds with 500 to an invalid prelude. For `multiValueHeaders` AWS does so too.
    /// - A prelude with an unknown member is invalid.
    /// - Without a content type, a Function URL adds `application/octet-stream`, and a REST API `application/json`.
    ///
    /// A front that does not stream gets a streamed reply from the Invoke API, with the prelude as a part of the payload. A REST
    /// API sends a response without a body then. [`RuntimeApi::warnings`](crate::RuntimeApi::warnings) reports a front and a
    /// function of which only one streams.
    ///
    /// Sources: [Function URLs](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html),
    /// [REST APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streaming = if self.can_stream() { Streams::Always } else { Streams::Never };
        self
    }

    /// Streams the replies that the function streams, and no others: for local work, where the setting of the front on AWS is not
    /// known. A front that cannot [stream](Self::streaming) ignores it.
    ///
    /// [`is_streaming`](Self::is_streaming) returns false.
    #[must_use]
    pub fn streaming_like_reply(mut self) -> Self {
        self.streaming = if self.can_stream() { Streams::LikeReply } else { Streams::Never };
        self
    }

    /// Returns the front with its mode for a reply.
    pub(crate) fn for_reply(&self, is_streamed: bool) -> Self {
        match self.streaming {
            Streams::LikeReply if is_streamed => self.clone().streaming(),
            _ => self.clone(),
        }
    }

    /// Returns whether [`streaming`](Self::streaming) has an effect.
    pub fn can_stream(&self) -> bool {
        self.spec.stream.is_some()
    }

    /// Returns whether replies are streamed.
    pub fn is_streaming(&self) -> bool {
        self.streaming == Streams::Always
    }

    /// Makes the event that AWS would send for `request`.
    ///
    /// # Errors
    /// The response of the front if AWS would not invoke the function: 413 if the request is too large, 400 if an HTTP API
    /// cannot decode the path, 400 to an upgrade at an ALB, the response to a [preflight request](Self::cors), and
    /// [`not_found`](Self::not_found) if the request does not match the [route](Self::route).
    pub fn event(&self, request: &Request<Bytes>) -> Result<Bytes, Box<Response<Bytes>>> {
        if let Some(response) = self.preflight_response(request) {
            return Err(Box::new(response));
        }
        let event = if self.has_route_for(request) {
            encode::encode_event(self.spec, &self.settings, request)
        } else {
            Err(Box::new(self.not_found()))
        };
        event.map_err(|mut response| {
            self.add_cors_headers(Some(request.headers()), &mut response);
            response
        })
    }

    /// Makes the HTTP response that AWS would send for the result of an invocation.
    ///
    /// If the front is [`streaming`](Self::streaming), the reply counts as a complete stream. Its content type is unknown, so a
    /// JSON object before eight NUL bytes counts as a prelude. The client is assumed to accept the content type of the response,
    /// which only matters for [binary media types](Self::binary_media_types).
    pub fn response(&self, result: &FunctionResult) -> Response<Bytes> {
        let mut response = self.decode_result(None, result);
        self.add_cors_headers(None, &mut response);
        response
    }

    /// Makes the [`response`](Self::response) for the client that sent `request`.
    pub fn response_to(&self, request: &Request<Bytes>, result: &FunctionResult) -> Response<Bytes> {
        let mut response = self.decode_result(Some(first_accept_entry(request.headers())), result);
        self.add_cors_headers(Some(request.headers()), &mut response);
        response
    }

    fn decode_result(&self, accept: Option<&str>, result: &FunctionResult) -> Response<Bytes> {
        match result {
            Ok(reply) => self.decode_reply(accept, reply).response,
            Err(_) => self.failure_response(),
        }
    }

    /// Makes the response of a buffered reply. `accept` is the first entry of the request's `Accept`, or `None` if it is unknown.
    pub(crate) fn decode_reply(&self, accept: Option<&str>, reply: &[u8]) -> DecodedReply {
        match self.stream_decoder() {
            Some(_) if reply.len() > MAX_REPLY => self.failure_response().into(),
            Some(decoder) => decoder.decode_complete(reply).into(),
            None => decode::decode_reply(self.spec, &ReplyInput { reply, settings: &self.settings, accept }),
        }
    }

    /// Makes the response of a streamed reply, if the front does not stream.
    pub(crate) fn decode_collected_stream(&self, reply: &[u8]) -> Response<Bytes> {
        let keeps_head = self.spec.stream.as_ref().is_some_and(|rules| rules.keeps_head_when_buffered);
        let envelope = match stream::split_prelude(reply) {
            Some((prelude, _)) if keeps_head => prelude,
            Some(_) | None => reply,
        };
        self.decode_reply(None, envelope).response
    }

    /// Returns the decoder of streamed replies, if the front is streaming.
    pub(crate) fn stream_decoder(&self) -> Option<StreamDecoder> {
        let rules = self.spec.stream.as_ref().filter(|_| self.is_streaming())?;
        Some(StreamDecoder { front: self.spec, rules })
    }

    /// Returns a warning if the front damages the body of a request.
    pub(crate) fn request_warning(&self, request: &Request<Bytes>) -> Option<Warning> {
        self.spec.body.warning(request, &self.settings)
    }

    /// Returns the response of the front in place of the function.
    pub(crate) fn error_response(&self, status: StatusCode) -> Response<Bytes> {
        self.spec.error_response(status)
    }

    /// Returns the response when the function fails or its reply is invalid.
    pub(crate) fn failure_response(&self) -> Response<Bytes> {
        self.spec.failure_response()
    }
}

impl fmt::Display for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
