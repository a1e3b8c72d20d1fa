//! VPC Lattice, event structure version 1, whose members have names of their own.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).

use crate::{
    json::read::Text,
    lambda::{
        event::{
            client::ClientSource,
            error::DecodeError,
            fields::{EventFields, Pairs},
            front::{EventFormat, FrontSpec, Recognition},
            own_keys::OwnKeys,
            parts::{BodySource, RequestParts},
            query::{Query, split_query},
            text::decode_or_empty,
        },
        reply::{Envelope, HeaderFormat, ReplyFormat},
    },
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of VPC Lattice (version 1)",
    keys: OwnKeys { event: &["raw_path", "is_base64_encoded", "query_string_parameters"], context: &[] },
    recognize: |fields| {
        let has_path = fields.own.text("raw_path").is_some();
        if has_path && fields.method.is_some() {
            Recognition::Yes(&FORMAT)
        } else if has_path || !fields.own.json("is_base64_encoded").is_empty() {
            Recognition::Broken("it has no raw_path or no method")
        } else {
            Recognition::No
        }
    },
};

const FORMAT: EventFormat = EventFormat {
    log_name: "vpc-lattice",
    is_http: true,
    wrapper: None,
    parts: |_, fields, _| {
        let is_base64 = fields.is_base64 || fields.own.json("is_base64_encoded") == b"true";
        let parts = parts(fields.own.text("raw_path"), fields.own.json("query_string_parameters"), fields)?;
        Ok(RequestParts { body: BodySource::Member { value: fields.body.clone(), is_base64 }, ..parts })
    },
    // The format has one value for each header, and cookies cannot be joined.
    reply: &ReplyFormat::envelope(Envelope::LoadBalancer, HeaderFormat::Joined, HeaderFormat::FirstValue),
    reply_to_api_gateway: None,
    streaming: None,
};

/// Extracts the parts that both versions have, given the path with its query, and the map of parameters.
pub(crate) fn parts<'a>(
    target: Option<Text<'a>>,
    parameters: &'a [u8],
    fields: &'a EventFields<'a>,
) -> Result<RequestParts<'a>, DecodeError> {
    let (path, query) = split_query(decode_or_empty(target).ok_or("the path is not text")?);
    Ok(RequestParts {
        method: fields.method.and_then(Text::decode),
        path,
        // The query of the path is the raw one. Some samples have it only in the map.
        query: match query {
            Some(query) => Query::Raw(query),
            None => Query::Encoded(Pairs::read(parameters)),
        },
        client: ClientSource::LastForwarded,
        ..RequestParts::new(fields)
    })
}
