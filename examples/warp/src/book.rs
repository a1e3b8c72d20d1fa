//! What the app keeps. A real one would ask a database: on Lambda each instance of the function has its own memory.

use std::{
    net::IpAddr,
    sync::{Arc, PoisonError, RwLock},
};

use bytes::Bytes;
use serde::Serialize;

/// The largest form with a picture, in bytes.
pub const LARGEST: u64 = 2 * 1024 * 1024;

/// Who was here.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub name: String,
    pub words: String,
    pub from: Option<IpAddr>,
}

/// The book, and the pictures on the wall beside it. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Book(Arc<RwLock<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    entries: Vec<Entry>,
    pictures: Vec<(String, Bytes)>,
}

impl Book {
    pub fn entries(&self) -> Vec<Entry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).entries.clone()
    }

    pub fn sign(&self, entry: Entry) -> Entry {
        self.0.write().unwrap_or_else(PoisonError::into_inner).entries.push(entry.clone());
        entry
    }

    /// Keeps a picture, and names it.
    pub fn hang(&self, content_type: String, content: Bytes) -> usize {
        let pictures = &mut self.0.write().unwrap_or_else(PoisonError::into_inner).pictures;
        pictures.push((content_type, content));
        pictures.len()
    }

    pub fn picture(&self, id: usize) -> Option<(String, Bytes)> {
        let pages = self.0.read().unwrap_or_else(PoisonError::into_inner);
        pages.pictures.get(id.checked_sub(1)?).cloned()
    }
}
