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

/// Makes the routes below `/notes`.
pub fn router() -> Router {
    Router::new()
        .route("/", get(list).post(create))
        .route("/{id}", get(read).delete(delete))
        .with_state(Notes::default())
}

/// All notes, in memory. Each server and each instance of a function therefore has its own notes.
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
    // The client's paths begin with this prefix, such as the stage of an API, which Lodger has removed.
    let prefix = prefix.as_ref().map_or("", |prefix| prefix.as_str());
    Ok((StatusCode::CREATED, [(LOCATION, format!("{prefix}/notes/{id}"))], Json(note)))
}

async fn read(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<Json<Note>, Error> {
    notes.lock().get(&id).cloned().map(Json).ok_or(Error::NoteNotFound(id))
}

async fn delete(State(notes): State<Notes>, Path(id): Path<u64>) -> Result<StatusCode, Error> {
    notes.lock().remove(&id).map(|_| StatusCode::NO_CONTENT).ok_or(Error::NoteNotFound(id))
}
