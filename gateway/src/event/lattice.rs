//! The events of VPC Lattice.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{body, fields::Fields, insert, query};
use crate::front::Front;

pub(super) fn event_v1(front: &Front, request: &Request<Bytes>) -> Value {
    let (body, is_base64) = body::of(front, request);
    json!({
        "raw_path": target(request),
        "method": request.method().as_str(),
        "headers": Fields::of_headers(front, request).joined(", "),
        "query_string_parameters": query::encoded(request.uri().query().unwrap_or_default()).last(),
        "body": body,
        "is_base64_encoded": is_base64,
    })
}

pub(super) fn event_v2(front: &Front, request: &Request<Bytes>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "path": target(request),
        "method": request.method().as_str(),
        "headers": Fields::of_headers(front, request).arrays(),
    });
    let parameters = query::encoded(request.uri().query().unwrap_or_default());
    if !parameters.is_empty() {
        insert(&mut event, "queryStringParameters", parameters.arrays());
    }
    let (body, is_base64) = body::of(front, request);
    if !body.is_empty() {
        insert(&mut event, "body", body);
    }
    insert(&mut event, "isBase64Encoded", is_base64);
    let arn = |what| format!("arn:aws:vpc-lattice:us-east-1:123456789012:{what}");
    let context = json!({
        "serviceNetworkArn": arn("servicenetwork/sn-0123456789abcdef0"),
        "serviceArn": arn("service/svc-0123456789abcdef0"),
        "targetGroupArn": arn("targetgroup/tg-0123456789abcdef0"),
        "identity": {"sourceVpcArn": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-0123456789abcdef0"},
        "region": "us-east-1",
        // Microseconds.
        "timeEpoch": "1741806238390000",
    });
    insert(&mut event, "requestContext", context);
    event
}

/// The path with the query, which both versions send (rule 43).
fn target(request: &Request<Bytes>) -> &str {
    request.uri().path_and_query().map_or("/", |target| target.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    fn request() -> http::request::Builder {
        let request = Request::post("/a%20b?k=1&k=x+%20").header("X-A", "1").header("x-a", "2");
        request.header("cookie", "a=1").header("cookie", "b=2").header("x-forwarded-for", "6.6.6.6")
    }

    #[test]
    fn version_1_has_strings() {
        let event = event(&Front::lattice_v1(), request(), b"\x00");
        assert_eq!((&event["raw_path"], &event["method"]), (&"/a%20b?k=1&k=x+%20".into(), &"POST".into()));
        assert_eq!(event["query_string_parameters"], json!({"k": "x+%20"}));
        assert_eq!((&event["headers"]["x-a"], &event["headers"]["cookie"]), (&"1, 2".into(), &"a=1; b=2".into()));
        assert_eq!(event["headers"]["x-forwarded-for"], "6.6.6.6, 127.0.0.1");
        assert_eq!((&event["body"], &event["is_base64_encoded"]), (&"AA==".into(), &true.into()));
    }

    #[test]
    fn version_2_has_arrays() {
        let made = event(&Front::lattice_v2(), request(), b"\x00");
        assert_eq!(made["path"], "/a%20b?k=1&k=x+%20");
        assert_eq!(made["queryStringParameters"], json!({"k": ["1", "x+%20"]}));
        assert_eq!(made["headers"]["x-a"], json!(["1", "2"]));
        assert_eq!(made["headers"]["x-forwarded-for"], json!(["6.6.6.6, 127.0.0.1"]));
        assert_eq!((&made["body"], &made["isBase64Encoded"]), (&"AA==".into(), &true.into()));
        let empty = event(&Front::lattice_v2(), Request::get("/"), b"");
        assert_eq!((empty.get("body"), empty.get("queryStringParameters")), (None, None));
    }
}
