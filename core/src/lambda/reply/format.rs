//! Reply formats: how the fronts differ in the JSON that they expect.

use crate::lambda::reply::limits::{MAX_API_HEADERS, MAX_REPLY};

/// The format of a front's replies.
#[derive(Debug)]
pub(crate) struct ReplyFormat {
    pub(crate) kind: ReplyKind,
    /// The format of every header except `set-cookie`.
    pub(crate) headers: HeaderFormat,
    /// The format of `set-cookie`.
    pub(crate) cookies: HeaderFormat,
    /// The member that contains the headers if their format is [`HeaderFormat::List`]. In other formats it is `headers`.
    pub(crate) list_member: &'static str,
    /// The only header that the front accepts, if it accepts one.
    pub(crate) only_header: Option<&'static str>,
    /// Whether the status reaches a client. If not, an error status fails the invocation.
    pub(crate) client_sees_status: bool,
    /// Whether a response without a body and type gets `"content-type": null`, so that the front adds no type (rule 88).
    pub(crate) suppresses_type: bool,
    /// The maximum size of a reply, in bytes.
    pub(crate) max_size: usize,
    /// The service that sets `max_size`, for errors.
    pub(crate) max_size_of: &'static str,
    /// The maximum size of the headers that the front sends to a client, in bytes, if known.
    pub(crate) max_headers: Option<usize>,
    /// The maximum size of a body that is a WebSocket message, in bytes.
    pub(crate) max_message: Option<usize>,
}

/// The structure of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReplyKind {
    /// One JSON object with the status, the headers and the body.
    Envelope(Envelope),
    /// A JSON object with the status and the headers, before the body as a stream of bytes.
    Prelude,
    /// The body as the result of the invocation, in JSON, without an HTTP response.
    Result,
}

/// The members of an envelope besides `statusCode`, headers and `body`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// `isBase64Encoded` if it is true.
    ApiGateway,
    /// `isBase64Encoded`, always, and `statusDescription`.
    LoadBalancer,
    /// `encoding` if the body is base64.
    Vercel,
}

/// The format of a header's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderFormat {
    /// One string, values separated by commas.
    Joined,
    /// An array of strings.
    List,
    /// The array `cookies`, outside of the headers.
    CookiesArray,
    /// One member for each value, whose names differ in case: `set-cookie`, `Set-cookie`.
    CaseVariants,
    /// The first value. Others are lost.
    FirstValue,
}

impl ReplyFormat {
    /// Creates the format of an envelope with the limits of Lambda.
    pub(crate) const fn envelope(envelope: Envelope, headers: HeaderFormat, cookies: HeaderFormat) -> Self {
        Self {
            kind: ReplyKind::Envelope(envelope),
            headers,
            cookies,
            list_member: "multiValueHeaders",
            only_header: None,
            client_sees_status: true,
            suppresses_type: false,
            max_size: MAX_REPLY,
            max_size_of: "Lambda",
            max_headers: None,
            max_message: None,
        }
    }

    const fn prelude(headers: HeaderFormat) -> Self {
        Self { kind: ReplyKind::Prelude, ..Self::envelope(Envelope::ApiGateway, headers, HeaderFormat::CookiesArray) }
    }

    /// The prelude of a streamed response on a Function URL, which responds with 500 to a prelude that contains arrays.
    ///
    /// Source: [streaming over HTTP](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
    pub(crate) const URL_PRELUDE: Self = Self::prelude(HeaderFormat::Joined);

    /// The prelude of a streamed response on a REST API.
    ///
    /// Source: [Lambda proxy integrations that stream](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html).
    pub(crate) const REST_PRELUDE: Self =
        Self { max_headers: Some(MAX_API_HEADERS), ..Self::prelude(HeaderFormat::List) };

    /// The result of an event that is not HTTP. It has no headers.
    pub(crate) const RESULT: Self = Self {
        kind: ReplyKind::Result,
        client_sees_status: false,
        ..Self::envelope(Envelope::ApiGateway, HeaderFormat::Joined, HeaderFormat::CookiesArray)
    };
}

impl Envelope {
    /// The members that describe a body of text, after a comma.
    pub(crate) fn text_members(self) -> &'static str {
        match self {
            Self::LoadBalancer => r#","isBase64Encoded":false"#,
            Self::ApiGateway | Self::Vercel => "",
        }
    }

    /// The members that describe a body in base64, after a comma.
    pub(crate) fn base64_members(self) -> &'static str {
        match self {
            Self::ApiGateway | Self::LoadBalancer => r#","isBase64Encoded":true"#,
            Self::Vercel => r#","encoding":"base64""#,
        }
    }
}
