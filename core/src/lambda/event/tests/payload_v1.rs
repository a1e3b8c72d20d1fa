//! Events of REST APIs, and of HTTP APIs with payload format version 1.0.

use serde_json::{Value, json};

use crate::lambda::event::tests::*;

/// Creates an event of a REST API with these parts. See [`with`].
pub(crate) fn event(parts: Value) -> Value {
    let event = json!({
        "resource": "/{proxy+}", "path": "/", "httpMethod": "GET",
        "headers": {"Host": "example.com"}, "multiValueHeaders": {"Host": ["example.com"]},
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": {"proxy": "wrong"}, "stageVariables": null,
        "requestContext": {
            "apiId": "abcdefg", "domainName": "abcdefg.execute-api.eu-west-1.amazonaws.com", "stage": "prod",
            "httpMethod": "GET", "path": "/prod/", "protocol": "HTTP/1.1", "identity": {"sourceIp": "203.0.113.9"},
        },
        "body": null, "isBase64Encoded": false,
    });
    with(event, parts)
}

fn request(parts: Value) -> Request {
    read_all(event(parts))
}

fn http_api(parts: Value) -> Request {
    read_all(with(event(json!({"version": "1.0"})), parts))
}

#[test]
fn keeps_the_path_of_a_rest_api_as_sent() {
    // Rules 13, 16, 19 and 21.
    for path in ["/space%20value", "/a%2Fb%3Fc%25d%252F", "//x/./../%2e%2e/", "/a+b;c=d:@!$&'()*,=", "/trailing/"] {
        assert_eq!(request(json!({"path": path, ".path": format!("/prod{path}")})).uri(), path);
    }
    // Decoded by an emulator.
    assert_eq!(request(json!({"path": "/a b/é#?"})).uri(), "/a%20b/%C3%A9%23%3F");
}

#[test]
fn keeps_escapes_in_the_path_of_an_http_api() {
    // Rule 13: sources disagree on the encoding.
    for (path, uri) in [("/a%20b", "/a%20b"), ("/a b", "/a%20b"), ("/100%", "/100%25"), ("/%C3%A9λ", "/%C3%A9%CE%BB")]
    {
        assert_eq!(http_api(json!({"path": path})).uri(), uri);
    }
}

#[test]
fn strips_the_stage_of_a_rest_api_behind_any_domain_mapping() {
    // Rule 26: path, requestContext.path, and the path of the app without and with a base path.
    for (path, sent, without, with_base) in [
        // A domain of API Gateway.
        ("/p", "/prod/p", ("/p", Some("/prod")), ("/p", Some("/prod"))),
        ("/orders/p", "/prod/orders/p", ("/orders/p", Some("/prod")), ("/p", Some("/prod/orders"))),
        // A mapping without base path and stage: the client sends the stage.
        ("/prod/p", "/prod/p", ("/p", Some("/prod")), ("/p", Some("/prod"))),
        ("/prod", "/prod", ("/", Some("/prod")), ("/", Some("/prod"))),
        // A mapping with a base path and without a stage.
        ("/orders/prod/p", "/orders/prod/p", ("/orders/prod/p", None), ("/p", Some("/orders/prod"))),
        // A mapping with both: the path has no stage.
        ("/orders/p", "/orders/p", ("/orders/p", None), ("/p", Some("/orders"))),
        // A mapping with a stage.
        ("/p", "/p", ("/p", None), ("/p", None)),
        // Whole segments, once.
        ("/production", "/production", ("/production", None), ("/production", None)),
        ("/prod/prod/p", "/prod/prod/p", ("/prod/p", Some("/prod")), ("/prod/p", Some("/prod"))),
        ("/prod/p", "/prod/prod/p", ("/prod/p", Some("/prod")), ("/prod/p", Some("/prod"))),
        ("/", "/prod", ("/", Some("/prod")), ("/", Some("/prod"))),
        ("/", "/prod/", ("/", Some("/prod")), ("/", Some("/prod"))),
        // API Gateway has removed something other than the stage.
        ("/p", "/other/p", ("/p", None), ("/p", None)),
        ("/", "/prod/p", ("/", None), ("/", None)),
    ] {
        for (base_path, (uri, removed)) in [(None, without), (Some("/orders".to_owned()), with_base)] {
            let case = format!("{path} {sent} {base_path:?}");
            let settings = Settings { base_path, ..Settings::default() };
            let request = read_with(event(json!({"path": path, ".path": sent})), settings, "").unwrap();
            assert_eq!((request.uri().to_string().as_str(), prefix(&request)), (uri, removed), "{case}");
        }
    }
}

#[test]
fn keeps_the_stage_if_configured() {
    let settings = || Settings { stage: Stage::Keep, base_path: Some("/orders".into()), ..Settings::default() };
    let read = |path: &str| read_with(event(json!({"path": path, ".path": path})), settings(), "").unwrap();
    assert_eq!(read("/prod/p").uri(), "/prod/p");
    let request = read("/orders/prod/p");
    assert_eq!((request.uri().to_string().as_str(), prefix(&request)), ("/prod/p", Some("/orders")));
}

#[test]
fn strips_the_stage_of_an_http_api_before_the_base_path() {
    // Rule 24: an HTTP API has no stage after a base path.
    let read = |path: &str| {
        let settings = Settings { base_path: Some("/orders".into()), ..Settings::default() };
        let event = with(event(json!({"version": "1.0"})), json!({"path": path, ".path": path}));
        let request = read_with(event, settings, "").unwrap();
        (request.uri().to_string(), prefix(&request).unwrap_or_default().to_owned())
    };
    assert_eq!(read("/prod/orders/1"), ("/1".into(), "/prod/orders".into()));
    assert_eq!(read("/orders/prod/1"), ("/prod/1".into(), "/orders".into()));
}

#[test]
fn keeps_the_stage_of_an_http_api_behind_a_custom_domain() {
    // Rule 25.
    let read = |domain: Value| {
        let request = http_api(json!({"path": "/prod/1", ".path": "/prod/1", ".domainName": domain}));
        (request.uri().to_string(), prefix(&request).map(str::to_owned))
    };
    assert_eq!(read("api.example.com".into()), ("/prod/1".into(), None));
    for domain in [json!("vpce-1.execute-api.eu-west-1.vpce.amazonaws.com"), json!("[::1]:3000"), Value::Null] {
        assert_eq!(read(domain.clone()), ("/1".into(), Some("/prod".into())), "{domain}");
    }
}

#[test]
fn encodes_the_query_in_order() {
    // Rules 33 to 37.
    let query = |multi: Value, single: Value| {
        let request = request(json!({"multiValueQueryStringParameters": multi, "queryStringParameters": single}));
        request.uri().query().map(str::to_owned)
    };
    assert_eq!(
        query(json!({"z": ["1", "2"], "a b": ["c+d&e=f"], "empty": [""], "é": ["%"], "n": null}), Value::Null).unwrap(),
        "z=1&z=2&a%20b=c%2Bd%26e=f&empty=&%C3%A9=%25"
    );
    let both = query(json!({"b": ["1", "2"], "a\"": ["3"]}), json!({"a\"": "3", "only": "4", "b": "2", "also": ""}));
    assert_eq!(both.unwrap(), "b=1&b=2&a%22=3&only=4&also=");
    assert_eq!(query(Value::Null, json!({"b": "2", "a": "", "n": null})).unwrap(), "b=2&a=");
    for (multi, single) in [(json!({}), json!({})), (Value::Null, Value::Null), (json!([]), json!("x"))] {
        assert_eq!(query(multi, single), None);
    }
}

#[test]
fn encodes_the_query_as_clients_do() {
    // Rule 33: parsers such as serde_qs interpret brackets only if they are not encoded.
    let parameters =
        json!({"filter[name]": ["ab"], "ids[]": ["1", "a=b"], "k=": ["https://h:1/?q"], "j": ["{\"a\":[1;2]}"]});
    let expected = "filter[name]=ab&ids[]=1&ids[]=a=b&k%3D=https://h:1/?q&j=%7B%22a%22:[1%3B2]%7D";
    for parts in [json!({"version": "1.0"}), json!({})] {
        let parts = with(event(parts), json!({"multiValueQueryStringParameters": &parameters}));
        assert_eq!(read_all(parts).uri().query(), Some(expected));
    }
}

#[test]
fn reads_all_values_of_repeated_headers() {
    // Rules 45, 47 and 50.
    let headers = request(json!({
        "multiValueHeaders": {"X-A": ["1", "2, 3"], "Cookie": ["a=1", "b=2"], "HOST": ["h"], "x-city": ["São Paulo"]},
        "headers": {"x-a": "2, 3", "host": "other", "X-Only": "here", "x-only": "twice"},
    }))
    .headers()
    .clone();
    assert_eq!(all(&headers, "x-a"), [&b"1"[..], b"2, 3"]);
    assert_eq!(all(&headers, "cookie"), [b"a=1; b=2"]);
    assert_eq!(all(&headers, "host"), [b"h"]);
    assert_eq!(all(&headers, "x-city"), ["São Paulo".as_bytes()]);
    assert_eq!(all(&headers, "x-only"), [b"here"]);
    assert_eq!(headers.len(), 6);
    // Without lists, the single-value map counts.
    for nothing in [Value::Null, json!({})] {
        let request = request(json!({"multiValueHeaders": nothing, "headers": {"X-A": "1", "x-a": "2"}}));
        assert_eq!(all(request.headers(), "x-a"), [b"1", b"2"]);
    }
}

#[test]
fn adds_only_missing_headers_of_the_single_value_map_in_any_order() {
    let mut names: Vec<String> = (0..30).map(|number| format!("X-{number}")).collect();
    let lists: serde_json::Map<_, _> =
        names.iter().step_by(2).map(|name| (name.clone(), json!(["1", "2", "3"]))).collect();
    for _ in 0..2 {
        let singles: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), json!("3"))).collect();
        let request = request(json!({"multiValueHeaders": lists, "headers": singles}));
        for name in &names {
            let expected = if lists.contains_key(name) { vec![&b"1"[..], b"2", b"3"] } else { vec![&b"3"[..]] };
            assert_eq!(all(request.headers(), name), expected, "{name}");
        }
        names.reverse();
    }
}

#[test]
fn serves_tests_from_the_console() {
    // Rule 9.
    let request = request(json!({
        "headers": null, "multiValueHeaders": null, ".domainName": "testPrefix.testDomainName", ".stage": "test-invoke-stage",
        "path": "/x", ".path": "/x", "..sourceIp": "test-invoke-source-ip",
    }));
    assert_eq!(
        (request.uri().to_string().as_str(), &request.headers()["host"]),
        ("/x", &"testPrefix.testDomainName".parse().unwrap())
    );
    assert_eq!(client(&request), "0.0.0.0:0");
    assert_eq!(read_all(json!({"httpMethod": "GET", "path": "x"})).uri(), "/x");
}

#[test]
fn client_is_the_source_ip_of_the_identity() {
    // Rule 55.
    let request = request(json!({"multiValueHeaders": {"X-Forwarded-For": ["6.6.6.6"]}}));
    assert_eq!(client(&request), "203.0.113.9:0");
    assert_eq!(request.version(), http::Version::HTTP_11);
}

#[test]
fn reads_the_http_version() {
    assert_eq!(request(json!({".protocol": "HTTP/2.0"})).version(), http::Version::HTTP_2);
}

#[test]
fn sets_the_content_length_that_a_rest_api_omits() {
    // Rules 57 and 63.
    let request = request(json!({"body": "aGk=", "isBase64Encoded": true, "httpMethod": "DELETE"}));
    assert_eq!(
        (request.headers()["content-length"].as_bytes(), request.body().as_bytes().unwrap()),
        (&b"2"[..], &"hi".into())
    );
}

#[test]
fn distinguishes_http_and_rest_apis_by_version() {
    // Rule 5. A method alone is not an event of either.
    assert_eq!(request(json!({"path": "/100%"})).uri(), "/100%");
    assert_eq!(http_api(json!({"path": "/100%"})).uri(), "/100%25");
    assert!(reason(json!({"httpMethod": "GET"})).contains("LODGER_EVENTS_PATH"));
    assert!(reason(event(json!({"httpMethod": "A B"}))).contains("A B"));
}

#[test]
fn an_http_api_gets_a_buffered_reply_in_each_mode() {
    let is_streamed = |event: Value| {
        let settings = Settings { response_mode: ResponseMode::Stream, ..Settings::default() };
        read_bytes(&event.to_string().into(), &settings, "").unwrap().1.is_streamed()
    };
    assert!(is_streamed(event(json!({}))));
    assert!(!is_streamed(with(event(json!({})), json!({"version": "1.0"}))));
}
