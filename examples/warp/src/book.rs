//! The state of the app. A real app uses a database: on Lambda, each instance of the function has memory of its own.

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use serde::Serialize;

/// The maximum size of a form with a picture, in bytes.
pub const MAX_FORM_BYTES: u64 = 2 * 1024 * 1024;

/// An entry of the book.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub name: String,
    pub words: String,
    pub from: Option<IpAddr>,
}

/// The entries and the pictures. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Book(Arc<RwLock<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    entries: Vec<Entry>,
    pictures: Vec<(String, Bytes)>,
}

impl Book {
    pub fn entries(&self) -> Vec<Entry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).entries.clone()
    }

    pub fn add_entry(&self, entry: Entry) -> Entry {
        self.0.write().unwrap_or_else(PoisonError::into_inner).entries.push(entry.clone());
        entry
    }

    /// Stores a picture, and returns its id.
    pub fn add_picture(&self, content_type: String, content: Bytes) -> usize {
        let pictures = &mut self.0.write().unwrap_or_else(PoisonError::into_inner).pictures;
        pictures.push((content_type, content));
        pictures.len()
    }

    pub fn picture(&self, id: usize) -> Option<(String, Bytes)> {
        let contents = self.0.read().unwrap_or_else(PoisonError::into_inner);
        contents.pictures.get(id.checked_sub(1)?).cloned()
    }
}
