//! A running emulator.

use std::{
    env, fs,
    net::SocketAddr,
    path::Path,
    process::{self, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use lodger_gateway::Front;
use lodger_tests::{
    client::ClientRequest,
    wait::{SOON, wait_until_async},
};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    net::TcpStream,
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    header_values,
    install::{self, PROBE},
    json,
};

/// The limit of one invocation, which may wait for other requests of its test.
const INVOCATION_LIMIT: Duration = Duration::from_secs(60);

/// An emulator, which starts a program at the first invocation.
///
/// Dropping it kills both.
pub struct Emulator {
    process: Child,
    addr: SocketAddr,
    /// The output of the emulator and of the program.
    output: Arc<watch::Sender<String>>,
    readers: [JoinHandle<()>; 2],
}

impl Emulator {
    /// Starts an emulator of Lambda. Returns `None` without an installed emulator.
    pub async fn start(program: &str, vars: &[(&str, &str)]) -> Option<Self> {
        Self::start_command(|emulator| Command::new(emulator), program, vars).await
    }

    /// Starts an emulator of Lambda with the probe.
    pub async fn probe(vars: &[(&str, &str)]) -> Option<Self> {
        Self::start(PROBE, vars).await
    }

    /// Starts an emulator of SnapStart with the probe.
    ///
    /// Lambda would take the snapshot between the logged start and the first invocation. The emulator takes none, and sends the
    /// first invocation as the event of the restore, so that this invocation never completes.
    pub async fn snap_start(vars: &[(&str, &str)]) -> Option<Self> {
        let vars = [&[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")], vars].concat();
        let command = |emulator: &Path| {
            let mut command = Command::new(emulator);
            command.arg("--enable-init-caching");
            command
        };
        Self::start_command(command, PROBE, &vars).await
    }

    /// Starts the emulator with `command`.
    pub async fn start_command(
        command: impl Fn(&Path) -> Command,
        program: &str,
        vars: &[(&str, &str)],
    ) -> Option<Self> {
        let [addr, runtime_api] = unique_addrs();
        let inherited = ["PATH", "HOME"].map(|name| (name, env::var_os(name).unwrap_or_default()));
        let mut process = command(&install::emulator()?)
            .args(["--log-level", "debug"])
            .args(["--runtime-interface-emulator-address", &addr.to_string()])
            .args(["--runtime-api-address", &runtime_api.to_string()])
            .arg(program)
            .env_clear()
            .envs(inherited)
            .env("AWS_LAMBDA_FUNCTION_NAME", "test")
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", INVOCATION_LIMIT.as_secs().to_string())
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .envs(vars.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = Arc::new(watch::Sender::new(String::new()));
        let readers = [
            tokio::spawn(read_lines(process.stdout.take().unwrap(), Arc::clone(&output))),
            tokio::spawn(read_lines(process.stderr.take().unwrap(), Arc::clone(&output))),
        ];
        for addr in [addr, runtime_api] {
            // An extension that fails at its start ends the emulator.
            wait_until_async("the emulator listens or has ended", async || {
                process.try_wait().unwrap().is_some() || TcpStream::connect(addr).await.is_ok()
            })
            .await;
        }
        Some(Self { process, addr, output, readers })
    }

    /// Invokes the function. Takes `&mut self` because the emulator of Lambda crashes at a second invocation at the same time.
    pub async fn invoke(&mut self, event: impl Into<Bytes>) -> Response<Bytes> {
        self.invoke_concurrently(event).await
    }

    /// Invokes the function on Managed Instances, where several invocations can run at once.
    ///
    /// The emulator rejects an invocation while no slot polls, and Lambda would queue it. A slot polls again only after the
    /// client has the response.
    pub async fn invoke_concurrently(&self, event: impl Into<Bytes>) -> Response<Bytes> {
        let event = event.into();
        let invoked = async {
            loop {
                let response = self.post(event.clone()).await;
                if header_values(&response, "error-type") != ["Runtime.Unavailable"] {
                    return response;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(INVOCATION_LIMIT * 2, invoked).await.expect("the invocation does not complete")
    }

    async fn post(&self, event: Bytes) -> Response<Bytes> {
        let request = Request::post("/2015-03-31/functions/function/invocations")
            .header("host", self.addr.to_string())
            .body(Full::new(event))
            .unwrap();
        let stream = TokioIo::new(TcpStream::connect(self.addr).await.expect("the emulator has ended"));
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }

    /// Sends a request to a front. Returns the response of the front.
    pub async fn fetch(&mut self, front: &Front, request: &ClientRequest) -> Response<Bytes> {
        let reply = self.invoke(front.event(&request.request()).unwrap()).await;
        assert_eq!(reply.status(), 200, "{request:?}: {reply:?}");
        front.response(&Ok(reply.into_body()))
    }

    /// Sends a request to a front. Returns the JSON of the response.
    pub async fn fetch_json(&mut self, front: &Front, request: &ClientRequest) -> Value {
        let response = self.fetch(front, request).await;
        assert!(response.status().is_success(), "{request:?}: {response:?}");
        json(&response)
    }

    /// The ids of the processes of the function. There are none if the emulator has ended, as it does after some errors.
    pub fn function_pids(&self) -> Vec<u32> {
        let Some(id) = self.process.id() else { return Vec::new() };
        let parent = format!("PPid:\t{id}");
        let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let is_child = |pid: &u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.lines().any(|line| line == parent)
        };
        pids.filter(is_child).collect()
    }

    /// Waits until the output contains `text`.
    pub async fn wait_for_output(&self, text: &str) {
        let mut output = self.output.subscribe();
        let contains = output.wait_for(|output| output.contains(text));
        let result = timeout(SOON, contains).await;
        result.unwrap_or_else(|_| panic!("no {text:?} in the output")).unwrap();
    }

    /// Shuts the emulator and the function down, like Lambda does. Returns the output.
    pub async fn shut_down(mut self) -> String {
        let pid = self.process.id().unwrap().to_string();
        assert!(process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        timeout(SOON, self.process.wait()).await.expect("the emulator does not end").unwrap();
        self.rest_of_output().await
    }

    /// Kills the emulator and the function. Returns the output.
    pub async fn kill(mut self) -> String {
        self.start_kill();
        self.rest_of_output().await
    }

    async fn rest_of_output(&mut self) -> String {
        for reader in &mut self.readers {
            reader.await.unwrap();
        }
        self.output.borrow().clone()
    }

    fn start_kill(&mut self) {
        let kills: Vec<String> = self.function_pids().iter().map(|pid| format!("kill -KILL {pid}")).collect();
        // The emulator first, because an emulator starts a killed function again. The function is in another process group and would outlive the emulator.
        let _ = self.process.start_kill();
        let _ = process::Command::new("sh").args(["-c", &kills.join(";")]).status();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if self.process.id().is_some() {
            self.start_kill();
        }
    }
}

/// Two addresses that no other emulator has.
///
/// Each emulator has an IP address of its own in 127.0.0.0/8. A free port of 127.0.0.1 could be taken by another test before the
/// emulator listens.
fn unique_addrs() -> [SocketAddr; 2] {
    static NEXT: AtomicU8 = AtomicU8::new(2);
    let [_, _, high, low] = process::id().to_be_bytes();
    let ip = [127, high, low, NEXT.fetch_add(1, SeqCst)];
    // Not ephemeral ports: these could be in use on all IP addresses.
    [20_180, 20_181].map(|port| SocketAddr::from((ip, port)))
}

/// Appends lines to `output`, and prints them, so that they are in the output of a test that fails.
async fn read_lines(from: impl AsyncRead + Unpin, output: Arc<watch::Sender<String>>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        println!("{line}");
        output.send_modify(|output| *output += &(line + "\n"));
    }
}
