//! The command as a process, and requests to it.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Everything that is waited for happens sooner.
pub const SOON: Duration = Duration::from_secs(60);

/// The command.
pub fn cargo_lodger() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-lodger"));
    command.arg("lodger").env_remove("CARGO_TARGET_DIR").env_remove("NO_COLOR");
    command
}

/// The function of the tests, an example of this package.
pub fn function() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_cargo-lodger")).with_file_name("examples").join("cli_function")
}

/// The extension of the tests, an example of this package.
pub fn extension() -> PathBuf {
    function().with_file_name("cli_extension")
}

/// A running `cargo lodger dev`, which is killed on drop.
pub struct Dev {
    child: Child,
    pub address: SocketAddr,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Dev {
    /// Starts the function of the tests.
    pub fn function(arguments: &[&str]) -> Self {
        let mut command = cargo_lodger();
        command.args(["dev", "--listen", "127.0.0.1:0"]).args(arguments).arg("--").arg(function());
        Self::start(command)
    }

    /// Starts a command, and waits until it serves.
    pub fn start(command: Command) -> Self {
        let mut dev = Self::spawn(command);
        let line = dev.wait_for_line("Inspector http://inspect.localhost:");
        dev.address.set_port(line.rsplit_once(':').unwrap().1.parse().unwrap());
        dev
    }

    /// Starts a command.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        thread::spawn({
            let (stderr, lines) = (child.stderr.take().unwrap(), Arc::clone(&lines));
            move || read_lines(stderr, &lines)
        });
        Self { child, address: ([127, 0, 0, 1], 0).into(), lines }
    }

    /// Waits for a line of standard error that contains a text.
    pub fn wait_for_line(&self, text: &str) -> String {
        wait_for(text, || self.lines.lock().unwrap().iter().find(|line| line.contains(text)).cloned())
    }

    /// The lines of standard error that contain a text, so far.
    pub fn lines(&self, text: &str) -> Vec<String> {
        self.lines.lock().unwrap().iter().filter(|line| line.contains(text)).cloned().collect()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends SIGTERM, and waits for the end of the command.
    pub fn stop(&mut self) -> ExitStatus {
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().unwrap().success());
        self.child.wait().unwrap()
    }

    pub fn has_line(&self, text: &str) -> bool {
        !self.lines(text).is_empty()
    }

    /// Sends a request to a front. Returns the status and the body.
    pub fn get(&self, front: &str, path: &str) -> (u16, String) {
        self.send(front, &format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// Sends a request whose head begins with lines, to a front.
    pub fn send(&self, front: &str, lines: &str, body: &str) -> (u16, String) {
        let host = if front.is_empty() { "localhost".to_owned() } else { format!("{front}.localhost") };
        let length = body.len();
        let head = format!("{lines}host: {host}:4000\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        let response = exchange(self.address, &head);
        let (head, body) = response.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no response: {response:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
        (status, if is_chunked { dechunked(body) } else { body.to_owned() })
    }

    /// Reads from the API of the inspector.
    pub fn api(&self, path: &str) -> Value {
        let (status, body) = self.get("inspect", path);
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Sends JSON to the API of the inspector.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let lines = format!("POST {path} HTTP/1.1\r\nx-lodger-inspector: 1\r\n");
        let (status, body) = self.send("inspect", &lines, &body.to_string());
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Waits until the invocation with an id has ended, with its work.
    pub fn ended(&self, id: &Value) -> Value {
        wait_for("the end of an invocation", || {
            let detail = self.api(&format!("/api/invocations/{id}"));
            (detail["state"] == "done" && !detail["timing"]["after_ms"].is_null()).then_some(detail)
        })
    }

    /// The newest invocation, once it has ended.
    pub fn last(&self) -> Value {
        let list = self.api("/api/invocations?limit=1");
        self.ended(&list["invocations"][0]["id"])
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // SIGTERM, so that the processes of the function end too.
            self.stop();
        }
    }
}

fn read_lines(stderr: ChildStderr, lines: &Mutex<Vec<String>>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        eprintln!("{line}");
        lines.lock().unwrap().push(line);
    }
}

/// Waits until `find` returns a value.
pub fn wait_for<T>(what: &str, find: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(Instant::now() < end, "timeout while waiting for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Sends bytes, and reads the whole response.
pub fn exchange(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(SOON)).unwrap();
    socket.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    socket.read_to_end(&mut response).unwrap();
    String::from_utf8_lossy(&response).into_owned()
}

fn dechunked(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            break;
        }
        text += &rest[..size];
        body = &rest[size + 2..];
    }
    text
}

/// A folder of a test, which is removed on drop.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static CREATED: AtomicU64 = AtomicU64::new(0);
        let number = CREATED.fetch_add(1, Relaxed);
        let path = env::temp_dir().join(format!("cargo-lodger-{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, and creates its folders.
    pub fn write(&self, name: impl AsRef<OsStr>, content: &str) {
        let path = self.0.join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
