//! From a buffered reply to a response.

use crate::{
    front::spec::FrontSpec,
    response::decode::{DecodedReply, ReplyInput},
};

/// The maximum size of a reply, which is the limit of Lambda: 6 MiB and 100 bytes.
pub(crate) const MAX_REPLY: usize = 6 * 1024 * 1024 + 100;

/// Makes the response of a reply. If the reply is invalid or too large, it is an error response.
pub(super) fn decode_reply(spec: &FrontSpec, input: &ReplyInput<'_>) -> DecodedReply {
    let failure = || DecodedReply::from(spec.failure_response());
    let limits = &spec.limits;
    if input.reply.len() > limits.reply.unwrap_or(MAX_REPLY) {
        return failure();
    }
    let Some(decoded) = (spec.response)(input) else { return failure() };
    let is_too_large = limits.exceeds_headers(&decoded.response)
        || limits.response_body.is_some_and(|limit| decoded.response.body().len() > limit);
    if is_too_large { DecodedReply { response: spec.failure_response(), ..decoded } } else { decoded }
}

#[cfg(test)]
mod tests {
    use crate::{Front, testing::response_to};
    use http::StatusCode;
    use serde_json::{Value, json};

    fn status(front: &Front, reply: &Value) -> u16 {
        response_to(front, reply.to_string().as_bytes()).status().as_u16()
    }

    #[test]
    fn every_front_rejects_an_invalid_reply() {
        for front in Front::all() {
            let front = front.binary_media_types(["*/*"]);
            let failed = front.failure_response().status().as_u16();
            for reply in [
                json!({"statusCode": 200.0}),
                json!({"statusCode": "200"}),
                json!({"statusCode": 0}),
                json!({"statusCode": 101}),
                json!({"statusCode": 600}),
                json!({"statusCode": 200, "headers": {"x": 1}}),
                json!({"statusCode": 200, "headers": "x"}),
                json!({"statusCode": 200, "headers": {"a b": "x"}}),
                json!({"statusCode": 200, "headers": {"x": "a\nb"}}),
                json!({"statusCode": 200, "body": 1}),
                json!({"statusCode": 200, "body": "*", "isBase64Encoded": true}),
                json!({"statusCode": 200, "isBase64Encoded": "true"}),
            ] {
                // An ALB reads only the map of its mode.
                let mut reply = reply;
                if let ("alb-multi-value", Some(headers)) = (front.name(), reply.get("headers").cloned()) {
                    reply["multiValueHeaders"] = headers;
                }
                assert_eq!(status(&front, &reply), failed, "{front}: {reply}");
            }
            assert_eq!(
                status(&front, &json!({"statusCode": 418, "isBase64Encoded": false, "body": "x"})),
                418,
                "{front}"
            );
        }
    }

    #[test]
    fn only_apis_accept_null() {
        for front in Front::all() {
            let is_api = matches!(front.name(), "function-url" | "http-api" | "http-api-v1" | "rest-api");
            for name in ["headers", "multiValueHeaders", "body", "isBase64Encoded"] {
                let reply = json!({"statusCode": 200, name: null});
                let failed = front.failure_response().status().as_u16();
                assert_eq!(status(&front, &reply), if is_api { 200 } else { failed }, "{front}: {name}");
            }
        }
    }

    #[test]
    fn rejects_a_reply_without_a_status_except_with_payload_2_0() {
        for front in Front::all() {
            let infers = matches!(front.name(), "function-url" | "http-api");
            for reply in [&b"no json"[..], b"[1]", b"\"x\"", br#"{"a":1}"#, br#"{"body":"x"}"#, b""] {
                let response = response_to(&front, reply);
                let expected = if infers { StatusCode::OK } else { front.failure_response().status() };
                assert_eq!(response.status(), expected, "{front}: {reply:?}");
            }
        }
    }

    #[test]
    fn rejects_headers_beyond_the_limit() {
        let limits = [
            ("function-url", 10_240, 10_240, 200),
            ("http-api", 10_200, 10_240, 500),
            ("http-api-v1", 10_200, 10_240, 500),
            ("rest-api", 10_200, 10_240, 502),
            ("alb", 32_000, 32_768, 502),
            ("alb-multi-value", 32_000, 32_768, 502),
            ("lattice-v1", 32_768, 32_768, 200),
            ("lattice-v2", 32_768, 32_768, 200),
            ("vercel", 32_768, 32_768, 200),
        ];
        assert_eq!(limits.map(|row| row.0)[..], Front::all().iter().map(Front::name).collect::<Vec<_>>());
        for (name, allowed, beyond, status_beyond) in limits {
            let front: Front = name.parse().unwrap();
            let reply = |size: usize| match name {
                "alb-multi-value" => json!({"statusCode": 200, "multiValueHeaders": {"x": ["y".repeat(size)]}}),
                _ => json!({"statusCode": 200, "headers": {"x": "y".repeat(size)}}),
            };
            // Leaves room for the default content type.
            assert_eq!(status(&front, &reply(allowed - 40)), 200, "{name}");
            assert_eq!(status(&front, &reply(beyond)), status_beyond, "{name}");
        }
    }

    #[test]
    fn rejects_a_reply_beyond_the_limit() {
        for front in Front::all() {
            let reply = |size: usize| json!({"statusCode": 200, "body": "x".repeat(size)});
            let is_alb = front.name().starts_with("alb");
            assert_eq!(status(&front, &reply(1024 * 1024)), if is_alb { 502 } else { 200 }, "{front}");
            assert_eq!(status(&front, &reply(1024 * 1024 - 100)), 200, "{front}");
            assert_eq!(
                status(&front, &reply(6 * 1024 * 1024 + 100)),
                front.failure_response().status().as_u16(),
                "{front}"
            );
        }
    }

    #[test]
    fn corrects_the_length_and_drops_hop_by_hop_headers() {
        let reply = |body| {
            let headers = json!({"content-length": "7", "transfer-encoding": "chunked", "keep-alive": "x", "x": "y"});
            json!({"statusCode": 200, "headers": headers, "body": body}).to_string()
        };
        for front in [Front::function_url(), Front::http_api(), Front::alb(), Front::lattice_v1()] {
            let response = response_to(&front, reply("four").as_bytes());
            assert_eq!(response.headers()["content-length"], "4", "{front}");
            assert_eq!(response.headers()["x"], "y", "{front}");
            assert!(!response.headers().contains_key("transfer-encoding"), "{front}");
            assert!(!response.headers().contains_key("keep-alive"), "{front}");
            assert_eq!(response_to(&front, reply("").as_bytes()).headers()["content-length"], "7", "{front}: HEAD");
        }
    }
}
