//! The binary in AWS's Runtime Interface Emulator, which starts the extensions in `/opt/extensions`.
//!
//! The emulator of Managed Instances is the one that sends telemetry. It runs only `/var/task/bootstrap`, so that the test needs
//! a mount namespace. The test is skipped without the emulator, which `tests/oracles/rie.sh` installs, and without a namespace.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "helpers of tests may panic")]
#![allow(clippy::print_stderr, reason = "explains why the test is skipped")]

use std::{
    env,
    fs::Permissions,
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

/// The limit of each wait.
const SOON: Duration = Duration::from_secs(30);

/// Runs the emulator with a private `/opt/extensions` and a private `/var/task`.
const SCRIPT: &str = r#"
    mount -t tmpfs tmpfs /opt; mkdir /opt/extensions; cp "$EXTENSION" /opt/extensions/
    mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work
    mount -t overlay overlay -o lowerdir=/var,upperdir=/mnt/upper,workdir=/mnt/work /var
    mkdir /var/task; cp "$FUNCTION" /var/task/bootstrap; cd /var/task; exec "$0" "$@" /var/task/bootstrap
"#;

/// The path of the emulator. `None` if the test has to be skipped.
fn emulator() -> Option<PathBuf> {
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { env::consts::ARCH };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../.oracles/rie/aws-lambda-rie-{arch}"));
    let is_required = env::var("LODGER_TEST_RIE").as_deref() == Ok("required");
    assert!(path.exists() || !is_required, "the emulator is not installed; run tests/oracles/rie.sh");
    let has_namespace =
        std::process::Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    let has_namespace = has_namespace.is_ok_and(|output| output.status.success());
    if !path.exists() || !has_namespace {
        eprintln!("skipped: needs tests/oracles/rie.sh, and the right to create a mount namespace");
        return None;
    }
    Some(path)
}

/// The function, which Cargo builds with the tests of this package.
fn function() -> PathBuf {
    let test = env::current_exe().unwrap();
    let path = test.parent().unwrap().parent().unwrap().join("examples/function");
    assert!(path.exists(), "the function is not built; run cargo test -p example-extension");
    path
}

/// Creates a folder for the extension, which the emulator runs as another user.
fn open_folder() -> PathBuf {
    let folder = env::temp_dir().join(format!("lodger-extension-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, Permissions::from_mode(0o777)).unwrap();
    folder
}

fn free_addr() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Invokes the function, and returns the response.
async fn invoke(addr: &str) -> String {
    let connected = async {
        loop {
            match TcpStream::connect(addr).await {
                Ok(socket) => return socket,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    };
    let mut socket = timeout(SOON, connected).await.unwrap();
    let request = "POST /2015-03-31/functions/function/invocations HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\
                   connection: close\r\n\r\n{}";
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    timeout(SOON, socket.read_to_string(&mut response)).await.unwrap().unwrap();
    response
}

/// Waits until the file has a line of the kind, and returns the record.
async fn record(file: &Path, kind: &str) -> Value {
    let line = async {
        loop {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            if let Some(mut line) = lines.into_iter().find(|line| line["type"] == kind) {
                assert_eq!(line["function"], "orders");
                return line["record"].take();
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(SOON, line).await.unwrap_or_else(|_| panic!("the extension has written no line of the kind {kind}"))
}

async fn terminate(process: Child) -> Output {
    let id = process.id().unwrap().to_string();
    assert!(Command::new("kill").arg(id).status().await.unwrap().success());
    timeout(SOON, process.wait_with_output()).await.unwrap().unwrap()
}

#[tokio::test]
async fn ships_the_telemetry_of_the_emulator() {
    let Some(emulator) = emulator() else { return };
    let (addr, folder) = (free_addr(), open_folder());
    let file = folder.join("lines");
    let process = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "sh", "-ec", SCRIPT])
        .arg(emulator)
        .args(["--runtime-interface-emulator-address", &addr, "--runtime-api-address", &free_addr()])
        .env("EXTENSION", env!("CARGO_BIN_EXE_example-extension"))
        .env("FUNCTION", function())
        .env("LOG_SHIPPER_FILE", &file)
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "10")
        .env("AWS_LAMBDA_MAX_CONCURRENCY", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let response = invoke(&addr).await;
    assert!(response.starts_with("HTTP/1.1 200 ") && response.ends_with("null"), "{response}");
    let report = record(&file, "platform.report").await;
    assert_eq!(report["status"], "success");
    assert!(report["metrics"]["durationMs"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(record(&file, "function").await, "received 2 bytes");
    let output = terminate(process).await;
    let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("Telemetry subscription created"), "{log}");
    assert!(!log.contains("lodger-extension: "), "{log}");
    std::fs::remove_dir_all(&folder).unwrap();
}
