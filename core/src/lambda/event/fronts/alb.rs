//! Application Load Balancers, whose target group has multi-value headers or has not.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).

use bytes::Bytes;

use crate::{
    json::read::Text,
    lambda::{
        event::{
            DecodeContext,
            fields::Fields,
            front::{Client, DecodeError, Front, Query, RequestParts, decoded, headers, parameters},
        },
        reply::{HeaderFormat, ReplyFormat},
    },
    log::{self, warn_once::WarnOnce},
};

pub(crate) const MULTI_VALUE: Front = Front {
    name: "an event of an Application Load Balancer",
    short_name: "alb",
    is_like_this: |fields| fields.context.is_of_load_balancer,
    is_this: |fields| fields.context.is_of_load_balancer && fields.multi_headers.is_some(),
    is_http: true,
    parts,
    reply: &ReplyFormat { headers: HeaderFormat::List, cookies: HeaderFormat::List, ..REPLY },
    reply_to_api_gateway: None,
    stream: None,
};

pub(crate) const SINGLE_VALUE: Front = Front {
    is_this: |fields| fields.context.is_of_load_balancer,
    parts: |event, fields, asked| {
        static TOLD: WarnOnce = WarnOnce::new();
        if TOLD.is_first() {
            log::info!(
                "this load balancer sends the last one of repeated headers and query parameters; it sends all with the \
                 attribute lambda.multi_value_headers.enabled of its target group"
            );
        }
        parts(event, fields, asked)
    },
    reply: &ReplyFormat { headers: HeaderFormat::Joined, cookies: HeaderFormat::CaseVariants, ..REPLY },
    ..MULTI_VALUE
};

/// What is larger becomes a 502 of the load balancer's own.
const REPLY: ReplyFormat = ReplyFormat {
    is_explicit: true,
    max_size: 1024 * 1024,
    max_headers: Some(32 * 1024),
    taker: "an Application Load Balancer",
    ..ReplyFormat::DEFAULT
};

fn parts<'a>(_: &'a Bytes, fields: &'a Fields<'a>, _: &DecodeContext<'_>) -> Result<RequestParts<'a>, DecodeError> {
    Ok(RequestParts {
        method: fields.http_method.and_then(Text::decode),
        path: decoded(fields.path).ok_or("the path is no text")?,
        // Neither keys nor values are decoded.
        query: Query::Sent(parameters(fields)),
        headers: headers(fields),
        client: Client::LastForwarded,
        ..RequestParts::default()
    })
}
