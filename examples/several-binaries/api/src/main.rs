//! The function for HTTP requests: prices an order.

use axum::{
    Json, Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use several_catalog::{Order, PRICES};

fn router() -> Router {
    Router::new().route("/prices", get(async || Json(PRICES))).route("/price", post(price))
}

async fn price(Json(order): Json<Order>) -> Response {
    match order.price() {
        Ok(price) => Json(price).into_response(),
        Err(error) => (StatusCode::NOT_FOUND, error.to_string()).into_response(),
    }
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(router()).await
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use lodger::{Host, Lodger};
    use lodger_gateway::{Front, RuntimeApi};

    #[tokio::test]
    async fn prices_an_order_behind_an_http_api() {
        let api = RuntimeApi::start().await.unwrap();
        tokio::spawn(Lodger::new().host(Host::Lambda).lambda_runtime_api(api.address()).run(super::router()));
        for (article, status, expected) in [("milk", 200, "240"), ("gold", 404, "no article \"gold\" exists")] {
            let order = serde_json::json!({"article": article, "count": 2}).to_string();
            let request = http::Request::post("/price").header("content-type", "application/json");
            let response = api.send(&Front::http_api(), &request.body(Bytes::from(order)).unwrap()).await;
            assert_eq!((response.status().as_u16(), &response.body()[..]), (status, expected.as_bytes()));
        }
    }
}
