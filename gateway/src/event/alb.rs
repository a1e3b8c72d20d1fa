//! The event of an Application Load Balancer.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{body, fields::Fields, insert, query};
use crate::{front::Front, kind::Kind};

pub(super) fn event(front: &Front, request: &Request<Bytes>) -> Value {
    let mut event = json!({
        "requestContext": {"elb": {"targetGroupArn":
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/test/1234567890abcdef"}},
        "httpMethod": request.method().as_str(),
        // Rule 14: as it was sent.
        "path": request.uri().path(),
    });
    // Rule 39: not decoded.
    let parameters = query::encoded(request.uri().query().unwrap_or_default());
    let headers = Fields::of_headers(front, request);
    if front.kind == Kind::AlbMultiValue {
        insert(&mut event, "multiValueQueryStringParameters", parameters.arrays());
        insert(&mut event, "multiValueHeaders", headers.arrays());
    } else {
        insert(&mut event, "queryStringParameters", parameters.last());
        insert(&mut event, "headers", headers.last());
    }
    let (body, is_base64) = body::of(front, request);
    insert(&mut event, "body", body);
    insert(&mut event, "isBase64Encoded", is_base64);
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    fn request() -> http::request::Builder {
        let request = Request::get("/a%2Fb?k=1&k=%3Fx+y&e").header("X-A", "1").header("x-a", "2");
        request.header("cookie", "a=1").header("cookie", "b=2").header("x-forwarded-for", "6.6.6.6")
    }

    #[test]
    fn one_value_is_the_last_one() {
        let event = event(&Front::alb().client([2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()), request(), b"");
        assert_eq!((&event["path"], &event["body"]), (&"/a%2Fb".into(), &"".into()));
        assert_eq!(event["queryStringParameters"], json!({"k": "%3Fx+y", "e": ""}));
        assert_eq!((&event["headers"]["x-a"], &event["headers"]["cookie"]), (&"2".into(), &"b=2".into()));
        assert_eq!(event["headers"]["x-forwarded-for"], "6.6.6.6, 7d1:db8::1");
        assert_eq!((event.get("multiValueHeaders"), event.get("multiValueQueryStringParameters")), (None, None));
    }

    #[test]
    fn many_values_are_all_of_them() {
        let event = event(&Front::alb_multi_value(), request(), b"");
        assert_eq!(event["multiValueQueryStringParameters"], json!({"k": ["1", "%3Fx+y"], "e": [""]}));
        assert_eq!(event["multiValueHeaders"]["x-a"], json!(["1", "2"]));
        assert_eq!(event["multiValueHeaders"]["cookie"], json!(["a=1", "b=2"]));
        assert_eq!(event["multiValueHeaders"]["x-forwarded-proto"], json!(["https"]));
        assert_eq!((event.get("headers"), event.get("queryStringParameters")), (None, None));
    }

    #[test]
    fn no_query_is_an_empty_map() {
        assert_eq!(event(&Front::alb(), Request::get("/"), b"")["queryStringParameters"], json!({}));
    }
}
