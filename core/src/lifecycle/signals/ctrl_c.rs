use std::future::pending;

use crate::Error;

/// The exit status of a process that Ctrl-C ended (`STATUS_CONTROL_C_EXIT`).
#[cfg(feature = "server")]
const CONTROL_C_EXIT: i32 = 0xC000_013A_u32.cast_signed();

/// Ctrl-C, which does not end the process while a task waits for it. tokio restores the default after that.
#[derive(Debug)]
pub(crate) struct CtrlC;

impl CtrlC {
    /// # Errors
    /// None on this operating system.
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self)
    }

    /// Waits for a signal.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
    }

    /// Ends the process in the same way as Ctrl-C does by default.
    #[cfg(feature = "server")]
    pub(crate) fn end_process(&self) {
        std::process::exit(CONTROL_C_EXIT);
    }
}
