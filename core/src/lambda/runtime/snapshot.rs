//! The snapshot that Lambda takes of a process with [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html)
//! before its first invocation. Every environment continues from the snapshot.
//!
//! AWS documents the protocol for its own runtimes only. The sources of these runtimes and of AWS's emulator show the requests
//! and their order.

use std::sync::Arc;

use lodger_runtime_api::{Client, InternalExtension};

use crate::{
    Error, SnapshotHooks,
    lambda::api_error::{into_error, log_lost_report},
};

/// A snapshot to be taken.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// A client of its own, because its connection is dead after the restore.
    pub(crate) client: Client,
    pub(crate) hooks: SnapshotHooks,
    /// The extension, whose connection was opened before the snapshot.
    pub(crate) extension: Option<Arc<InternalExtension>>,
}

impl Snapshot {
    /// Runs the hooks, lets Lambda take the snapshot, and returns in a restored environment.
    ///
    /// # Errors
    /// A hook failed or panicked, or Lambda took no snapshot. The error has been reported to Lambda.
    pub(crate) async fn take(self) -> Result<(), Error> {
        let Self { mut client, hooks, extension } = self;
        let (before, after) = hooks.in_order();
        for hook in before {
            if let Err(error) = hook.await {
                log_lost_report(client.fail_initialization("Runtime.BeforeSnapshotError", &format!("{error:?}")).await);
                return Err(error);
            }
        }
        if let Err(error) = client.wait_for_restore().await {
            let error = into_error(&error);
            log_lost_report(client.fail_initialization("Runtime.InitFailed", &format!("{error:?}")).await);
            return Err(error);
        }
        if let Some(extension) = extension {
            extension.reconnect();
        }
        for hook in after {
            if let Err(error) = hook.await {
                log_lost_report(client.fail_restore("Runtime.AfterRestoreError", &format!("{error:?}")).await);
                return Err(error);
            }
        }
        Ok(())
    }
}
