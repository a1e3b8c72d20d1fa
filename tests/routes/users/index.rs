use axum::extract::State;

use crate::routes::Seen;

pub async fn get(State(seen): State<Seen>) -> String {
    format!("users, seen {}", seen.0)
}

pub async fn post(body: String) -> String {
    format!("a new user: {body}")
}
