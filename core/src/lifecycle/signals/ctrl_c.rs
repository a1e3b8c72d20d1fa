use std::future::pending;

use crate::Error;

/// The exit status of a process that Ctrl-C ended (`STATUS_CONTROL_C_EXIT`).
#[cfg(feature = "server")]
const CONTROL_C_EXIT: i32 = 0xC000_013A_u32.cast_signed();

/// Ctrl-C, which ends nothing by itself while somebody waits for it. tokio gives it back by itself after that.
#[derive(Debug)]
pub(crate) struct Signals;

impl Signals {
    /// # Errors
    /// None here.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    /// Waits for a signal.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }

    /// Ends the process as Ctrl-C does by default.
    #[cfg(feature = "server")]
    pub(crate) fn end_process(&self) {
        std::process::exit(CONTROL_C_EXIT);
    }
}
