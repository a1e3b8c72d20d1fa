//! VPC Lattice, event structure version 2.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).

use super::{
    fields::Pairs,
    front::{Client, Front, Parts, Query, decoded},
    json::Text,
};
use crate::lambda::reply::{Form, Style};

pub(super) const FRONT: Front = Front {
    name: "an event of VPC Lattice",
    short_name: "vpc-lattice",
    is_like_this: |fields| fields.context.is_of_lattice,
    is_this: |fields| fields.context.is_of_lattice,
    is_http: true,
    parts: |_, fields, _| {
        Ok(Parts {
            method: fields.method.and_then(Text::decode),
            path: decoded(fields.path).ok_or("the path is no text")?,
            query: Query::Sent(Pairs::read(fields.query)),
            headers: [&fields.headers, &[]],
            client: Client::LastForwarded,
            ..Parts::default()
        })
    },
    reply: &Style { headers: Form::Joined, cookies: Form::List, is_explicit: true, ..Style::DEFAULT },
    stream: None,
};
