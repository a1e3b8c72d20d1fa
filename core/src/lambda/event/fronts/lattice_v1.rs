//! VPC Lattice, event structure version 1, which has names of its own for everything.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).

use crate::{
    json::read::Text,
    lambda::{
        event::{
            fields::{Fields, Pairs},
            front::{Client, DecodeError, Front, Query, RequestParts, decoded, split_query},
        },
        reply::{HeaderFormat, ReplyFormat},
    },
};

pub(crate) const FRONT: Front = Front {
    name: "an event of VPC Lattice (version 1)",
    short_name: "vpc-lattice",
    is_like_this: |fields| fields.lattice_path.is_some() || fields.has_lattice_encoding,
    is_this: |fields| fields.lattice_path.is_some() && fields.method.is_some(),
    is_http: true,
    parts: |_, fields, _| parts(fields.lattice_path, fields),
    // It has no room for a header that comes twice, and cookies cannot be joined.
    reply: &ReplyFormat {
        headers: HeaderFormat::Joined,
        cookies: HeaderFormat::FirstValue,
        is_explicit: true,
        ..ReplyFormat::DEFAULT
    },
    reply_to_api_gateway: None,
    stream: None,
};

/// The parts that both versions name alike, with the path and the query of `target`.
pub(crate) fn parts<'a>(target: Option<Text<'a>>, fields: &'a Fields<'a>) -> Result<RequestParts<'a>, DecodeError> {
    let (path, query) = split_query(decoded(target).ok_or("the path is no text")?);
    Ok(RequestParts {
        method: fields.method.and_then(Text::decode),
        path,
        // The query in the path is the raw one. Some samples have it in the map alone.
        query: match query {
            Some(query) => Query::Raw(query),
            None => Query::Sent(Pairs::read(fields.query)),
        },
        headers: [&fields.headers, &[]],
        client: Client::LastForwarded,
        ..RequestParts::default()
    })
}
