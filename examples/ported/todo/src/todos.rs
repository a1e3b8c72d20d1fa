use axum::{
    Router,
    extract::{FromRequest, FromRequestParts, State},
    http::{StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    store::{Store, Todo},
};

/// The longest text of a todo, in characters.
const LONGEST: usize = 200;

/// How many are listed at once at most.
const PAGE: u32 = 100;

/// The routes under `/todos`.
pub fn router() -> Router<Store> {
    Router::new().route("/", get(list).post(create)).route("/{id}", get(read).patch(change).delete(delete))
}

#[derive(Deserialize)]
struct Search {
    done: Option<bool>,
    #[serde(default)]
    after: i64,
    limit: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTodo {
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    text: Option<String>,
    done: Option<bool>,
}

async fn list(State(store): State<Store>, Query(search): Query<Search>) -> Result<Json<Vec<Todo>>, Error> {
    let limit = search.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&limit) {
        return Err(Error::Invalid(format!("the limit is from 1 to {PAGE}")));
    }
    Ok(Json(store.list(search.done, search.after, limit).await?))
}

async fn create(State(store): State<Store>, Json(new): Json<NewTodo>) -> Result<impl IntoResponse, Error> {
    let todo = store.add(valid(new.text)?).await?;
    Ok((StatusCode::CREATED, [(LOCATION, format!("/todos/{}", todo.id))], Json(todo)))
}

async fn read(State(store): State<Store>, Path(id): Path<i64>) -> Result<Json<Todo>, Error> {
    store.get(id).await?.map(Json).ok_or(Error::NoSuchTodo(id))
}

async fn change(
    State(store): State<Store>,
    Path(id): Path<i64>,
    Json(change): Json<Change>,
) -> Result<Json<Todo>, Error> {
    let text = change.text.map(valid).transpose()?;
    store.change(id, text, change.done).await?.map(Json).ok_or(Error::NoSuchTodo(id))
}

async fn delete(State(store): State<Store>, Path(id): Path<i64>) -> Result<StatusCode, Error> {
    if store.remove(id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Error::NoSuchTodo(id)) }
}

fn valid(text: String) -> Result<String, Error> {
    match text.trim() {
        "" => Err(Error::Invalid("a todo needs a text".to_owned())),
        text if text.chars().count() > LONGEST => {
            Err(Error::Invalid(format!("the text is longer than {LONGEST} characters")))
        }
        text => Ok(text.to_owned()),
    }
}

/// `axum::Json`, whose rejections are errors of this API.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Error))]
struct Json<T>(T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// `axum::extract::Path`, likewise.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
struct Path<T>(T);

/// `axum::extract::Query`, likewise.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Error))]
struct Query<T>(T);
