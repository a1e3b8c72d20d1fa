//! The files, in memory, shared by all workers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use actix_web::web::Bytes;
use serde::Serialize;

/// The maximum size of a file, in bytes.
pub(crate) const MAX_FILE_BYTES: usize = 2 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct FileStore(Mutex<Vec<File>>);

#[derive(Clone)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) content_type: Option<String>,
    pub(crate) content: Bytes,
}

/// A file in a list, without its content.
#[derive(Serialize)]
pub(crate) struct Entry {
    id: usize,
    name: String,
    size: usize,
}

impl FileStore {
    pub(crate) fn add(&self, file: File) -> Entry {
        let mut files = self.lock();
        files.push(file.clone());
        entry(files.len(), &file)
    }

    pub(crate) fn get(&self, id: usize) -> Option<File> {
        self.lock().get(id.checked_sub(1)?).cloned()
    }

    pub(crate) fn list(&self) -> Vec<Entry> {
        self.lock().iter().zip(1..).map(|(file, id)| entry(id, file)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(id: usize, file: &File) -> Entry {
    Entry { id, name: file.name.clone(), size: file.content.len() }
}
