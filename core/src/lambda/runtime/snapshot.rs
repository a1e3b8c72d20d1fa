//! The snapshot that Lambda takes of a process with [SnapStart](https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html),
//! before it answers anything: each instance goes on from it, in the middle of what was waited for.
//!
//! What Lambda has for that is documented for the runtimes of AWS only; their sources say what they ask, and when, and so
//! does the emulator's.

use std::sync::Arc;

use crate::{
    Error, SnapshotHooks,
    lambda::{api::Api, extension::Extension},
};

/// A snapshot that is to be taken.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// What opens a connection before it, which is not to be used after it by anybody else.
    pub(crate) api: Api,
    pub(crate) hooks: SnapshotHooks,
    /// What has a connection from before it.
    pub(crate) extension: Option<Arc<Extension>>,
}

impl Snapshot {
    /// Has it taken, with what is done before and after it, and comes back in an instance that has been restored from it.
    ///
    /// # Errors
    /// A hook failed or panicked, or there is no snapshot. It has been reported.
    pub(crate) async fn taken(self) -> Result<(), Error> {
        let Self { mut api, hooks, extension } = self;
        let (before, after) = hooks.in_order();
        for hook in before {
            if let Err(error) = hook.await {
                api.init_error("Runtime.BeforeSnapshotError", &format!("{error:?}")).await;
                return Err(error);
            }
        }
        if let Err(error) = api.restored().await {
            api.init_error("Runtime.InitFailed", &format!("{error:?}")).await;
            return Err(error);
        }
        if let Some(extension) = extension {
            extension.renew();
        }
        for hook in after {
            if let Err(error) = hook.await {
                api.restore_error("Runtime.AfterRestoreError", &format!("{error:?}")).await;
                return Err(error);
            }
        }
        Ok(())
    }
}
