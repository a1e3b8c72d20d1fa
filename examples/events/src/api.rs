//! The web API.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shop::Shop;

#[derive(Deserialize)]
struct Supply {
    count: u32,
}

pub fn router(shop: Arc<Shop>) -> Router {
    Router::new().route("/stock", get(stock)).route("/stock/{article}", post(supply)).with_state(shop)
}

async fn stock(State(shop): State<Arc<Shop>>) -> Json<BTreeMap<String, u32>> {
    Json(shop.stock())
}

async fn supply(State(shop): State<Arc<Shop>>, Path(article): Path<String>, Json(supply): Json<Supply>) -> Json<Value> {
    let in_stock = shop.supply(&article, supply.count);
    Json(json!({"article": article, "inStock": in_stock}))
}
