use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

/// All links, in memory. Each server and each instance of a function therefore has its own links.
#[derive(Default)]
pub struct Links(Mutex<BTreeMap<String, Link>>);

struct Link {
    url: String,
    visits: watch::Sender<u64>,
}

impl Links {
    pub fn put(&self, name: &str, url: &str) {
        self.lock().insert(name.to_owned(), Link { url: url.to_owned(), visits: watch::Sender::default() });
    }

    /// Removes a link. Returns whether the link existed.
    pub fn remove(&self, name: &str) -> bool {
        self.lock().remove(name).is_some()
    }

    /// Counts a visit. Returns the URL of the link and the number of visits.
    pub fn visit(&self, name: &str) -> Option<(String, u64)> {
        let links = self.lock();
        let link = links.get(name)?;
        link.visits.send_modify(|visits| *visits += 1);
        Some((link.url.clone(), *link.visits.borrow()))
    }

    /// Returns a receiver of the number of visits.
    pub fn watch(&self, name: &str) -> Option<watch::Receiver<u64>> {
        Some(self.lock().get(name)?.visits.subscribe())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Link>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
