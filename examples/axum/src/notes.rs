use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Json, Router,
    extract::{ConnectInfo, Path, Query, State, rejection::JsonRejection},
    http::{StatusCode, header::LOCATION},
    response::IntoResponse,
    routing::get,
};
use lodger::PathPrefix;
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// The routes under `/notes`.
pub fn router() -> Router {
    Router::new()
        .route("/", get(list).post(create))
        .route("/{id}", get(read).delete(delete))
        .with_state(Notes::default())
}

/// All notes. In memory, so each server, and each instance of a function, has its own.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<BTreeMap<u64, Note>>>);

impl Notes {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone, Serialize)]
struct Note {
    id: u64,
    text: String,
    from: String,
}

#[derive(Deserialize)]
struct NewNote {
    text: String,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    contains: String,
}

async fn list(State(notes): State<Notes>, Query(search): Query<Search>) -> Json<Vec<Note>> {
    let notes = notes.lock();
    Json(notes.values().filter(|note| note.text.contains(&search.contains)).cloned().collect())
}

async fn create(
    State(notes): State<Notes>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    prefix: Option<PathPrefix>,
    note: Result<Json<NewNote>, JsonRejection>,
) -> Result<impl IntoResponse, Error> {
    let Json(NewNote { text }) = note?;
    if text.trim().is_empty() {
        return Err(Error::EmptyNote);
    }
    let mut notes = notes.lock();
    let id = notes.last_key_value().map_or(1, |(last, _)| last + 1);
    let note = Note { id, text, from: client.ip().to_string() };
    notes.insert(id, note.clone());
    // A client is behind the stage of an API, or a base path, that this app does not see.
    let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
    Ok((StatusCode::CREATED, [(LOCATION, format!("{prefix}/notes/{id}"))], Json(note)))
}

async fn read(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<Json<Note>, Error> {
    notes.lock().get(&id).cloned().map(Json).ok_or(Error::NoSuchNote(id))
}

async fn delete(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<StatusCode, Error> {
    notes.lock().remove(&id).map(|_| StatusCode::NO_CONTENT).ok_or(Error::NoSuchNote(id))
}
