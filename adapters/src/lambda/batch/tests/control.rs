//! A handler whose records end when the test says so.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
};

use super::*;

type Ends = Mutex<HashMap<String, oneshot::Sender<Result<(), &'static str>>>>;

/// The records in flight of a [`Handler`].
pub(super) struct Control {
    begun: mpsc::UnboundedReceiver<String>,
    ends: Arc<Ends>,
}

/// A handler that waits for [`Control::end`].
#[derive(Clone)]
pub(super) struct Handler {
    begun: mpsc::UnboundedSender<String>,
    ends: Arc<Ends>,
}

pub(super) fn control() -> (Control, Handler) {
    let (sender, begun) = mpsc::unbounded_channel();
    let ends = Arc::<Ends>::default();
    (Control { begun, ends: Arc::clone(&ends) }, Handler { begun: sender, ends })
}

impl Handler {
    pub(super) async fn handle<T>(&self, record: Record<T>) -> Result<(), &'static str> {
        let (end, ended) = oneshot::channel();
        let id = record.id().to_string();
        self.ends.lock().unwrap().insert(id.clone(), end);
        self.begun.send(id).unwrap();
        ended.await.unwrap()
    }
}

impl Control {
    /// Waits until the batch makes no more progress, and returns the records that have begun since the last call.
    pub(super) async fn begun(&mut self) -> Vec<String> {
        for _ in 0..20 {
            yield_now().await;
        }
        std::iter::from_fn(|| self.begun.try_recv().ok()).collect()
    }

    /// Ends a record that has begun.
    pub(super) fn end(&self, id: &str, result: Result<(), &'static str>) {
        self.ends.lock().unwrap().remove(id).unwrap().send(result).unwrap();
    }
}
