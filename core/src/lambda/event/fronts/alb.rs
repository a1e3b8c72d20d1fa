//! Application Load Balancers, whose target group has multi-value headers or has not.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).

use bytes::Bytes;

use crate::{
    json::read::Text,
    lambda::{
        event::{
            Asked,
            fields::Fields,
            front::{Client, Front, Parts, Query, Why, decoded, headers, parameters},
        },
        reply::{Form, Style},
    },
    log::{say, warn_once::Once},
};

pub(crate) const MULTI_VALUE: Front = Front {
    name: "an event of an Application Load Balancer",
    short_name: "alb",
    is_like_this: |fields| fields.context.is_of_load_balancer,
    is_this: |fields| fields.context.is_of_load_balancer && fields.multi_headers.is_some(),
    is_http: true,
    parts,
    reply: &Style { headers: Form::List, cookies: Form::List, ..REPLY },
    reply_to_api_gateway: None,
    stream: None,
};

pub(crate) const SINGLE_VALUE: Front = Front {
    is_this: |fields| fields.context.is_of_load_balancer,
    parts: |event, fields, asked| {
        static TOLD: Once = Once::new();
        if TOLD.is_first() {
            say!(
                INFO,
                "this load balancer sends the last one of repeated headers and query parameters; it sends all with the \
                 attribute lambda.multi_value_headers.enabled of its target group"
            );
        }
        parts(event, fields, asked)
    },
    reply: &Style { headers: Form::Joined, cookies: Form::Spelled, ..REPLY },
    ..MULTI_VALUE
};

/// What is larger becomes a 502 of the load balancer's own.
const REPLY: Style = Style {
    is_explicit: true,
    max_size: 1024 * 1024,
    max_headers: Some(32 * 1024),
    taker: "an Application Load Balancer",
    ..Style::DEFAULT
};

fn parts<'a>(_: &'a Bytes, fields: &'a Fields<'a>, _: &Asked<'_>) -> Result<Parts<'a>, Why> {
    Ok(Parts {
        method: fields.http_method.and_then(Text::decode),
        path: decoded(fields.path).ok_or("the path is no text")?,
        // Neither keys nor values are decoded.
        query: Query::Sent(parameters(fields)),
        headers: headers(fields),
        client: Client::LastForwarded,
        ..Parts::default()
    })
}
