//! VPC Lattice, event structure version 2.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).

use crate::lambda::{
    event::{
        front::{EventFormat, FrontSpec, Recognition},
        fronts::lattice_v1::parts,
        own_keys::OwnKeys,
    },
    reply::{Envelope, HeaderFormat, ReplyFormat},
};

pub(crate) const FRONT: FrontSpec = FrontSpec {
    name: "an event of VPC Lattice",
    keys: OwnKeys { event: &[], context: &["serviceArn", "serviceNetworkArn"] },
    recognize: |fields| {
        if fields.context.own.has("serviceArn") || fields.context.own.has("serviceNetworkArn") {
            Recognition::Yes(&FORMAT)
        } else {
            Recognition::No
        }
    },
};

const FORMAT: EventFormat = EventFormat {
    log_name: "vpc-lattice",
    is_http: true,
    wrapper: None,
    parts: |_, fields, _| parts(fields.path, fields.query, fields),
    reply: &ReplyFormat::envelope(Envelope::LoadBalancer, HeaderFormat::Joined, HeaderFormat::List),
    reply_to_api_gateway: None,
    streaming: None,
};
