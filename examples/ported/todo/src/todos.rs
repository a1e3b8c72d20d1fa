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

/// The maximum length of a todo, in characters.
const MAX_TEXT_CHARS: usize = 200;

/// The maximum number of todos in one response.
const MAX_PAGE: u32 = 100;

/// Makes the routes below `/todos`.
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
    let limit = search.limit.unwrap_or(MAX_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return Err(Error::Invalid(format!("the limit must be from 1 to {MAX_PAGE}")));
    }
    Ok(Json(store.list(search.done, search.after, limit).await?))
}

async fn create(State(store): State<Store>, Json(new): Json<NewTodo>) -> Result<impl IntoResponse, Error> {
    let todo = store.add(validate(new.text)?).await?;
    Ok((StatusCode::CREATED, [(LOCATION, format!("/todos/{}", todo.id))], Json(todo)))
}

async fn read(State(store): State<Store>, Path(id): Path<i64>) -> Result<Json<Todo>, Error> {
    store.get(id).await?.map(Json).ok_or(Error::TodoNotFound(id))
}

async fn change(
    State(store): State<Store>,
    Path(id): Path<i64>,
    Json(change): Json<Change>,
) -> Result<Json<Todo>, Error> {
    let text = change.text.map(validate).transpose()?;
    store.change(id, text, change.done).await?.map(Json).ok_or(Error::TodoNotFound(id))
}

async fn delete(State(store): State<Store>, Path(id): Path<i64>) -> Result<StatusCode, Error> {
    if store.remove(id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Error::TodoNotFound(id)) }
}

fn validate(text: String) -> Result<String, Error> {
    match text.trim() {
        "" => Err(Error::Invalid("the text is empty".to_owned())),
        text if text.chars().count() > MAX_TEXT_CHARS => {
            Err(Error::Invalid(format!("the text is longer than {MAX_TEXT_CHARS} characters")))
        }
        text => Ok(text.to_owned()),
    }
}

/// `axum::Json` with the errors of this API as rejections.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Error))]
struct Json<T>(T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// `axum::extract::Path` with the errors of this API as rejections.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Error))]
struct Path<T>(T);

/// `axum::extract::Query` with the errors of this API as rejections.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Error))]
struct Query<T>(T);
