//! Payload format version 1.0, which REST APIs send, and HTTP APIs on request.

use serde_json::{Value, json};

use crate::event::{
    headers::api_gateway_name, input::EventInput, json::insert, query::decoded_parameters, route::MatchedRoute,
};

/// The members in which REST APIs and HTTP APIs differ.
pub(crate) struct Variant {
    /// The member `version`, which only HTTP APIs send (rule 5).
    pub(crate) version: Option<&'static str>,
    pub(crate) path: String,
    /// The member `path` of the context.
    pub(crate) context_path: String,
    pub(crate) route: MatchedRoute,
}

/// Makes an event.
pub(crate) fn event(mut input: EventInput<'_>, variant: &Variant) -> Value {
    input.headers.rename(api_gateway_name);
    let parameters = decoded_parameters(input.query());
    let null_if = |is_absent: bool, value: Value| if is_absent { Value::Null } else { value };
    let (route, body) = (&variant.route, input.body.text.as_str());

    let mut event = json!({});
    if let Some(version) = variant.version {
        insert(&mut event, "version", version);
    }
    for (name, value) in [
        ("resource", route.resource.as_str().into()),
        ("path", variant.path.as_str().into()),
        ("httpMethod", input.method().into()),
        ("headers", input.headers.last_values()),
        ("multiValueHeaders", input.headers.arrays()),
        ("queryStringParameters", null_if(parameters.is_empty(), parameters.last_values())),
        ("multiValueQueryStringParameters", null_if(parameters.is_empty(), parameters.arrays())),
        ("requestContext", context(&input, variant)),
        ("pathParameters", null_if(route.parameters.is_empty(), route.parameters.clone().into())),
        ("stageVariables", Value::Null),
        ("body", null_if(body.is_empty(), body.into())),
        ("isBase64Encoded", input.body.is_base64.into()),
    ] {
        insert(&mut event, name, value);
    }
    event
}

fn context(input: &EventInput<'_>, variant: &Variant) -> Value {
    let settings = input.settings;
    json!({
        "accountId": "123456789012",
        "apiId": settings.api_id(),
        "domainName": settings.domain(),
        "domainPrefix": settings.domain_prefix(),
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": input.method(),
        "identity": {
            "accessKey": null,
            "accountId": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": settings.client.to_string(),
            "user": null,
            "userAgent": input.user_agent(),
            "userArn": null,
        },
        "path": variant.context_path,
        "protocol": input.protocol(),
        "requestId": "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9",
        "requestTime": "12/Mar/2025:19:03:58 +0000",
        "requestTimeEpoch": 1_741_806_238_390_u64,
        "resourceId": "ab12cd",
        "resourcePath": variant.route.resource,
        "stage": settings.stage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Front, testing::event};
    use http::Request;

    #[test]
    fn has_the_stage_in_the_context_path_of_a_rest_api_and_in_both_paths_of_an_http_api() {
        let paths = |front: &Front| {
            let event = event(front, Request::get("/a%20b"), b"");
            [&event["path"], &event["requestContext"]["path"], &event["pathParameters"]["proxy"]]
                .map(|path| path.as_str().unwrap().to_owned())
        };
        assert_eq!(paths(&Front::rest_api()), ["/a%20b", "/prod/a%20b", "a%20b"]);
        assert_eq!(paths(&Front::rest_api().custom_domain("api.example.com")), ["/a%20b", "/a%20b", "a%20b"]);
        assert_eq!(paths(&Front::http_api_v1()), ["/a%20b", "/a b", "a b"]);
        assert_eq!(paths(&Front::http_api_v1().stage("dev")), ["/dev/a%20b", "/dev/a b", "a b"]);
    }

    #[test]
    fn sends_the_root_as_its_own_resource() {
        let event = event(&Front::rest_api(), Request::get("/"), b"");
        assert_eq!((&event["resource"], &event["pathParameters"]), (&"/".into(), &Value::Null));
        assert_eq!(event["requestContext"]["path"], "/prod/");
        for absent in ["queryStringParameters", "multiValueQueryStringParameters", "stageVariables", "body"] {
            assert_eq!(event.get(absent), Some(&Value::Null), "{absent}");
        }
    }

    #[test]
    fn sends_the_version_only_for_an_http_api() {
        assert_eq!(event(&Front::rest_api(), Request::get("/"), b"").get("version"), None);
        assert_eq!(event(&Front::http_api_v1(), Request::get("/"), b"")["version"], "1.0");
    }

    #[test]
    fn has_the_route_and_an_empty_user_agent_in_the_context_of_an_http_api() {
        for (path, resource) in [("/", "/"), ("/a/b", "/{proxy+}")] {
            let rest = &event(&Front::rest_api(), Request::get(path), b"")["requestContext"];
            let http = &event(&Front::http_api_v1(), Request::get(path), b"")["requestContext"];
            assert_eq!((&rest["identity"]["userAgent"], &rest["resourceId"]), (&Value::Null, &"ab12cd".into()));
            assert_eq!(http["identity"]["userAgent"], "");
            assert_eq!(http["resourceId"], format!("ANY {resource}"));
            assert_eq!(http["requestId"], http["extendedRequestId"]);
            assert_ne!(rest["requestId"], rest["extendedRequestId"]);
        }
        let http = event(&Front::http_api_v1(), Request::get("/").header("user-agent", "curl"), b"");
        assert_eq!(http["requestContext"]["identity"]["userAgent"], "curl");
    }

    #[test]
    fn sends_headers_in_two_maps_and_capitalizes_its_own() {
        let request = || {
            let request = Request::post("/").header("x-a", "1").header("X-A", "2").header("content-length", "9");
            request.header("cookie", "a=1; b=2").header("user-agent", "curl").header("x-forwarded-for", "6.6.6.6")
        };
        let rest = event(&Front::rest_api(), request(), b"x");
        assert_eq!((&rest["headers"]["x-a"], &rest["multiValueHeaders"]["x-a"]), (&"2".into(), &json!(["1", "2"])));
        assert_eq!(rest["headers"]["cookie"], "a=1; b=2");
        assert_eq!(rest["multiValueHeaders"]["X-Forwarded-For"], json!(["6.6.6.6, 127.0.0.1"]));
        assert_eq!((&rest["headers"]["User-Agent"], rest["headers"].get("user-agent")), (&"curl".into(), None));
        let names = |event: &Value| event["headers"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert!(!names(&rest).iter().any(|name| name.eq_ignore_ascii_case("content-length")));
        assert_eq!(event(&Front::http_api_v1(), request(), b"x")["headers"]["Content-Length"], "1");
    }

    #[test]
    fn decodes_the_query() {
        let event = event(&Front::rest_api(), Request::get("/?r=1&r=2&plus=a+b&p%20=a%2Bb&flag"), b"");
        assert_eq!(event["queryStringParameters"], json!({"r": "2", "plus": "a b", "p ": "a+b", "flag": ""}));
        assert_eq!(event["multiValueQueryStringParameters"]["r"], json!(["1", "2"]));
    }
}
