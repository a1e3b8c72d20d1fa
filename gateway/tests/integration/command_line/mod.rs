//! The command `lodger-gateway`.

mod errors;
#[cfg(unix)]
mod event;
#[cfg(unix)]
mod extensions;
#[cfg(unix)]
mod function;
#[cfg(unix)]
mod log_lines;
mod serve;
#[cfg(unix)]
mod vercel;

use std::{net::SocketAddr, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::support::soon;

type OutputLines = Lines<BufReader<ChildStdout>>;

/// The command with these arguments, on a free port.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lodger-gateway"));
    command.args(["--listen", "127.0.0.1:0"]).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Starts the command. Returns the process and the lines of its standard output.
fn start(arguments: &[&str]) -> (Child, OutputLines) {
    let mut child = command(arguments).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

/// Returns the rest of the next line that begins with `prefix`.
async fn rest_of_line(lines: &mut OutputLines, prefix: &str) -> String {
    let find = async {
        loop {
            let line = lines.next_line().await.unwrap().expect("the output has ended");
            if let Some(rest) = line.strip_prefix(prefix) {
                return rest.to_owned();
            }
        }
    };
    soon(find).await
}

/// Starts the command for a function that the test starts.
///
/// Returns the process, the address of the front and the address of the Runtime API.
async fn start_without_function(name: &str, arguments: &[&str]) -> (Child, SocketAddr, String) {
    let (child, mut lines) = start(arguments);
    let addr = rest_of_line(&mut lines, &format!("{name} on http://")).await.parse().unwrap();
    (child, addr, rest_of_line(&mut lines, "AWS_LAMBDA_RUNTIME_API=").await)
}

/// Sends SIGTERM to the command.
#[cfg(unix)]
async fn terminate(child: &Child) {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
}

/// Waits until the command has as many open files as its limit allows.
#[cfg(target_os = "linux")]
async fn wait_until_all_files_are_open(child: &Child, limit: usize) {
    let files = format!("/proc/{}/fd", child.id().unwrap());
    while std::fs::read_dir(&files).unwrap().count() < limit {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
