//! VPC Lattice, with both versions of its event structure.
//!
//! Source: [Lambda functions as targets](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use crate::{
    Front,
    event::{
        body::BodyRule,
        headers::{ContentLengthRule, HeaderRules, append_client},
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
    /// A VPC Lattice service with event structure version 1.
    ///
    /// AWS does not document the following, so this front chooses: only the last value of a repeated parameter, encoded;
    /// repeated headers joined by a comma; one string for each header of a reply; 502 when the function fails.
    ///
    /// Source: [Lambda functions as targets in VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).
    pub fn lattice_v1() -> Self {
        Self::new(&LATTICE_V1)
    }

    /// A VPC Lattice service with event structure version 2, where headers and parameters are arrays.
    ///
    /// AWS does not document the following, so this front chooses: encoded parameters; a string or an array of strings for
    /// each header of a reply; 502 when the function fails.
    ///
    /// Source: [Lambda functions as targets in VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html).
    pub fn lattice_v2() -> Self {
        Self::new(&LATTICE_V2)
    }
}

pub(super) const LATTICE_V1: FrontSpec = FrontSpec {
    name: "lattice-v1",
    domain: "test-0123456789abcdef0.1a2b3c4.vpc-lattice-svcs.us-east-1.on.aws",
    stages: None,
    rejects_upgrades: false,
    limits: Limits::NONE,
    body: BodyRule::TextTypesWithoutEncoding,
    headers: HeaderRules { content_length: ContentLengthRule::WithBody, add: append_client },
    event: |input| Some(event_v1(&input)),
    response: |input| response(input.reply, |reply| reply.single("headers")).map(DecodedReply::from),
    failure_status: StatusCode::BAD_GATEWAY,
    error_body: |_, reason| ErrorBody { content_type: "text/plain", text: reason.to_owned() },
    stream: None,
    cors: None,
    authorizer: None,
    routes: None,
};

pub(super) const LATTICE_V2: FrontSpec = FrontSpec {
    name: "lattice-v2",
    event: |input| Some(event_v2(&input)),
    // Rule 81.
    response: |input| response(input.reply, |reply| reply.single_or_multi("headers")).map(DecodedReply::from),
    ..LATTICE_V1
};

/// Both versions have the query in the path (rule 43).
fn event_v1(input: &EventInput<'_>) -> Value {
    json!({
        "raw_path": input.target(),
        "method": input.method(),
        "headers": input.headers.joined(", "),
        "query_string_parameters": encoded_parameters(input.query()).last_values(),
        "body": input.body.text,
        "is_base64_encoded": input.body.is_base64,
    })
}

fn event_v2(input: &EventInput<'_>) -> Value {
    let mut event = json!({
        "version": "2.0",
        "path": input.target(),
        "method": input.method(),
        "headers": input.headers.arrays(),
    });
    let parameters = encoded_parameters(input.query());
    if !parameters.is_empty() {
        insert(&mut event, "queryStringParameters", parameters.arrays());
    }
    if !input.body.text.is_empty() {
        insert(&mut event, "body", input.body.text.as_str());
    }
    insert(&mut event, "isBase64Encoded", input.body.is_base64);
    let arn = |resource| format!("arn:aws:vpc-lattice:us-east-1:123456789012:{resource}");
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

fn response(reply: &[u8], headers: fn(&Reply) -> Option<Headers>) -> Option<Response<Bytes>> {
    let known = ["statusCode", "statusDescription", "headers", "body", "isBase64Encoded"];
    let reply = Reply::strict(reply)?.with_only(&known)?;
    Some(assemble(reply.status()?, headers(&reply)?, reply.body()?))
}

#[cfg(test)]
mod tests {
    use crate::{
        Front,
        testing::{event, response_to},
    };
    use http::Request;
    use serde_json::json;

    fn request() -> http::request::Builder {
        let request = Request::post("/a%20b?k=1&k=x+%20").header("X-A", "1").header("x-a", "2");
        request.header("cookie", "a=1").header("cookie", "b=2").header("x-forwarded-for", "6.6.6.6")
    }

    #[test]
    fn sends_strings_in_version_1() {
        let event = event(&Front::lattice_v1(), request(), b"\x00");
        assert_eq!((&event["raw_path"], &event["method"]), (&"/a%20b?k=1&k=x+%20".into(), &"POST".into()));
        assert_eq!(event["query_string_parameters"], json!({"k": "x+%20"}));
        assert_eq!((&event["headers"]["x-a"], &event["headers"]["cookie"]), (&"1, 2".into(), &"a=1; b=2".into()));
        assert_eq!(event["headers"]["x-forwarded-for"], "6.6.6.6, 127.0.0.1");
        assert_eq!((&event["body"], &event["is_base64_encoded"]), (&"AA==".into(), &true.into()));
    }

    #[test]
    fn sends_arrays_in_version_2() {
        let made = event(&Front::lattice_v2(), request(), b"\x00");
        assert_eq!(made["path"], "/a%20b?k=1&k=x+%20");
        assert_eq!(made["queryStringParameters"], json!({"k": ["1", "x+%20"]}));
        assert_eq!(made["headers"]["x-a"], json!(["1", "2"]));
        assert_eq!(made["headers"]["x-forwarded-for"], json!(["6.6.6.6, 127.0.0.1"]));
        assert_eq!((&made["body"], &made["isBase64Encoded"]), (&"AA==".into(), &true.into()));
        let empty = event(&Front::lattice_v2(), Request::get("/"), b"");
        assert_eq!((empty.get("body"), empty.get("queryStringParameters")), (None, None));
    }

    #[test]
    fn accepts_arrays_in_replies_of_version_2_only() {
        let reply = json!({"statusCode": 200, "headers": {"x": "1, 2", "set-cookie": ["a=1", "b=2"]}, "body": "eA==",
            "isBase64Encoded": true});
        let response = response_to(&Front::lattice_v2(), reply.to_string().as_bytes());
        assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!((&response.headers()["x"], &response.body()[..]), (&"1, 2".parse().unwrap(), &b"x"[..]));
        assert_eq!(response_to(&Front::lattice_v1(), reply.to_string().as_bytes()).status(), 502);
        let strings = json!({"statusCode": 200, "headers": {"set-cookie": "a=1"}});
        assert_eq!(response_to(&Front::lattice_v1(), strings.to_string().as_bytes()).headers()["set-cookie"], "a=1");
    }

    #[test]
    fn responds_with_502_to_an_invalid_reply() {
        for front in [Front::lattice_v1(), Front::lattice_v2()] {
            for reply in
                [json!({"statusCode": 200, "multiValueHeaders": {}}), json!({"statusCode": 200, "headers": null})]
            {
                assert_eq!(response_to(&front, reply.to_string().as_bytes()).status(), 502, "{front}: {reply}");
            }
        }
    }
}
