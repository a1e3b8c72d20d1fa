//! Signals to processes.

use std::io;

/// Sends a signal, such as `TERM`, to processes. A negative id is a process group. Unix only.
///
/// # Errors
/// A process has ended, or there is no command `kill`.
pub(super) async fn send(signal: &str, ids: &[String]) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut command = tokio::process::Command::new("kill");
    // The error of `kill` about an ended process is not for the user.
    command.arg(format!("-{signal}")).arg("--").args(ids).stderr(std::process::Stdio::null());
    let status = command.status().await?;
    if !status.success() {
        let message = format!("cannot send SIG{signal} to process {}: kill ended with {status}", ids.join(", "));
        return Err(io::Error::other(message));
    }
    Ok(())
}

/// The id of the process group of a process that leads one.
pub(super) fn group(id: u32) -> String {
    format!("-{id}")
}
