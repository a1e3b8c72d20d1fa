//! Lambda@Edge: CloudFront events, which are rejected. Their format has nothing in common with other HTTP events.
//!
//! Source: [Lambda@Edge event structure](https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html).

use crate::{
    json::read::{Malformed, Reader},
    lambda::event::{
        front::{FrontSpec, Recognition},
        own_keys::OwnKeys,
    },
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of Lambda@Edge",
    keys: OwnKeys { event: &["Records"], context: &[] },
    recognize: |fields| {
        if has_cloudfront_record(fields.own.json("Records")) {
            Recognition::Broken("CloudFront events are not supported")
        } else {
            Recognition::No
        }
    },
};

/// Returns whether the first record has the member `cf`. Other services send `Records` as well.
fn has_cloudfront_record(records: &[u8]) -> bool {
    let mut has_member = false;
    let _ = Reader::new(records).array(|record| {
        record.object(|value, key| {
            has_member |= key.verbatim() == Some(b"cf");
            value.skip().map(drop)
        })?;
        // Ends the array after the first record: there may be thousands.
        Err(Malformed { at: 0 })
    });
    has_member
}
