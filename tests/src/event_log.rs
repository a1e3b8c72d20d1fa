//! The events of a test, in order.

use std::sync::{Arc, Mutex};

use crate::wait::wait_until;

/// A list of events that the app and the test share.
#[derive(Debug, Clone, Default)]
pub struct EventLog(Arc<Mutex<Vec<String>>>);

impl EventLog {
    /// Appends an event.
    pub fn push(&self, event: impl Into<String>) {
        self.0.lock().unwrap().push(event.into());
    }

    /// The events until now.
    pub fn events(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until the log has an event.
    pub async fn wait_for(&self, event: &str) {
        let has_event = || self.0.lock().unwrap().iter().any(|logged| logged == event);
        wait_until(&format!("{event:?} is logged"), has_event).await;
    }
}
