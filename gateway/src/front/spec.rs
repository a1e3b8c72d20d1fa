//! The description of a front.

use std::fmt;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use crate::{
    event::{body::BodyRule, headers::HeaderRules, input::EventInput},
    response::{
        assemble,
        decode::{DecodedReply, ReplyInput},
        error::{ErrorBody, FixedResponse, error_response},
    },
};

/// A front as data: names, limits, rules, and the functions that make its events and responses.
///
/// Each file in `fronts/` has one for each of its fronts. No other code depends on which front it serves.
pub(crate) struct FrontSpec {
    /// The name, such as `rest-api`.
    pub(crate) name: &'static str,
    /// The host name that the platform assigns. Its first label is the ID of an API.
    pub(crate) domain: &'static str,
    /// The stages of an API.
    pub(crate) stages: Option<StageSpec>,
    /// Whether the front rejects a request with `Upgrade`. Others drop the header.
    pub(crate) rejects_upgrades: bool,
    /// The size limits.
    pub(crate) limits: Limits,
    /// The encoding of request bodies.
    pub(crate) body: BodyRule,
    /// The request headers that the front adds.
    pub(crate) headers: HeaderRules,
    /// Makes the event of a request. Returns `None` if the front responds with 400.
    pub(crate) event: fn(EventInput<'_>) -> Option<Value>,
    /// Makes the response of a buffered reply. Returns `None` if the reply is invalid.
    pub(crate) response: fn(&ReplyInput<'_>) -> Option<DecodedReply>,
    /// The status when the function fails or its reply is invalid (rule 115).
    pub(crate) failure_status: StatusCode,
    /// Makes the body of an error response, given the status and the reason of RFC 9110.
    pub(crate) error_body: fn(StatusCode, &str) -> ErrorBody,
    /// The rules for streamed replies, if the front can stream.
    pub(crate) stream: Option<StreamSpec>,
    /// The rules for CORS, if the front has such a setting.
    pub(crate) cors: Option<CorsSpec>,
    /// The responses for an authorizer that rejects a request, if the front has authorizers.
    pub(crate) authorizer: Option<AuthorizerSpec>,
    /// The rules for routes, if the front has routes.
    pub(crate) routes: Option<RouteSpec>,
}

/// The stages of an API.
pub(crate) struct StageSpec {
    /// The stage if no other is set.
    pub(crate) default: &'static str,
    /// Whether URLs omit the stage `$default`.
    pub(crate) hides_default: bool,
    /// The status of a response to a path without the stage.
    pub(crate) unknown_status: StatusCode,
    /// The value of `x-amzn-errortype` in that response.
    pub(crate) unknown_error_type: Option<&'static str>,
}

/// The sizes in bytes beyond which a front responds with an error.
pub(crate) struct Limits {
    /// The body of a request.
    pub(crate) request_body: Option<usize>,
    /// The reply, including its JSON.
    pub(crate) reply: Option<usize>,
    /// The names and values of all response headers (rule 87).
    pub(crate) response_headers: Option<usize>,
    /// The decoded body of a response.
    pub(crate) response_body: Option<usize>,
}

impl Limits {
    /// Limits of Lambda only.
    pub(crate) const NONE: Self = Self { request_body: None, reply: None, response_headers: None, response_body: None };

    /// Limits of API Gateway.
    pub(crate) const API_GATEWAY: Self = Self { response_headers: Some(10_240), ..Self::NONE };

    /// Returns whether a response has larger headers than the front allows.
    pub(crate) fn exceeds_headers<B>(&self, response: &Response<B>) -> bool {
        self.response_headers.is_some_and(|limit| assemble::header_size(response.headers()) > limit)
    }
}

/// The rules of a front for streamed replies.
pub(crate) struct StreamSpec {
    /// Whether each reply needs a prelude. Otherwise the content type of the reply decides.
    pub(crate) requires_prelude: bool,
    /// Whether a prelude may contain `multiValueHeaders`.
    pub(crate) accepts_multi_value_headers: bool,
    /// Whether a reply without a prelude and without a body is a response with the status 200.
    pub(crate) accepts_empty_reply: bool,
    /// Whether the front, without streaming, responds to a streamed reply with the head and no body.
    pub(crate) keeps_head_when_buffered: bool,
    /// The content type of a response whose prelude has none.
    pub(crate) default_content_type: &'static str,
    /// The headers that the front renames to `x-amzn-remapped-..`.
    pub(crate) renamed_headers: &'static [&'static str],
}

/// The rules of a front for CORS.
pub(crate) struct CorsSpec {
    pub(crate) preflight_status: StatusCode,
    pub(crate) preflight_content_type: Option<&'static str>,
    /// Whether `https://*` and `http://*` stand for all origins of a scheme.
    pub(crate) has_scheme_wildcards: bool,
    /// Whether the front removes the CORS headers of the function.
    pub(crate) replaces_headers: bool,
    /// Whether responses that the front makes itself have CORS headers.
    pub(crate) covers_own_responses: bool,
    /// Whether responses have `Vary: Origin`.
    pub(crate) sends_vary: bool,
}

/// The responses for an authorizer that rejects a request.
pub(crate) struct AuthorizerSpec {
    pub(crate) unauthorized: FixedResponse,
    pub(crate) forbidden: FixedResponse,
}

/// The rules of a front for routes.
pub(crate) struct RouteSpec {
    /// Whether an API can have the route `$default`.
    pub(crate) has_default: bool,
    /// The response to a request without a route.
    pub(crate) not_found: FixedResponse,
}

impl FrontSpec {
    /// Returns the response of the front in place of the function.
    pub(crate) fn error_response(&self, status: StatusCode) -> Response<Bytes> {
        error_response(status, self.error_body)
    }

    /// Returns the response when the function fails or its reply is invalid.
    pub(crate) fn failure_response(&self) -> Response<Bytes> {
        self.error_response(self.failure_status)
    }
}

impl fmt::Debug for FrontSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
