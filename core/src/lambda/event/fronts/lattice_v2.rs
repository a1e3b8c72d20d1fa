//! VPC Lattice, event structure version 2.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).

use crate::lambda::{
    event::{front::Front, fronts::lattice_v1::parts},
    reply::{HeaderFormat, ReplyFormat},
};

pub(crate) const FRONT: Front = Front {
    name: "an event of VPC Lattice",
    short_name: "vpc-lattice",
    is_like_this: |fields| fields.context.is_of_lattice,
    is_this: |fields| fields.context.is_of_lattice,
    is_http: true,
    parts: |_, fields, _| parts(fields.path, fields),
    reply: &ReplyFormat {
        headers: HeaderFormat::Joined,
        cookies: HeaderFormat::List,
        is_explicit: true,
        ..ReplyFormat::DEFAULT
    },
    reply_to_api_gateway: None,
    stream: None,
};
