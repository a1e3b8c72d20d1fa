//! VPC Lattice, event structure version 1, which has names of its own for everything.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).

use std::borrow::Cow;

use super::{
    fields::Pairs,
    front::{Client, Front, Parts, Query, decoded},
    json::Text,
};
use crate::lambda::reply::{Form, Style};

pub(super) const FRONT: Front = Front {
    name: "an event of VPC Lattice (version 1)",
    short_name: "vpc-lattice",
    is_like_this: |fields| fields.lattice_path.is_some() || fields.has_lattice_encoding,
    is_this: |fields| fields.lattice_path.is_some() && fields.method.is_some(),
    is_http: true,
    parts: |_, fields, _| {
        let (path, query) = split(decoded(fields.lattice_path).ok_or("the path is no text")?);
        Ok(Parts {
            method: fields.method.and_then(Text::decode),
            path,
            // The path has the query, as it was sent; some samples have it in the map alone.
            query: match query {
                Some(query) => Query::Raw(query),
                None => Query::Sent(Pairs::read(fields.query)),
            },
            headers: [&fields.headers, &[]],
            client: Client::LastForwarded,
            ..Parts::default()
        })
    },
    // It has no room for a header that comes twice, and cookies cannot be joined.
    reply: &Style { headers: Form::Joined, cookies: Form::First, is_explicit: true, ..Style::DEFAULT },
    stream: None,
};

/// What stands before the first question mark, and what behind it.
fn split(target: Cow<'_, [u8]>) -> (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>) {
    let Some(at) = memchr::memchr(b'?', &target) else {
        return (target, None);
    };
    match target {
        Cow::Borrowed(target) => {
            let (path, query) = target.split_at_checked(at).unwrap_or_default();
            (path.into(), Some(query.get(1..).unwrap_or_default().into()))
        }
        Cow::Owned(mut path) => {
            let query = path.split_off(at);
            (path.into(), Some(query.get(1..).unwrap_or_default().to_vec().into()))
        }
    }
}
