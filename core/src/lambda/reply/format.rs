//! What fronts want of a reply, and where they differ.

use crate::lambda::reply::MAX_REPLY;

/// What API Gateway takes of headers in an answer, names and values, in bytes.
///
/// Source: [quotas of HTTP APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html).
pub(crate) const API_HEADERS: usize = 10_240;

/// How a front wants its replies.
#[derive(Debug)]
pub(crate) struct ReplyFormat {
    /// Where [`lists_are_in`](Self::lists_are_in) if they are lists, else under `headers`.
    pub(crate) headers: HeaderFormat,
    pub(crate) cookies: HeaderFormat,
    /// The member that headers are in that are lists.
    pub(crate) lists_are_in: &'static str,
    /// The member that says that the body is base64.
    pub(crate) base64_is: &'static str,
    /// The one header that the front takes, if it takes one alone.
    pub(crate) only: Option<&'static str>,
    /// The front wants a `statusDescription`, and to be told of the encoding of a body that is not encoded.
    pub(crate) is_explicit: bool,
    /// The answer is streamed: what is written is the prelude, and the body comes after it.
    pub(crate) is_prelude: bool,
    /// There is no HTTP response: the body alone is the result, as JSON.
    pub(crate) is_result: bool,
    /// Nobody would see the status: one that is not of success fails the invocation.
    pub(crate) fails_by_status: bool,
    /// The most bytes of a reply.
    pub(crate) max_size: usize,
    /// A null for `content-type` keeps the front from adding a type to a response that has no body (rule 88).
    pub(crate) suppresses_type: bool,
    /// The most bytes of headers that the front sends to a client, where that is known.
    pub(crate) max_headers: Option<usize>,
    /// The most bytes of a body that is a message.
    pub(crate) max_message: Option<usize>,
    /// Whose limit `max_size` is.
    pub(crate) taker: &'static str,
}

/// How the values of a header are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderFormat {
    /// As one string, with commas.
    Joined,
    /// As an array of strings.
    List,
    /// Not among the headers: in `cookies`.
    CookiesArray,
    /// Each under a spelling of the name of its own: to a front names are different that differ in case alone.
    CaseVariants,
    /// The first one alone.
    FirstValue,
}

impl ReplyFormat {
    /// What fronts have in common, which is of no front by itself.
    pub(crate) const DEFAULT: Self = Self {
        headers: HeaderFormat::Joined,
        cookies: HeaderFormat::FirstValue,
        lists_are_in: "multiValueHeaders",
        base64_is: r#""isBase64Encoded":true"#,
        only: None,
        is_explicit: false,
        is_prelude: false,
        is_result: false,
        fails_by_status: false,
        max_size: MAX_REPLY,
        suppresses_type: false,
        max_headers: None,
        max_message: None,
        taker: "Lambda",
    };

    /// What goes before a streamed body on a Function URL: it has no room for lists, and answers one that has any with 500.
    ///
    /// Source: [streaming over HTTP](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
    pub(crate) const URL_PRELUDE: Self =
        Self { cookies: HeaderFormat::CookiesArray, is_prelude: true, ..Self::DEFAULT };

    /// Likewise on a REST API.
    ///
    /// Source: [Lambda proxy integrations that stream](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
    pub(crate) const REST_PRELUDE: Self =
        Self { headers: HeaderFormat::List, max_headers: Some(API_HEADERS), ..Self::URL_PRELUDE };
}

/// The most bytes of a prelude, with the zeros that end it: the front looks for them in the first 16 KB of a stream.
///
/// Source: [Lambda proxy integrations that stream](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
pub(crate) const MAX_PRELUDE: usize = 16 * 1024;
