//! An extension with a handler of telemetry.

use std::time::Duration;

use lodger_extension::{Error, Extension, Stats, telemetry::Record};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{Platform, SOON};

pub(crate) const SHUTDOWN_TIME: Duration = Duration::from_secs(2);

/// A running extension whose handler of telemetry sends the kinds of each batch.
pub(crate) struct Running {
    pub(crate) platform: Platform,
    pub(crate) batches: UnboundedReceiver<Vec<String>>,
    pub(crate) stats: Stats,
    pub(crate) extension: JoinHandle<Result<(), Error>>,
}

impl Running {
    /// Starts an extension whose handler takes `time` for each batch.
    pub(crate) async fn start(time: Duration, set: impl FnOnce(Extension) -> Extension) -> Self {
        let platform = Platform::start().await;
        let (sender, batches) = mpsc::unbounded_channel();
        let extension = Extension::new().name("e").address(&platform.address);
        let extension = set(extension).on_telemetry(move |records: Vec<Record>| {
            let sender = sender.clone();
            async move {
                sleep(time).await;
                let _ = sender.send(records.iter().map(|record| record.kind().to_owned()).collect());
            }
        });
        let stats = extension.stats();
        Self { extension: tokio::spawn(extension.run()), platform, batches, stats }
    }

    pub(crate) async fn batch(&mut self) -> Vec<String> {
        timeout(SOON, self.batches.recv()).await.expect("no batch").expect("the extension has ended")
    }

    pub(crate) async fn end(self) -> Result<(), Error> {
        self.platform.shut_down("SPINDOWN", SHUTDOWN_TIME);
        timeout(SOON, self.extension).await.expect("the extension did not end").unwrap()
    }
}

pub(crate) fn records(kinds: &[&str]) -> Value {
    kinds.iter().map(|kind| json!({ "time": "t", "type": kind, "record": {} })).collect()
}
