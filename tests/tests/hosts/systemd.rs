//! Sockets of systemd, passed by `systemd-socket-activate`. Without this program the tests are skipped.

use std::{net::TcpListener, os::unix::net::UnixStream, process::Command};

use lodger_tests::{
    client::ClientRequest,
    program::{Exit, Program},
};
use serde_json::json;
use tokio::{net::TcpStream, task::block_in_place};

use super::{FRAMEWORKS, client_seen, exchange, send_unix, unix::Folder};

/// Starts systemd's program, which listens on `sockets` and starts the probe at the first connection.
fn activate(sockets: &[&str], vars: &[&str]) -> Option<Program> {
    let mut command = Command::new("systemd-socket-activate");
    command.env_clear();
    for socket in sockets {
        command.args(["-l", socket]);
    }
    for var in vars {
        command.args(["-E", var]);
    }
    command.arg(env!("CARGO_BIN_EXE_probe"));
    if !std::env::split_paths(&std::env::var_os("PATH")?).any(|folder| folder.join("systemd-socket-activate").exists())
    {
        eprintln!("skipped: systemd-socket-activate is not installed");
        return None;
    }
    let mut process = Program::spawn(&mut command);
    process.stderr_until(&format!("Listening on {} as ", sockets.last()?));
    Some(process)
}

/// Connects without waiting: the process may reset the connection at once, because it exits.
fn connect(path: &str) -> UnixStream {
    UnixStream::connect(path).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn listens_on_a_tcp_socket_of_systemd() {
    for framework in FRAMEWORKS {
        // A free port, which systemd listens on next.
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let framework = format!("PROBE_FRAMEWORK={framework}");
        let Some(mut process) = activate(&[&addr.to_string()], &[&framework, "PORT=1"]) else { return };
        let socket = TcpStream::connect(addr).await.unwrap();
        block_in_place(|| process.stderr_until(&format!("lodger: listening on http://{addr}\n")));
        let response = exchange(socket, &ClientRequest::get("/")).await;
        assert_eq!(client_seen(&response), json!("127.0.0.1"), "{framework}");
        process.signal("TERM");
        let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
        assert!(status.success() && log.ends_with("probe: ended\n"), "{framework}: {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn listens_on_a_unix_socket_of_systemd_and_keeps_its_file() {
    for framework in FRAMEWORKS {
        let folder = Folder::new(&format!("systemd-{framework}"));
        let path = folder.socket().display().to_string();
        let Some(mut process) = activate(&[&path], &[&format!("PROBE_FRAMEWORK={framework}")]) else { return };
        let response = send_unix(&folder.socket(), &ClientRequest::get("/")).await;
        client_seen(&response);
        block_in_place(|| process.stderr_until(&format!("lodger: listening on unix:{path}\n")));
        process.signal("TERM");
        assert!(block_in_place(|| process.wait()).status.success(), "{framework}");
        // Systemd listens on the socket for the next process.
        assert!(folder.socket().exists(), "{framework}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_more_than_one_socket_and_prefers_lodger_addr() {
    let folder = Folder::new("systemd-two");
    let (path, other) = (folder.socket().display().to_string(), format!("{}.2", folder.socket().display()));
    let Some(process) = activate(&[&path, &other], &[]) else { return };
    let _socket = connect(&path);
    let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("cannot listen on the socket of systemd: received 2 sockets, expected 1; keep one"), "{log}");

    let folder = Folder::new("systemd-addr");
    let path = folder.socket().display().to_string();
    let Some(mut process) = activate(&[&path], &["LODGER_ADDR=127.0.0.1:0"]) else { return };
    let _socket = connect(&path);
    block_in_place(|| process.stderr_until("lodger: listening on http://127.0.0.1:"));
}

#[tokio::test(flavor = "multi_thread")]
async fn rejects_a_connection_instead_of_a_listener() {
    let folder = Folder::new("systemd-accept");
    let path = folder.socket().display().to_string();
    if activate(&[&path], &[]).is_none() {
        return;
    }
    std::fs::remove_file(&path).unwrap();
    let mut command = Command::new("systemd-socket-activate");
    command.env_clear().args(["--accept", "-l", &path]).arg(env!("CARGO_BIN_EXE_probe"));
    let mut process = Program::spawn(&mut command);
    process.stderr_until("Listening on ");
    let _socket = connect(&path);
    let log = block_in_place(|| process.stderr_until("received a socket that accepts no connections"));
    assert!(log.contains("use ListenStream= without Accept=yes in the .socket unit"), "{log}");
}
