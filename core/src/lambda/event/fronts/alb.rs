//! Application Load Balancers, with and without multi-value headers.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).

use crate::{
    json::read::Text,
    lambda::{
        event::{
            client::ClientSource,
            error::DecodeError,
            fields::EventFields,
            front::{EventFormat, FrontSpec, Recognition},
            own_keys::OwnKeys,
            parts::{HeaderPairs, RequestParts},
            query::{Query, merged_parameters},
            text::decode_or_empty,
        },
        reply::{Envelope, HeaderFormat, ReplyFormat},
    },
    log::{self, warn_once::WarnOnce},
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of an Application Load Balancer",
    keys: OwnKeys { event: &[], context: &["elb"] },
    recognize: |fields| match &fields.multi_headers {
        _ if !fields.context.own.has("elb") => Recognition::No,
        Some(_) => Recognition::Yes(&MULTI_VALUE),
        None => Recognition::Yes(&SINGLE_VALUE),
    },
};

const MULTI_VALUE: EventFormat = EventFormat {
    log_name: "alb",
    is_http: true,
    wrapper: None,
    parts: |_, fields, _| parts(fields),
    reply: &reply(HeaderFormat::List, HeaderFormat::List),
    reply_to_api_gateway: None,
    streaming: None,
};

const SINGLE_VALUE: EventFormat = EventFormat {
    parts: |_, fields, _| {
        static WARNED: WarnOnce = WarnOnce::new();
        if WARNED.is_first() {
            log::info!(
                "this load balancer sends only the last value of repeated headers and query parameters; to receive all values, \
                 set the attribute lambda.multi_value_headers.enabled of its target group"
            );
        }
        parts(fields)
    },
    reply: &reply(HeaderFormat::Joined, HeaderFormat::CaseVariants),
    ..MULTI_VALUE
};

/// The load balancer responds with 502 to a reply that exceeds a limit.
const fn reply(headers: HeaderFormat, cookies: HeaderFormat) -> ReplyFormat {
    ReplyFormat {
        max_size: 1024 * 1024,
        max_size_of: "an Application Load Balancer",
        max_headers: Some(32 * 1024),
        ..ReplyFormat::envelope(Envelope::LoadBalancer, headers, cookies)
    }
}

fn parts<'a>(fields: &'a EventFields<'a>) -> Result<RequestParts<'a>, DecodeError> {
    Ok(RequestParts {
        method: fields.http_method.and_then(Text::decode),
        path: decode_or_empty(fields.path).ok_or("the path is not text")?,
        // Keys and values are not decoded.
        query: Query::Encoded(merged_parameters(fields)),
        headers: HeaderPairs::from_both_maps(fields),
        client: ClientSource::LastForwarded,
        ..RequestParts::new(fields)
    })
}
