//! Replies to VPC Lattice.

use bytes::Bytes;
use http::Response;

use super::{assemble, reply::Reply};
use crate::{front::Front, kind::Kind};

pub(super) fn response(front: &Front, reply: &[u8]) -> Option<Response<Bytes>> {
    let known = ["statusCode", "statusDescription", "headers", "body", "isBase64Encoded"];
    let reply = Reply::strict(reply)?.only(&known)?;
    // Rule 81.
    let headers = match front.kind {
        Kind::LatticeV2 => reply.single_or_multi("headers")?,
        _ => reply.single("headers")?,
    };
    Some(assemble(reply.status()?, headers, reply.body()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::of;
    use serde_json::json;

    #[test]
    fn arrays_are_of_version_2() {
        let reply = json!({"statusCode": 200, "headers": {"x": "1, 2", "set-cookie": ["a=1", "b=2"]}, "body": "eA==",
            "isBase64Encoded": true});
        let response = of(&Front::lattice_v2(), reply.to_string().as_bytes());
        assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!((&response.headers()["x"], &response.body()[..]), (&"1, 2".parse().unwrap(), &b"x"[..]));
        assert_eq!(of(&Front::lattice_v1(), reply.to_string().as_bytes()).status(), 502);
        let strings = json!({"statusCode": 200, "headers": {"set-cookie": "a=1"}});
        assert_eq!(of(&Front::lattice_v1(), strings.to_string().as_bytes()).headers()["set-cookie"], "a=1");
    }

    #[test]
    fn what_is_not_of_its_shape_is_a_502() {
        for front in [Front::lattice_v1(), Front::lattice_v2()] {
            for reply in
                [json!({"statusCode": 200, "multiValueHeaders": {}}), json!({"statusCode": 200, "headers": null})]
            {
                assert_eq!(of(&front, reply.to_string().as_bytes()).status(), 502, "{front}: {reply}");
            }
        }
    }
}
