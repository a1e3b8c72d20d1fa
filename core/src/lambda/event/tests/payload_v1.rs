//! REST APIs, and HTTP APIs with payload format version 1.0.

use serde_json::{Value, json};

use crate::lambda::event::tests::*;

/// An event of a REST API, with `parts` over it.
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
fn a_rest_apis_path_stays_as_it_was_sent() {
    // Rules 13, 16, 19 and 21.
    for path in ["/space%20value", "/a%2Fb%3Fc%25d%252F", "//x/./../%2e%2e/", "/a+b;c=d:@!$&'()*,=", "/trailing/"] {
        assert_eq!(request(json!({"path": path, ".path": format!("/prod{path}")})).uri(), path);
    }
    // An emulator has decoded it.
    assert_eq!(request(json!({"path": "/a b/é#?"})).uri(), "/a%20b/%C3%A9%23%3F");
}

#[test]
fn an_http_apis_path_of_version_1_keeps_its_escapes() {
    // Rule 13: what is known does not agree.
    for (path, uri) in [("/a%20b", "/a%20b"), ("/a b", "/a%20b"), ("/100%", "/100%25"), ("/%C3%A9λ", "/%C3%A9%CE%BB")]
    {
        assert_eq!(http_api(json!({"path": path})).uri(), uri);
    }
}

#[test]
fn a_custom_domain_shows_the_stage_or_does_not() {
    // Rule 26, row by row: which path, and the path of the context; what the app sees without and with the base path set.
    for (path, outside, without, with_base) in [
        // The domain that the front gives an API.
        ("/p", "/prod/p", ("/p", Some("/prod")), ("/p", Some("/prod"))),
        ("/orders/p", "/prod/orders/p", ("/orders/p", Some("/prod")), ("/p", Some("/prod/orders"))),
        // Mapped without a base path and without a stage: the client names the stage.
        ("/prod/p", "/prod/p", ("/p", Some("/prod")), ("/p", Some("/prod"))),
        ("/prod", "/prod", ("/", Some("/prod")), ("/", Some("/prod"))),
        // With a base path, without a stage.
        ("/orders/prod/p", "/orders/prod/p", ("/orders/prod/p", None), ("/p", Some("/orders/prod"))),
        // With both: the stage is gone.
        ("/orders/p", "/orders/p", ("/orders/p", None), ("/p", Some("/orders"))),
        // With a stage alone.
        ("/p", "/p", ("/p", None), ("/p", None)),
        // Whole segments, once.
        ("/production", "/production", ("/production", None), ("/production", None)),
        ("/prod/prod/p", "/prod/prod/p", ("/prod/p", Some("/prod")), ("/prod/p", Some("/prod"))),
        ("/prod/p", "/prod/prod/p", ("/prod/p", Some("/prod")), ("/prod/p", Some("/prod"))),
        ("/", "/prod", ("/", Some("/prod")), ("/", Some("/prod"))),
        ("/", "/prod/", ("/", Some("/prod")), ("/", Some("/prod"))),
    ] {
        for (base_path, (uri, taken)) in [(None, without), (Some("/orders".to_owned()), with_base)] {
            let what = format!("{path} {outside} {base_path:?}");
            let settings = Settings { base_path, ..Settings::default() };
            let request = read_with(event(json!({"path": path, ".path": outside})), settings, "").unwrap();
            assert_eq!((request.uri().to_string().as_str(), prefix(&request)), (uri, taken), "{what}");
        }
    }
}

#[test]
fn a_stage_that_is_to_be_kept_stays() {
    let settings = || Settings { stage: Stage::Keep, base_path: Some("/orders".into()), ..Settings::default() };
    let read = |path: &str| read_with(event(json!({"path": path, ".path": path})), settings(), "").unwrap();
    assert_eq!(read("/prod/p").uri(), "/prod/p");
    let request = read("/orders/prod/p");
    assert_eq!((request.uri().to_string().as_str(), prefix(&request)), ("/prod/p", Some("/orders")));
}

#[test]
fn an_http_apis_stage_comes_off_before_the_base_path() {
    // Rule 24; there is none behind a base path.
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
fn an_http_apis_stage_stays_behind_a_custom_domain() {
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
fn the_query_is_encoded_again_in_its_order() {
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
fn the_query_is_encoded_as_clients_send_it() {
    // Rule 33: parsers such as serde_qs take brackets for syntax only where they are not encoded.
    let parameters =
        json!({"filter[name]": ["ab"], "ids[]": ["1", "a=b"], "k=": ["https://h:1/?q"], "j": ["{\"a\":[1;2]}"]});
    let expected = "filter[name]=ab&ids[]=1&ids[]=a=b&k%3D=https://h:1/?q&j=%7B%22a%22:[1%3B2]%7D";
    for parts in [json!({"version": "1.0"}), json!({})] {
        let parts = with(event(parts), json!({"multiValueQueryStringParameters": &parameters}));
        assert_eq!(read_all(parts).uri().query(), Some(expected));
    }
}

#[test]
fn repeated_headers_are_all_there() {
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
    // Without lists the other map has all there is.
    for nothing in [Value::Null, json!({})] {
        let request = request(json!({"multiValueHeaders": nothing, "headers": {"X-A": "1", "x-a": "2"}}));
        assert_eq!(all(request.headers(), "x-a"), [b"1", b"2"]);
    }
}

#[test]
fn a_test_from_the_console_is_served() {
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
fn the_client_is_the_identitys() {
    // Rule 55.
    let request = request(json!({"multiValueHeaders": {"X-Forwarded-For": ["6.6.6.6"]}}));
    assert_eq!(client(&request), "203.0.113.9:0");
    assert_eq!(request.version(), http::Version::HTTP_11);
}

#[test]
fn a_length_is_there_though_the_front_has_none() {
    // Rules 57 and 63.
    let request = request(json!({"body": "aGk=", "isBase64Encoded": true, "httpMethod": "DELETE"}));
    assert_eq!(
        (request.headers()["content-length"].as_bytes(), request.body().as_bytes().unwrap()),
        (&b"2"[..], &"hi".into())
    );
}

#[test]
fn the_two_are_told_apart_by_their_version() {
    // Rule 5; a method alone is nobody's.
    assert_eq!(request(json!({"path": "/100%"})).uri(), "/100%");
    assert_eq!(http_api(json!({"path": "/100%"})).uri(), "/100%25");
    assert!(why(json!({"httpMethod": "GET"})).contains("LODGER_EVENTS_PATH"));
    assert!(why(event(json!({"httpMethod": "A B"}))).contains("A B"));
}
