//! Paths and queries for apps with strict parsers, on a server and behind every front.

use axum::{
    Json, Router,
    extract::RawQuery,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use lodger_gateway::Front;
use lodger_tests::{
    client::{ClientRequest, send},
    test_host::TestHost,
};
use serde_json::{Value, json};

#[derive(serde::Deserialize, serde::Serialize)]
struct Search {
    filter: Filter,
    ids: Vec<u32>,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct Filter {
    name: String,
    link: String,
}

async fn search(RawQuery(query): RawQuery) -> Response {
    match serde_qs::from_str::<Search>(&query.unwrap_or_default()) {
        Ok(search) => Json(search).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

fn app() -> Router {
    Router::new()
        .route("/search", get(search))
        .route("/prod/search", get(async |uri: Uri| format!("the route with the stage's name, at {uri}")))
}

/// The encoding of a browser.
const QUERY: &str = "/search?filter[name]=a%20b%2Bc&filter[link]=https://h:1/?q=%26&ids[]=1&ids[]=2";

fn found() -> Value {
    json!({"filter": {"name": "a b+c", "link": "https://h:1/?q=&"}, "ids": [1, 2]})
}

#[tokio::test]
async fn keeps_the_brackets_of_a_nested_query() {
    // Rule 33. For this parser, encoded brackets are part of a key.
    let encoded = QUERY.replace('[', "%5B").replace(']', "%5D");
    assert!(serde_qs::from_str::<Search>(encoded.split_once('?').unwrap().1).is_err());

    let server = TestHost::server().start(|lodger| lodger.run(app())).await;
    let response = send(server.addr(), &ClientRequest::get(QUERY)).await;
    assert_eq!(serde_json::from_slice::<Value>(response.body()).unwrap(), found());

    // A load balancer without multi-value headers sends only the last id.
    let api = TestHost::lambda().start(|lodger| lodger.run(app())).await;
    for front in Front::all().into_iter().filter(|front| front.name() != "alb") {
        let response = api.send(&front, &ClientRequest::get(QUERY).request()).await;
        let body = String::from_utf8_lossy(response.body());
        assert_eq!(serde_json::from_str(&body).ok(), Some(found()), "{front}: {body}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn keeps_the_stage_name_in_a_path_behind_a_custom_domain() {
    // Rule 25.
    let api = TestHost::lambda().start(|lodger| lodger.run(app())).await;
    for front in [Front::http_api(), Front::http_api_v1()] {
        let front = front.stage("prod").custom_domain("api.example.com");
        let response = api.send(&front, &ClientRequest::get("/prod/search?x").request()).await;
        let body = String::from_utf8_lossy(response.body());
        assert!(body.starts_with("the route with the stage's name, at /prod/search?x"), "{front}: {body}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}
