//! Application Load Balancers, with and without multi-value headers.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    Front,
    event::{
        body::BodyRule,
        headers::{ContentLengthRule, HeaderRules, add_proxy_headers},
        input::EventInput,
        json::insert,
        query::encoded_parameters,
    },
    front::spec::{FrontSpec, Limits},
    response::{
        assemble::assemble,
        decode::DecodedReply,
        error::ErrorBody,
        reply::{Headers, Reply},
    },
};

impl Front {
    /// An Application Load Balancer whose target group has the default attributes: the last value of each header and each
    /// parameter. Its clients use HTTPS.
    ///
    /// AWS does not document how it treats `multiValueHeaders` in a reply, or a reply without a content type. Here the former
    /// are ignored, and the latter gets none.
    ///
    /// Source: [Lambda functions as targets](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
    pub fn alb() -> Self {
        Self::new(&ALB)
    }

    /// An Application Load Balancer whose target group has the attribute `lambda.multi_value_headers.enabled`: all values of
    /// each header and each parameter.
    ///
    /// Source: [Multi-value headers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#multi-value-headers).
    pub fn alb_multi_value() -> Self {
        Self::new(&ALB_MULTI_VALUE)
    }
}

pub(super) const ALB: FrontSpec = FrontSpec {
    name: "alb",
    domain: "test-1234567890.us-east-1.elb.amazonaws.com",
    stages: None,
    rejects_upgrades: true,
    limits: Limits {
        request_body: Some(1024 * 1024),
        reply: Some(1024 * 1024),
        response_headers: Some(32 * 1024),
        response_body: None,
    },
    body: BodyRule::TextTypesWithoutEncoding,
    headers: HeaderRules { content_length: ContentLengthRule::WithBody, add: add_proxy_headers },
    event: |input| {
        let (parameters, headers) = (encoded_parameters(input.query()).last_values(), input.headers.last_values());
        Some(event(&input, [("queryStringParameters", parameters), ("headers", headers)]))
    },
    response: |input| response(input.reply, |reply| reply.single("headers")).map(DecodedReply::from),
    failure_status: StatusCode::BAD_GATEWAY,
    error_body: ErrorBody::html_page,
    stream: None,
    cors: None,
    authorizer: None,
    routes: None,
};

pub(super) const ALB_MULTI_VALUE: FrontSpec = FrontSpec {
    name: "alb-multi-value",
    event: |input| {
        let (parameters, headers) = (encoded_parameters(input.query()).arrays(), input.headers.arrays());
        Some(event(&input, [("multiValueQueryStringParameters", parameters), ("multiValueHeaders", headers)]))
    },
    response: |input| response(input.reply, |reply| reply.multi("multiValueHeaders")).map(DecodedReply::from),
    ..ALB
};

/// Makes an event with the maps of parameters and headers of its mode.
fn event(input: &EventInput<'_>, maps: [(&str, Value); 2]) -> Value {
    let mut event = json!({
        "requestContext": {"elb": {"targetGroupArn":
            "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/test/1234567890abcdef"}},
        "httpMethod": input.method(),
        // As sent (rules 14 and 39).
        "path": input.path(),
    });
    for (name, map) in maps {
        insert(&mut event, name, map);
    }
    insert(&mut event, "body", input.body.text.as_str());
    insert(&mut event, "isBase64Encoded", input.body.is_base64);
    event
}

fn response(reply: &[u8], headers: fn(&Reply) -> Option<Headers>) -> Option<Response<Bytes>> {
    // Rule 71.
    let known = ["statusCode", "statusDescription", "headers", "multiValueHeaders", "body", "isBase64Encoded"];
    let reply = Reply::strict(reply)?.with_only(&known)?;
    if let Some(description) = reply.get("statusDescription") {
        is_status_description(description.as_str()?).then_some(())?;
    }
    for map in ["headers", "multiValueHeaders"] {
        // A reply may have both maps (rule 77), but neither may be null.
        reply.get(map).is_none_or(Value::is_object).then_some(())?;
    }
    Some(assemble(reply.status()?, headers(&reply)?, reply.body()?))
}

/// Returns whether a text is a status code, a space and a reason (rule 80).
fn is_status_description(description: &str) -> bool {
    let Some((code, reason)) = description.split_once(' ') else { return false };
    code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit()) && !reason.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use crate::{
        Front,
        testing::{event, response_to},
    };
    use bytes::Bytes;
    use http::{Request, Response};
    use serde_json::{Value, json};

    fn request() -> http::request::Builder {
        let request = Request::get("/a%2Fb?k=1&k=%3Fx+y&e").header("X-A", "1").header("x-a", "2");
        request.header("cookie", "a=1").header("cookie", "b=2").header("x-forwarded-for", "6.6.6.6")
    }

    #[test]
    fn sends_the_last_value_of_each_header_and_parameter() {
        let event = event(&Front::alb().client([2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()), request(), b"");
        assert_eq!((&event["path"], &event["body"]), (&"/a%2Fb".into(), &"".into()));
        assert_eq!(event["queryStringParameters"], json!({"k": "%3Fx+y", "e": ""}));
        assert_eq!((&event["headers"]["x-a"], &event["headers"]["cookie"]), (&"2".into(), &"b=2".into()));
        assert_eq!(event["headers"]["x-forwarded-for"], "6.6.6.6, 7d1:db8::1");
        assert_eq!((event.get("multiValueHeaders"), event.get("multiValueQueryStringParameters")), (None, None));
    }

    #[test]
    fn sends_all_values_in_multi_value_mode() {
        let event = event(&Front::alb_multi_value(), request(), b"");
        assert_eq!(event["multiValueQueryStringParameters"], json!({"k": ["1", "%3Fx+y"], "e": [""]}));
        assert_eq!(event["multiValueHeaders"]["x-a"], json!(["1", "2"]));
        assert_eq!(event["multiValueHeaders"]["cookie"], json!(["a=1", "b=2"]));
        assert_eq!(event["multiValueHeaders"]["x-forwarded-proto"], json!(["https"]));
        assert_eq!((event.get("headers"), event.get("queryStringParameters")), (None, None));
    }

    #[test]
    fn sends_an_empty_map_without_a_query() {
        assert_eq!(event(&Front::alb(), Request::get("/"), b"")["queryStringParameters"], json!({}));
    }

    fn response(front: &Front, reply: Value) -> Response<Bytes> {
        response_to(front, reply.to_string().as_bytes())
    }

    #[test]
    fn reads_the_headers_of_its_mode() {
        let reply = json!({"statusCode": 200, "statusDescription": "200 OK", "isBase64Encoded": true, "body": "iVBO",
            "headers": {"x": "1", "set-cookie": "a=1", "Set-cookie": "b=2"},
            "multiValueHeaders": {"x": ["2", "3"], "set-cookie": ["c=3"]}});
        for (front, x, cookies) in
            [(Front::alb(), vec!["1"], vec!["a=1", "b=2"]), (Front::alb_multi_value(), vec!["2", "3"], vec!["c=3"])]
        {
            let response = response(&front, reply.clone());
            assert_eq!(response.headers().get_all("x").iter().collect::<Vec<_>>(), x, "{front}");
            assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), cookies, "{front}");
            assert_eq!(&response.body()[..], b"\x89PN", "{front}");
            assert!(!response.headers().contains_key("content-type"), "{front}");
        }
    }

    #[test]
    fn responds_with_502_to_an_invalid_reply() {
        for front in [Front::alb(), Front::alb_multi_value()] {
            for reply in [
                json!({"statusCode": 200, "cookies": []}),
                json!({"statusCode": 200, "statusDescription": null}),
                json!({"statusCode": 200, "statusDescription": "OK"}),
                json!({"statusCode": 599, "statusDescription": "599 "}),
                json!({"statusCode": 200, "statusDescription": "OKs now"}),
                json!({"headers": {}}),
            ] {
                let response = response(&front, reply.clone());
                assert_eq!(response.status(), 502, "{front}: {reply}");
                assert!(response.body().starts_with(b"<html>"), "{front}: {reply}");
            }
            let reply = json!({"statusCode": 599, "statusDescription": "599 Unknown"});
            assert_eq!(response(&front, reply).status(), 599);
        }
        let null = json!({"statusCode": 200, "headers": {"x": null}, "multiValueHeaders": {"x": null}});
        for front in [Front::alb(), Front::alb_multi_value()] {
            assert_eq!(response(&front, null.clone()).status(), 502, "{front}");
        }
        let arrays = json!({"statusCode": 200, "headers": {"x": ["1"]}});
        assert_eq!(response(&Front::alb(), arrays).status(), 502);
        let strings = json!({"statusCode": 200, "multiValueHeaders": {"x": "1"}});
        assert_eq!(response(&Front::alb_multi_value(), strings).status(), 502);
    }
}
