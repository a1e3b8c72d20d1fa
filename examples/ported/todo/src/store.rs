use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use crate::error::Error;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS todo (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        text TEXT NOT NULL,
        done INTEGER NOT NULL DEFAULT FALSE
    )";

/// The database. All requests share one connection.
#[derive(Clone)]
pub struct Store(Arc<Mutex<Connection>>);

#[derive(Serialize)]
pub struct Todo {
    pub id: i64,
    text: String,
    done: bool,
}

impl Store {
    pub fn open(path: impl AsRef<Path>) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Returns at most `limit` todos with an id above `after`.
    pub async fn list(&self, done: Option<bool>, after: i64, limit: u32) -> Result<Vec<Todo>, Error> {
        self.with(move |connection| {
            connection
                .prepare_cached(
                    "SELECT id, text, done FROM todo
                     WHERE (?1 IS NULL OR done = ?1) AND id > ?2 ORDER BY id LIMIT ?3",
                )?
                .query_map(params![done, after, limit], todo)?
                .collect()
        })
        .await
    }

    pub async fn add(&self, text: String) -> Result<Todo, Error> {
        self.with(move |connection| {
            connection.query_row("INSERT INTO todo (text) VALUES (?1) RETURNING id, text, done", [text], todo)
        })
        .await
    }

    pub async fn get(&self, id: i64) -> Result<Option<Todo>, Error> {
        self.with(move |connection| {
            connection.query_row("SELECT id, text, done FROM todo WHERE id = ?1", [id], todo).optional()
        })
        .await
    }

    /// Changes the text or the state of a todo. `None` keeps the old value.
    pub async fn change(&self, id: i64, text: Option<String>, done: Option<bool>) -> Result<Option<Todo>, Error> {
        self.with(move |connection| {
            connection
                .query_row(
                    "UPDATE todo SET text = coalesce(?2, text), done = coalesce(?3, done)
                     WHERE id = ?1 RETURNING id, text, done",
                    params![id, text, done],
                    todo,
                )
                .optional()
        })
        .await
    }

    /// Removes a todo. Returns whether the todo existed.
    pub async fn remove(&self, id: i64) -> Result<bool, Error> {
        let removed = self.with(move |connection| connection.execute("DELETE FROM todo WHERE id = ?1", [id]));
        Ok(removed.await? > 0)
    }

    /// Runs a query on a thread that may block.
    async fn with<T, F>(&self, query: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let connection = Arc::clone(&self.0);
        let result =
            tokio::task::spawn_blocking(move || query(&connection.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(result.await.map_err(|error| Error::Internal(error.into()))??)
    }
}

fn todo(row: &Row<'_>) -> rusqlite::Result<Todo> {
    Ok(Todo { id: row.get("id")?, text: row.get("text")?, done: row.get("done")? })
}
