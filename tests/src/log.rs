//! What happened in a test, in order.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{sleep, timeout};

use crate::raw_api::SOON;

/// Who was told of something and when, as a list that all parties have.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn say(&self, what: impl Into<String>) {
        self.0.lock().unwrap().push(what.into());
    }

    pub fn said(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// Waits until somebody has said it, for some seconds.
    pub async fn says(&self, what: &str) {
        let said = async {
            while !self.said().iter().any(|said| said == what) {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SOON, said).await.unwrap_or_else(|_| panic!("{what}: {:?}", self.said()));
    }
}
