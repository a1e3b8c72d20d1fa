//! Paths and queries that an app reads more strictly than most do, on a server and behind every front.

use axum::{
    Json, Router,
    extract::RawQuery,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use lodger_gateway::Front;
use lodger_tests::{
    ask::{Sent, ask},
    host::{Server, on_lambda},
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

/// As a browser sends it.
const QUERY: &str = "/search?filter[name]=a%20b%2Bc&filter[link]=https://h:1/?q=%26&ids[]=1&ids[]=2";

fn found() -> Value {
    json!({"filter": {"name": "a b+c", "link": "https://h:1/?q=&"}, "ids": [1, 2]})
}

#[tokio::test]
async fn a_strict_parser_reads_a_nested_query_on_every_host() {
    // Rule 33. To this parser brackets that are encoded are part of a key.
    let encoded = QUERY.replace('[', "%5B").replace(']', "%5D");
    assert!(serde_qs::from_str::<Search>(encoded.split_once('?').unwrap().1).is_err());

    let server = Server::start(|lodger| lodger.run(app())).await;
    let response = ask(server.addr, &Sent::get(QUERY)).await;
    assert_eq!(serde_json::from_slice::<Value>(response.body()).unwrap(), found());

    // A load balancer without multi-value headers sends the last id alone.
    let api = on_lambda(|lodger| lodger.run(app())).await;
    for front in Front::all().into_iter().filter(|front| front.name() != "alb") {
        let response = api.send(&front, &Sent::get(QUERY).request()).await;
        let body = String::from_utf8_lossy(response.body());
        assert_eq!(serde_json::from_str(&body).ok(), Some(found()), "{front}: {body}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test]
async fn a_route_with_the_stages_name_is_reached_behind_a_custom_domain() {
    // Rule 25.
    let api = on_lambda(|lodger| lodger.run(app())).await;
    for front in [Front::http_api(), Front::http_api_v1()] {
        let front = front.stage("prod").custom_domain("api.example.com");
        let response = api.send(&front, &Sent::get("/prod/search?x").request()).await;
        let body = String::from_utf8_lossy(response.body());
        assert!(body.starts_with("the route with the stage's name, at /prod/search?x"), "{front}: {body}");
    }
    assert_eq!(api.protocol_errors(), [""; 0]);
}
