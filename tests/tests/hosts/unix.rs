//! A Unix socket: requests, its file at the start and at the end, and files of other processes.

use std::{
    fs,
    io::ErrorKind,
    os::unix::fs::FileTypeExt as _,
    path::{Path, PathBuf},
};

use lodger_tests::{
    client::{ClientRequest, begin_response},
    program::{Exit, Program},
};
use serde_json::json;
use tokio::{io::AsyncReadExt as _, net::UnixStream, task::block_in_place};

use super::{FRAMEWORKS, client_seen, send_unix, start};

/// A folder for a socket, which is removed on drop.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("lodger-hosts-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("app.sock")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Starts the probe on a Unix socket, and waits until the probe listens.
fn start_on(path: &Path, framework: &str) -> Program {
    let addr = format!("unix:{}", path.display());
    let mut process = start(&[("LODGER_ADDR", &addr), ("PORT", "1"), ("PROBE_FRAMEWORK", framework)]);
    assert_eq!(process.read_line(), format!("lodger: listening on {addr}\n"), "{framework}");
    process
}

#[tokio::test(flavor = "multi_thread")]
async fn responds_on_a_unix_socket_and_removes_its_file_at_the_end() {
    for framework in FRAMEWORKS {
        let folder = Folder::new(framework);
        let process = start_on(&folder.socket(), framework);
        let response = send_unix(&folder.socket(), &ClientRequest::get("/")).await;
        // axum's extractor `ConnectInfo` needs an address. The other frameworks have `None`, as under their own servers.
        let expected = if framework == "axum" { json!("0.0.0.0") } else { json!(null) };
        assert_eq!(client_seen(&response), expected, "{framework}");
        process.signal("TERM");
        let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
        assert!(status.success(), "{framework}: {log}");
        assert!(!folder.socket().exists(), "{framework}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removes_the_file_before_the_requests_in_flight_end() {
    for framework in FRAMEWORKS {
        let folder = Folder::new(&format!("in-flight-{framework}"));
        let mut process = start_on(&folder.socket(), framework);
        let mut socket = UnixStream::connect(folder.socket()).await.unwrap();
        let mut response = begin_response(&mut socket, "/held/until-sigterm").await;
        process.signal("TERM");
        let line = block_in_place(|| process.read_line());
        assert!(line.starts_with("lodger: shutting down: "), "{line}");
        assert!(!folder.socket().exists(), "{framework}");
        // The next process may start now.
        let next = start_on(&folder.socket(), framework);
        socket.read_to_string(&mut response).await.unwrap();
        assert!(response.contains("ended"), "{framework}: {response}");
        let Exit { status, .. } = block_in_place(|| process.wait());
        assert!(status.success(), "{framework}");
        client_seen(&send_unix(&folder.socket(), &ClientRequest::get("/")).await);
        drop(next);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replaces_the_file_of_a_killed_process() {
    let folder = Folder::new("killed");
    let process = start_on(&folder.socket(), "axum");
    process.signal("KILL");
    block_in_place(|| process.wait());
    let error = UnixStream::connect(folder.socket()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let _process = start_on(&folder.socket(), "axum");
    client_seen(&send_unix(&folder.socket(), &ClientRequest::get("/")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_the_socket_to_the_process_that_listens_on_it() {
    let folder = Folder::new("used");
    let _first = start_on(&folder.socket(), "axum");
    let addr = format!("unix:{}", folder.socket().display());
    let Exit { status, stderr: log, .. } = block_in_place(|| start(&[("LODGER_ADDR", &addr)]).wait());
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains(&format!("cannot listen on {addr}: another process listens there")), "{log}");
    assert!(fs::metadata(folder.socket()).unwrap().file_type().is_socket());
    client_seen(&send_unix(&folder.socket(), &ClientRequest::get("/")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_the_client_from_the_header_of_a_proxy() {
    for framework in ["axum", "actix-web"] {
        let folder = Folder::new(&format!("proxy-{framework}"));
        let addr = format!("unix:{}", folder.socket().display());
        let vars = [("LODGER_ADDR", &*addr), ("LODGER_PROXIES", "1"), ("PROBE_FRAMEWORK", framework)];
        let mut process = start(&vars);
        process.read_line();
        let request = ClientRequest::get("/").header("x-forwarded-for", "192.0.2.1, 198.51.100.7");
        let response = send_unix(&folder.socket(), &request).await;
        assert_eq!(client_seen(&response), json!("198.51.100.7"), "{framework}");
    }
}
