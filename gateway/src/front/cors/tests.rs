use super::*;
use http::StatusCode;
use std::time::Duration;

const ORIGIN: &str = "https://app.example.com";

fn cors() -> Cors {
    Cors::new()
        .allow_origins([ORIGIN, "http://localhost:3000"])
        .allow_methods(["GET", "POST"])
        .allow_headers(["authorization", "Content-Type"])
        .expose_headers(["x-a", "date"])
        .max_age(Duration::from_millis(300_900))
        .allow_credentials()
}

fn fronts() -> [Front; 3] {
    [Front::http_api(), Front::http_api_v1(), Front::function_url()]
}

fn request(method: &str, headers: &[(&str, &str)]) -> Request<Bytes> {
    let request = Request::builder().method(method).uri("/pets");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::new()).unwrap()
}

fn preflight(front: &Front, origin: &str) -> Response<Bytes> {
    let headers = [("origin", origin), ("access-control-request-method", "DELETE")];
    *front.event(&request("OPTIONS", &headers)).unwrap_err()
}

/// The response to a function that sends CORS headers itself.
fn response(front: &Front, headers: &[(&str, &str)]) -> Response<Bytes> {
    let reply =
        r#"{"statusCode":200,"headers":{"access-control-allow-origin":"*","Access-Control-Max-Age":"1","x-a":"1"}}"#;
    front.response_to(&request("GET", headers), &Ok(reply.into()))
}

/// The headers of CORS in a response, as lines.
fn lines<B>(response: &Response<B>) -> Vec<String> {
    let headers = response.headers().iter();
    let cors = headers.filter(|(name, _)| name.as_str().starts_with("access-control-") || *name == header::VARY);
    cors.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
}

#[test]
fn responds_to_a_preflight_request_without_the_function() {
    let allowed = [
        "access-control-allow-origin: https://app.example.com",
        "access-control-allow-headers: authorization,Content-Type",
        "access-control-allow-methods: GET,POST",
        "access-control-max-age: 300",
        "access-control-allow-credentials: true",
    ];
    for front in fronts() {
        let is_url = front.name() == "function-url";
        let front = front.cors(cors());
        for (origin, expected) in [(ORIGIN, &allowed[..]), ("https://evil.example.com", &[])] {
            let response = preflight(&front, origin);
            let vary = is_url.then_some("vary: Origin");
            assert_eq!(lines(&response), vary.into_iter().chain(expected.to_vec()).collect::<Vec<_>>(), "{front}");
            assert_eq!(response.status(), if is_url { 200 } else { 204 }, "{front}");
            let content_type = response.headers().get("content-type").map(|value| value.to_str().unwrap());
            assert_eq!(content_type, is_url.then_some("application/json"), "{front}");
            assert!(response.body().is_empty(), "{front}");
        }
        // Empty lists send no headers.
        let front = front.cors(Cors::new().allow_origins(["*"]));
        assert_eq!(lines(&preflight(&front, ORIGIN)), ["access-control-allow-origin: *"], "{front}");
    }
}

#[test]
fn passes_other_requests_to_the_function() {
    for front in fronts() {
        for (method, headers) in [
            ("OPTIONS", &[("origin", ORIGIN)][..]),
            ("OPTIONS", &[("access-control-request-method", "GET")]),
            ("GET", &[("origin", ORIGIN), ("access-control-request-method", "GET")]),
        ] {
            assert!(front.clone().cors(cors()).event(&request(method, headers)).is_ok(), "{front}: {method}");
        }
        let headers = [("origin", ORIGIN), ("access-control-request-method", "GET")];
        assert!(front.event(&request("OPTIONS", &headers)).is_ok(), "{front}: without CORS");
    }
}

#[test]
fn replaces_the_headers_of_the_function_only_behind_an_http_api() {
    let own = ["access-control-allow-origin: *", "access-control-max-age: 1"];
    let added = [
        "access-control-allow-origin: https://app.example.com",
        "access-control-expose-headers: x-a,date",
        "access-control-allow-credentials: true",
    ];
    let url = [
        "access-control-allow-origin: *",
        "access-control-allow-origin: https://app.example.com",
        "access-control-max-age: 1",
        "vary: Origin",
        "access-control-expose-headers: x-a,date",
        "access-control-allow-credentials: true",
    ];
    for front in fronts() {
        let is_url = front.name() == "function-url";
        assert_eq!(lines(&response(&front, &[("origin", ORIGIN)])), own, "{front}: without CORS");
        let front = front.cors(cors());
        let with_origin = if is_url { &url[..] } else { &added };
        assert_eq!(lines(&response(&front, &[("origin", ORIGIN)])), with_origin, "{front}");
        let own = [own[0], own[1], "vary: Origin"];
        let without_origin = if is_url { &own[..] } else { &[] };
        for headers in [&[][..], &[("origin", "https://evil.example.com")], &[("origin", "null")]] {
            let response = response(&front, headers);
            assert_eq!(lines(&response), without_origin, "{front}: {headers:?}");
            assert_eq!(response.headers()["x-a"], "1", "{front}");
        }
        let response = front.response(&Ok(r#"{"statusCode":200}"#.into()));
        assert_eq!(lines(&response), if is_url { &["vary: Origin"][..] } else { &[] }, "{front}");
    }
}

#[test]
fn matches_wildcards_of_the_front() {
    for (allowed, origin, http_api, url) in [
        ("*", ORIGIN, Some("*"), Some("*")),
        ("*", "null", Some("*"), Some("*")),
        ("https://*", ORIGIN, Some(ORIGIN), None),
        ("https://*", "http://app.example.com", None, None),
        ("http://*", "http://localhost:3000", Some("http://localhost:3000"), None),
        ("https://*.example.com", ORIGIN, None, None),
        ("https://app.example.com/", ORIGIN, None, None),
        ("https://APP.example.com", ORIGIN, None, None),
        ("app.example.com", ORIGIN, None, None),
        (ORIGIN, ORIGIN, Some(ORIGIN), Some(ORIGIN)),
    ] {
        for front in fronts() {
            let expected = if front.name() == "function-url" { url } else { http_api };
            let front = front.cors(Cors::new().allow_origins([allowed]));
            let response = preflight(&front, origin);
            let found = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
            assert_eq!(found, expected, "{front}: {allowed} {origin}");
        }
    }
}

#[test]
fn sends_vary_once_and_only_if_the_origin_matters() {
    let vary = |cors: Cors, own: &str| {
        let front = Front::function_url().cors(cors);
        let reply = format!(r#"{{"statusCode":200,"headers":{{"vary":"{own}"}}}}"#);
        let response = front.response_to(&request("GET", &[("origin", ORIGIN)]), &Ok(reply.into()));
        response.headers().get_all("vary").iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(vary(cors(), "origin"), ["origin"]);
    assert_eq!(vary(cors(), "accept"), ["accept", "Origin"]);
    assert_eq!(vary(Cors::new().allow_origins(["*"]), "accept"), ["accept"]);
}

#[test]
fn only_a_function_url_adds_headers_to_its_own_responses() {
    let headers = [("origin", ORIGIN)];
    let failed = || Err(crate::FunctionError { error_type: "x".into(), body: Bytes::new() });
    for front in fronts() {
        let front = front.cors(cors());
        let allows = |response: &Response<Bytes>| response.headers().contains_key("access-control-allow-origin");
        let large = Request::post("/").header("origin", ORIGIN).body(vec![0; 7 << 20].into()).unwrap();
        let rejection = front.event(&large).unwrap_err();
        assert_eq!(rejection.status(), StatusCode::PAYLOAD_TOO_LARGE);
        let failure = front.response_to(&request("GET", &headers), &failed());
        let invalid = front.response_to(&request("GET", &headers), &Ok(r#"{"statusCode":1}"#.into()));
        let expected = [front.name() == "function-url"; 3];
        assert_eq!([allows(&rejection), allows(&failure), allows(&invalid)], expected, "{front}");
    }
}

#[test]
fn other_fronts_ignore_the_configuration() {
    let with_cors = Front::all().into_iter().filter(Front::has_cors).map(|front| front.name());
    assert_eq!(with_cors.collect::<Vec<_>>(), ["function-url", "http-api", "http-api-v1"]);
    for front in Front::all().into_iter().filter(|front| !front.has_cors()) {
        let front = front.cors(cors());
        let headers = [("origin", ORIGIN), ("access-control-request-method", "GET")];
        assert!(front.event(&request("OPTIONS", &headers)).is_ok(), "{front}");
    }
}
