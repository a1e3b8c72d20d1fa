//! Real bootstraps under AWS's Runtime Interface Emulator, which `oracles/rie.sh` installs. `LODGER_TEST_WITHOUT_RIE` is for where
//! that cannot be.
#![cfg(target_os = "linux")]

use std::{
    collections::HashSet,
    env, fs,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use lodger_gateway::Front;
use lodger_tests::{
    ask::{Sent, ask},
    host::{self, Server},
    losses::{got, got_behind, seen, seen_behind},
    probe,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    net::TcpStream,
    process::{Child, Command},
    sync::Mutex,
    task::JoinHandle,
    time::{sleep, timeout},
};

/// Where the emulator is; nowhere if it is not wanted.
static EMULATOR: LazyLock<Result<Option<PathBuf>, String>> = LazyLock::new(|| {
    if env::var_os("LODGER_TEST_WITHOUT_RIE").is_some() {
        return Ok(None);
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/oracles/rie.sh");
    let path = stdout(&mut process::Command::new(script))?;
    Ok(Some(path.trim_end().into()))
});

/// The example in axum, built.
static EXAMPLE: LazyLock<Result<PathBuf, String>> = LazyLock::new(|| {
    let messages = stdout(
        process::Command::new(env!("CARGO"))
            .args(["build", "--quiet", "-p", "example-axum"])
            .arg("--message-format=json-render-diagnostics")
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")),
    )?;
    let mut messages = messages.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let path = messages.find_map(|message| Some(message["executable"].as_str()?.into()));
    path.ok_or_else(|| "the example has no executable".to_owned())
});

const PROBE: &str = env!("CARGO_BIN_EXE_probe");

/// What a command prints, or what it says when it fails.
fn stdout(command: &mut process::Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("{command:?}: {}\n{stderr}", output.status))
    }
}

/// The emulator, and under it the bootstrap, which it starts at the first invocation.
struct Emulator {
    process: Child,
    addr: SocketAddr,
    output: [JoinHandle<String>; 2],
}

impl Emulator {
    /// Starts it, unless it is not wanted.
    async fn start(bootstrap: &Path, vars: &[(&str, &str)]) -> Option<Self> {
        Self::start_by(|emulator: &Path| Command::new(emulator), bootstrap, vars).await
    }

    /// Starts the one of the two in it that is of Managed Instances, with so many slots. It has the bootstrap in `/var/task`, and so
    /// in a name space of its own, which not everybody may have.
    async fn managed_instances(slots: usize, response_mode: &str) -> Option<Self> {
        let may_be =
            process::Command::new("unshare").args(["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
        if !may_be.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped, as there is no name space to be had (unshare --mount)");
            return None;
        }
        let in_its_own = |emulator: &Path| {
            let mut command = Command::new("unshare");
            command.args(["--mount", "--propagation", "private", "sh", "-ec"]);
            command.arg(
                "mount -t tmpfs tmpfs /mnt; mkdir /mnt/upper /mnt/work
                 mount -t overlay overlay -o lowerdir=/var,upperdir=/mnt/upper,workdir=/mnt/work /var
                 mkdir /var/task; cp \"$PROBE\" /var/task/bootstrap; cd /var/task; exec \"$0\" \"$@\"",
            );
            command.arg(emulator);
            command
        };
        let slots = slots.to_string();
        let vars = [("AWS_LAMBDA_MAX_CONCURRENCY", &*slots), ("LODGER_RESPONSE_MODE", response_mode), ("PROBE", PROBE)];
        Self::start_by(in_its_own, Path::new("/var/task/bootstrap"), &vars).await
    }

    async fn start_by(command: impl Fn(&Path) -> Command, bootstrap: &Path, vars: &[(&str, &str)]) -> Option<Self> {
        let emulator = EMULATOR.as_ref().unwrap_or_else(|why| panic!("{why}"));
        let Some(emulator) = emulator else {
            eprintln!("skipped, as LODGER_TEST_WITHOUT_RIE is set");
            return None;
        };
        // A port that is free now is to be free until the emulator has it.
        static STARTING: Mutex<()> = Mutex::const_new(());
        let _starting = STARTING.lock().await;

        let [addr, runtime_api] = free_addrs();
        let of_this_process = ["PATH", "HOME"].map(|name| (name, env::var_os(name).unwrap_or_default()));
        let mut process = command(emulator)
            .args(["--log-level", "debug"])
            .args(["--runtime-interface-emulator-address", &addr.to_string()])
            .args(["--runtime-api-address", &runtime_api.to_string()])
            .arg(bootstrap)
            .env_clear()
            .envs(of_this_process)
            .env("AWS_LAMBDA_FUNCTION_NAME", "test")
            .env("AWS_LAMBDA_FUNCTION_TIMEOUT", "10")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .envs(vars.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output =
            [tokio::spawn(told(process.stdout.take().unwrap())), tokio::spawn(told(process.stderr.take().unwrap()))];
        for addr in [addr, runtime_api] {
            let listens = async {
                while TcpStream::connect(addr).await.is_err() {
                    assert_eq!(process.try_wait().unwrap(), None, "the emulator has ended");
                    sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(Duration::from_secs(10), listens).await.unwrap();
        }
        Some(Self { process, addr, output })
    }

    /// Starts the probe as with SnapStart: a snapshot could be taken between what is logged as the start, and the first
    /// invocation. The emulator takes none, and hands out that invocation as what restores, so that nothing comes of it.
    async fn snap_start(vars: &[(&str, &str)]) -> Option<Self> {
        let vars = [&[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")], vars].concat();
        let command = |emulator: &Path| {
            let mut command = Command::new(emulator);
            command.arg("--enable-init-caching");
            command
        };
        Self::start_by(command, Path::new(PROBE), &vars).await
    }

    async fn probe(vars: &[(&str, &str)]) -> Option<Self> {
        Self::start(Path::new(PROBE), vars).await
    }

    /// Invokes the function; one call after another, because a second one at the same time would crash the emulator.
    async fn invoke(&mut self, event: impl Into<Bytes>) -> Response<Bytes> {
        self.invoke_meanwhile(event).await
    }

    /// Invokes the function, whatever else it does, as there may be several invocations on Managed Instances. What no slot waits
    /// for is refused, where Lambda has it wait: a slot asks for its next only after the client has its answer.
    async fn invoke_meanwhile(&self, event: impl Into<Bytes>) -> Response<Bytes> {
        let event = event.into();
        let invoked = async {
            loop {
                let answer = self.post(event.clone()).await;
                if got_header(&answer, "error-type") != ["Runtime.Unavailable"] {
                    return answer;
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(Duration::from_secs(30), invoked).await.unwrap()
    }

    async fn post(&self, event: Bytes) -> Response<Bytes> {
        let request = Request::post("/2015-03-31/functions/function/invocations")
            .header("host", self.addr.to_string())
            .body(Full::new(event))
            .unwrap();
        let stream = TokioIo::new(TcpStream::connect(self.addr).await.unwrap());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        Response::from_parts(head, body.collect().await.unwrap().to_bytes())
    }

    /// What a client gets that sends a request to a front.
    async fn ask(&mut self, front: &Front, sent: &Sent) -> Response<Bytes> {
        let answer = self.invoke(front.event(&sent.request()).unwrap()).await;
        assert_eq!(answer.status(), 200, "{sent:?}: {answer:?}");
        front.response(&Ok(answer.into_body()))
    }

    /// What a client gets from an app that answers with JSON.
    async fn ask_json(&mut self, front: &Front, sent: &Sent) -> Value {
        let response = self.ask(front, sent).await;
        assert!(response.status().is_success(), "{sent:?}: {response:?}");
        json(&response)
    }

    /// The processes that the bootstrap runs in.
    fn bootstraps(&self) -> Vec<u32> {
        let parent = format!("PPid:\t{}", self.process.id().unwrap());
        let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
        let is_child = |pid: &u32| {
            let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            status.lines().any(|line| line == parent)
        };
        pids.filter(is_child).collect()
    }

    /// Has it end by itself, as Lambda ends a function; what it and the bootstrap said.
    async fn end_gracefully(mut self) -> String {
        let pid = self.process.id().unwrap().to_string();
        assert!(process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        timeout(Duration::from_secs(10), self.process.wait()).await.unwrap().unwrap();
        let mut said = String::new();
        for output in &mut self.output {
            said += &output.await.unwrap();
        }
        said
    }

    /// Ends it; what it and the bootstrap said.
    async fn end(mut self) -> String {
        self.kill();
        let mut said = String::new();
        for output in &mut self.output {
            said += &output.await.unwrap();
        }
        said
    }

    fn kill(&mut self) {
        let kills: Vec<String> = self.bootstraps().iter().map(|pid| format!("kill -KILL {pid}")).collect();
        // First the emulator, which would start the bootstrap again. That has a group of its own, and would outlive it.
        self.process.start_kill().unwrap();
        let _ = process::Command::new("sh").args(["-c", &kills.join(";")]).status();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        if self.process.id().is_some() {
            self.kill();
        }
    }
}

/// How many invocations were under way at once, at the most, by what the emulator said.
fn most_at_once(said: &str) -> usize {
    let mut under_way = HashSet::new();
    let at_once = said.lines().map(|line| {
        if let Some(begun) = line.strip_prefix("START RequestId: ") {
            under_way.insert(begun.split_whitespace().next());
        } else if let Some(ended) = line.strip_prefix("END RequestId: ") {
            under_way.remove(&ended.split_whitespace().next());
        }
        under_way.len()
    });
    at_once.max().unwrap_or_default()
}

fn free_addrs() -> [SocketAddr; 2] {
    // Held at the same time, so that they are not the same.
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}

/// All lines, which stand in the output of a test that fails as well.
async fn told(output: impl AsyncRead + Unpin) -> String {
    let mut lines = BufReader::new(output).lines();
    let mut told = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        println!("{line}");
        told += &(line + "\n");
    }
    told
}

fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_else(|error| panic!("{error}: {response:?}"))
}

/// What the probe says that it holds.
fn held_by(response: &Response<Bytes>) -> Vec<String> {
    serde_json::from_slice(response.body()).unwrap()
}

fn fronts() -> [Front; 2] {
    [Front::function_url(), Front::http_api()]
}

/// The values of a header in what the probe saw.
fn seen_header<'a>(seen: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = seen["headers"].as_array().unwrap().iter();
    headers.filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}

fn got_header<'a>(response: &'a Response<Bytes>, name: &str) -> Vec<&'a str> {
    let values = response.headers().get_all(name).iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn on_managed_instances_as_many_are_answered_at_once_as_there_are_slots() {
    const SLOTS: usize = 5;
    let Some(emulator) = Emulator::managed_instances(SLOTS, "buffered").await else {
        return;
    };
    let front = &Front::function_url();
    let ask = async |target: String| {
        let answer = emulator.invoke_meanwhile(front.event(&Sent::get(target).request()).unwrap()).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        front.response(&Ok(answer.into_body()))
    };
    // It starts it, and has not always done so when it listens.
    ask("/first".to_owned()).await;
    let before = emulator.bootstraps();
    for round in 0..3 {
        let names: Vec<String> = (1..SLOTS).map(|number| format!("{round}-{number}")).collect();
        // All slots but one are busy until the others have been answered, and then the later ones are done first.
        let held = futures_util::future::join_all(names.iter().map(|name| ask(format!("/held/{name}"))));
        let (held, ()) = tokio::join!(held, async {
            while held_by(&ask("/held".to_owned()).await).len() < SLOTS - 1 {
                sleep(Duration::from_millis(10)).await;
            }
            for number in 0..20 {
                let target = if number % 5 == 4 { "/panic".to_owned() } else { format!("/who/{number}") };
                let response = ask(target.clone()).await;
                if target == "/panic" {
                    assert_eq!(response.status(), 500);
                } else {
                    assert_eq!(json(&response)["uri"], target);
                }
            }
            let mut all = held_by(&ask("/held".to_owned()).await);
            all.sort();
            assert_eq!(all, names, "one has ended before its time");
            for name in names.iter().rev() {
                ask(format!("/let-go/{name}")).await;
            }
        });
        assert!(held.iter().all(|response| response.body() == "begun ended"), "{held:?}");
    }
    assert_eq!((emulator.bootstraps(), before.len()), (before.clone(), 1));
    let said = emulator.end().await;
    assert_eq!(most_at_once(&said), SLOTS);
    for trouble in ["InvalidStateTransition", "lodger: error: request"] {
        let lines: Vec<_> = said.lines().filter(|line| line.contains(trouble) && !line.contains("panicked")).collect();
        assert!(lines.is_empty(), "{lines:?}");
    }
}

/// Lets the probe stream.
const STREAM: (&str, &str) = ("LODGER_RESPONSE_MODE", "stream");

#[tokio::test]
async fn a_stream_is_taken_to_its_end_and_nothing_else_is_in_it() {
    let Some(mut emulator) = Emulator::probe(&[STREAM]).await else {
        return;
    };
    let all_bytes: Vec<u8> = (0..=255).collect();
    let wanted: [(&str, u16, &[u8]); 6] = [
        ("/reply/cookies", 200, b""),
        ("/reply/binary", 200, &all_bytes),
        ("/status/204", 204, b""),
        ("/size/3000000", 200, &[b'x'; 3_000_000]),
        ("/slow/100", 200, b"begun ended"),
        ("/feed/2/100", 200, b"id: 1\ndata: x\n\nid: 2\ndata: xx\n\n"),
    ];
    for front in [Front::function_url().streaming(), Front::rest_api().streaming()] {
        for (target, status, body) in wanted {
            let begun = Instant::now();
            let streamed = emulator.ask(&front, &Sent::get(target)).await;
            assert!((streamed.status().as_u16(), &streamed.body()[..]) == (status, body), "{front}: {target}");
            let takes = if target.ends_with("/100") { 100 } else { 0 };
            assert!(begun.elapsed() >= Duration::from_millis(takes), "{front}: {target}: {:?}", begun.elapsed());
            if target == "/reply/cookies" {
                let cookies = ["a=1; Expires=Sat, 21 Nov 2026 04:15:02 GMT; Path=/", "b=2; HttpOnly"];
                assert_eq!(got_header(&streamed, "set-cookie"), cookies, "{front}");
            }
        }
        // It drops the trailers. Of lambda_runtime they have been seen in the body there.
        let before = emulator.bootstraps();
        for (target, body) in [("/feed/3/50/fails", "id: 1\ndata: x\n\nid: 2\ndata: xx\n\n"), ("/panic/body", "")] {
            let failed = emulator.ask(&front, &Sent::get(target)).await;
            assert_eq!((failed.status().as_u16(), &failed.body()[..]), (200, body.as_bytes()), "{front}: {target}");
            assert_eq!(emulator.ask_json(&front, &Sent::get("/after")).await["uri"], "/after", "{front}: {target}");
        }
        assert_eq!(emulator.bootstraps(), before);
    }
    // What cannot stream has an answer as a whole, of the same process.
    for front in [Front::alb(), Front::http_api()] {
        let answer = emulator.invoke(front.event(&Sent::get("/slow/10").request()).unwrap()).await;
        assert_eq!(json(&answer)["body"], "begun ended", "{front}: {answer:?}");
    }
    let said = emulator.end().await;
    for error in ["asked to fail in the feed", "asked to panic in the body"] {
        let told =
            said.lines().filter(|line| line.contains("cannot stream the whole response") && line.ends_with(error));
        assert_eq!(told.count(), 2, "{error}");
    }
}

#[tokio::test]
async fn on_managed_instances_streams_end_in_any_order_and_trailers_make_a_failure() {
    let Some(emulator) = Emulator::managed_instances(5, "stream").await else {
        return;
    };
    let front = &Front::function_url().streaming();
    let invoke = async |target: &str| {
        emulator.invoke_meanwhile(front.event(&Sent::get(target.to_owned()).request()).unwrap()).await
    };
    // It starts it, and has not always done so when it listens.
    invoke("/first").await;
    let before = emulator.bootstraps();
    // The later they begin, the sooner they end, each after the one before has been answered.
    let ended = std::cell::RefCell::new(vec![]);
    let held = async |name: &'static str| {
        let answer = invoke(&format!("/held/{name}")).await;
        ended.borrow_mut().push(name);
        answer
    };
    let is_held = async |count: usize| {
        while held_by(&front.response(&Ok(invoke("/held").await.into_body()))).len() != count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let (first, fails, last, panics) = tokio::join!(held("first"), held("fails"), held("last"), async {
        is_held(3).await;
        // A fourth one while three are under way.
        let panics = invoke("/panic/body").await;
        assert_eq!(*ended.borrow(), [""; 0]);
        for (number, name) in ["last", "fails", "first"].into_iter().enumerate() {
            invoke(&format!("/let-go/{name}")).await;
            while ended.borrow().len() <= number {
                sleep(Duration::from_millis(10)).await;
            }
        }
        panics
    });
    assert_eq!(*ended.borrow(), ["last", "fails", "first"]);
    for answer in [first, last] {
        assert_eq!(got_header(&answer, "content-type"), ["application/vnd.awslambda.http-integration-response"]);
        assert_eq!(got_header(&answer, "lambda-runtime-function-response-mode"), ["streaming"]);
        assert_eq!(got_header(&answer, "error-type"), [""; 0]);
        assert_eq!(front.response(&Ok(answer.into_body())).body(), "begun ended");
    }
    // It has read them from the trailers: the answers had begun as 200.
    for (answer, error_type) in [(fails, "Function.StreamFailed"), (panics, "Function.Panicked")] {
        assert_eq!(got_header(&answer, "error-type"), [error_type]);
        assert_eq!(json(&answer)["errorType"], error_type);
    }
    let after = invoke("/after").await;
    assert!(front.response(&Ok(after.into_body())).status().is_success());
    assert_eq!(emulator.bootstraps(), before);
    assert!(most_at_once(&emulator.end().await) >= 4);
}

#[tokio::test]
async fn sigterm_comes_where_it_was_asked_for_and_ends_run() {
    for (sigterm, comes) in [("on", true), ("off", false)] {
        let Some(mut emulator) = Emulator::probe(&[("LODGER_SIGTERM", sigterm)]).await else {
            return;
        };
        emulator.ask_json(&Front::function_url(), &Sent::get("/")).await;
        let said = emulator.end_gracefully().await;
        assert_eq!(
            said.contains("lodger: shutting down: waiting up to 400ms for invocations in flight (LODGER_GRACE)"),
            comes,
            "{said}"
        );
        assert_eq!(said.contains("probe: ended"), comes, "{said}");
    }
}

#[tokio::test]
async fn an_odd_path_and_query_arrive_as_they_were_sent() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    let target = "//a%20b/%CE%BB;p=1/c=d:e@f!$&'()*+,/?a=1&a=2&b=&c&&q=a+b%20c%2Bd&bad=%zz&%&pipe=|";
    for front in fronts() {
        let seen = emulator.ask_json(&front, &Sent::get(target)).await;
        assert_eq!(seen["method"], "GET", "{front:?}");
        assert_eq!(seen["uri"], target, "{front:?}");
        assert_eq!(seen["client"], "127.0.0.1", "{front:?}");
        assert_eq!(seen["body"], "", "{front:?}");
    }
}

#[tokio::test]
async fn every_front_is_as_a_server_but_for_what_it_loses() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    let server = Server::start(|lodger| lodger.run(probe::app())).await;
    let odd = "//a%20b/%CE%BB;p=1/c=d:e@f!$&'()*+,/?a=1&a=2&b=&c&&q=a+b%20c%2Bd&bad=%zz&%&pipe=|";
    let requests = [
        Sent::get(odd),
        Sent::get("/").method("PATCH").header("x-a", "1").header("x-a", "2, 3").header("cookie", "a=1").body([0, 0xff]),
        Sent::get("/reply/cookies"),
        Sent::get("/reply/repeats"),
        Sent::get("/reply/binary"),
        Sent::get("/reply/text").method("HEAD"),
        Sent::get("/status/204"),
    ];
    // The emulator makes up a trace of its own.
    let without_trace = |seen: Option<Value>| {
        seen.map(|mut seen| {
            seen["headers"].as_array_mut().unwrap().retain(|header| header[0] != "x-amzn-trace-id");
            seen
        })
    };
    for sent in &requests {
        let on_server = ask(server.addr, sent).await;
        let is_head = sent.method == "HEAD";
        for front in host::fronts() {
            let on_lambda = emulator.ask(&front, sent).await;
            match seen(&on_server) {
                Some(expected) => {
                    let expected = seen_behind(&front, expected, sent);
                    assert_eq!(without_trace(seen(&on_lambda)), without_trace(expected), "{front}: {sent:?}");
                }
                None => {
                    let expected = got_behind(&front, got(&on_server, is_head), is_head);
                    assert_eq!(got(&on_lambda, is_head), expected, "{front}: {sent:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn events_that_are_not_http_come_to_their_route() {
    let Some(mut emulator) = Emulator::probe(&[("LODGER_EVENTS_PATH", "/for/events")]).await else {
        return;
    };
    // What the probe saw is the answer of the invocation as it is.
    let seen = json(&emulator.invoke(r#"{"Records":[{"eventSource":"aws:sqs"}]}"#).await);
    assert_eq!((&seen["method"], &seen["uri"]), (&json!("POST"), &json!("/for/events")));
    assert_eq!(seen["body"], r#"{"Records":[{"eventSource":"aws:sqs"}]}"#);
    for front in Front::all() {
        let response = emulator.ask(&front, &Sent::get("/for//Events/x")).await;
        assert_eq!(response.status(), 404, "{front}");
    }
}

#[tokio::test]
async fn the_example_keeps_a_note_and_reads_it_back() {
    let example = EXAMPLE.as_ref().unwrap_or_else(|why| panic!("{why}"));
    let Some(mut emulator) = Emulator::start(example, &[]).await else {
        return;
    };
    for (front, id, path) in [(Front::function_url(), 1, "/notes/1"), (Front::http_api(), 2, "/notes/2")] {
        let note = json!({"id": id, "text": "grüße \"\u{1}😀", "from": "127.0.0.1"});
        let sent = Sent::get("/notes")
            .method("POST")
            .header("content-type", b"application/json")
            .body(r#"{"text":"grüße \"\u0001😀"}"#.as_bytes());
        let created = emulator.ask(&front, &sent).await;
        assert_eq!(created.status(), 201, "{front:?}");
        assert_eq!(got_header(&created, "location"), [path], "{front:?}");
        assert_eq!(json(&created), note, "{front:?}");
        let read = emulator.ask_json(&front, &Sent::get(path)).await;
        assert_eq!(read, note, "{front:?}");
    }
}

#[tokio::test]
async fn each_byte_goes_in_and_comes_out() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    let all: &[u8] = (0..=255).collect::<Vec<u8>>().leak();
    for front in fronts() {
        let sent = Sent::get("/").method("POST").body(all);
        let seen = emulator.ask_json(&front, &sent).await;
        assert_eq!(seen["body"], probe::latin1(all), "{front:?}");
        let response = emulator.ask(&front, &Sent::get("/reply/binary")).await;
        assert_eq!(response.status(), 200, "{front:?}");
        assert_eq!(response.body(), all, "{front:?}");
        assert_eq!(got_header(&response, "content-type"), ["image/png"]);
    }
}

#[tokio::test]
async fn repeated_headers_and_cookies_survive_both_ways() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    for front in fronts() {
        let sent = Sent::get("/")
            .header("x-twice", b"1")
            .header("cookie", b"a=1; b=\"2\"")
            .header("X-Twice", b"2, 3")
            .header("cookie", b"c=3");
        let seen = emulator.ask_json(&front, &sent).await;
        assert_eq!(seen_header(&seen, "x-twice"), ["1,2, 3"], "{front:?}");
        let cookies = ["a=1; b=\"2\"; c=3"];
        assert_eq!(seen_header(&seen, "cookie"), cookies, "{front:?}");

        let response = emulator.ask(&front, &Sent::get("/reply/cookies")).await;
        let cookies = ["a=1; Expires=Sat, 21 Nov 2026 04:15:02 GMT; Path=/", "b=2; HttpOnly"];
        assert_eq!(got_header(&response, "set-cookie"), cookies, "{front:?}");
        let response = emulator.ask(&front, &Sent::get("/reply/repeats")).await;
        assert_eq!(got_header(&response, "vary"), ["accept, origin"], "{front:?}");
        assert_eq!(got_header(&response, "x-a"), ["1, 2"], "{front:?}");
    }
}

#[tokio::test]
async fn a_panic_is_a_500_and_the_process_goes_on() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    emulator.ask_json(&Front::http_api(), &Sent::get("/before")).await;
    let before = emulator.bootstraps();
    assert_eq!(before.len(), 1);
    for front in fronts() {
        for target in ["/panic", "/panic/body"] {
            let response = emulator.ask(&front, &Sent::get(target)).await;
            assert_eq!(response.status(), 500, "{front:?} {target}");
            let seen = emulator.ask_json(&front, &Sent::get("/after")).await;
            assert_eq!(seen["uri"], "/after", "{front:?} {target}");
            assert_eq!(emulator.bootstraps(), before, "{front:?} {target}");
        }
    }
}

#[tokio::test]
async fn an_event_that_is_not_http_is_refused_and_the_process_goes_on() {
    let Some(mut emulator) = Emulator::probe(&[]).await else {
        return;
    };
    let answer = emulator.invoke(r#"{"Records":[]}"#).await;
    let error = json(&answer);
    assert_eq!(error["errorType"], "Runtime.UnsupportedEvent");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(message.contains("Records"), "{message}");

    let refused = emulator.bootstraps();
    assert_eq!(refused.len(), 1);
    for front in fronts() {
        let seen = emulator.ask_json(&front, &Sent::get("/after")).await;
        assert_eq!(seen["uri"], "/after", "{front:?}");
        assert_eq!(emulator.bootstraps(), refused, "{front:?}");
    }
}

/// Starts the probe twice, and finds each time the error that is expected.
async fn fails_to_start(var: (&str, &str), error_type: &str, reason: &str) {
    let Some(mut emulator) = Emulator::probe(&[var]).await else {
        return;
    };
    for _ in 0..2 {
        let answer = emulator.invoke("{}").await;
        assert_eq!(answer.status(), 502);
        let error = json(&answer);
        assert_eq!(error["errorType"], error_type);
        let message = error["errorMessage"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    let said = emulator.end().await;
    let count = |what| said.lines().filter(|line| line.ends_with(what)).count();
    assert_eq!(count("Start runtime"), 2);
    let reports = said.lines().filter(|line| line.contains("POST /2018-06-01/runtime/init/error"));
    assert_eq!(reports.count(), 2);
}

#[tokio::test]
async fn an_app_that_cannot_be_built_is_reported() {
    fails_to_start(("PROBE_FAILS", "error"), "Runtime.InitFailed", "the database is out of reach").await;
}

#[tokio::test]
async fn an_app_that_panics_while_it_is_built_is_reported() {
    fails_to_start(("PROBE_FAILS", "panic"), "Runtime.InitFailed", "the database is out of reach").await;
}

#[tokio::test]
async fn a_setting_that_cannot_be_is_reported() {
    fails_to_start(("LODGER_GRACE", "soon"), "Runtime.InvalidSetting", r#"invalid LODGER_GRACE "soon""#).await;
}

/// What was said of these, in the order in which it was.
fn in_order<'a>(said: &str, of: &[&'a str]) -> Vec<&'a str> {
    said.lines().filter_map(|line| of.iter().find(|what| line.contains(**what)).copied()).collect()
}

const RESTORE: &str = "GET /2018-06-01/runtime/restore/next";
const INIT_ERROR: &str = "POST /2018-06-01/runtime/init/error";
const RESTORE_ERROR: &str = "POST /2018-06-01/runtime/restore/error";
const POLL: &str = "GET /2018-06-01/runtime/invocation/next";
const BEFORE: &str = "probe: before the snapshot";
const AFTER: &str = "probe: after the restore";

/// What the probe has asked of the emulator, and which hooks have run.
fn around_the_snapshot(said: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    assert!(said.contains("INIT START(type: snap-start, phase: init)"), "{said}");
    (in_order(said, &[RESTORE, INIT_ERROR, RESTORE_ERROR, POLL]), in_order(said, &[BEFORE, AFTER]))
}

#[tokio::test]
async fn a_hook_that_fails_before_the_snapshot_is_why_the_function_does_not_start() {
    let Some(mut emulator) = Emulator::snap_start(&[("PROBE_HOOK_FAILS", "before the snapshot")]).await else {
        return;
    };
    let answer = emulator.invoke("{}").await;
    let error = json!({
        "errorMessage": "a hook before the snapshot failed: the database is out of reach",
        "errorType": "Runtime.BeforeSnapshotError",
        "stackTrace": [],
    });
    assert_eq!((answer.status().as_u16(), json(&answer)), (502, error));
    assert_eq!(around_the_snapshot(&emulator.end().await), (vec![INIT_ERROR], vec![BEFORE]));
}

#[tokio::test]
async fn a_hook_that_fails_after_the_restore_is_reported() {
    for sigterm in ["off", "on"] {
        let vars = [("PROBE_HOOK_FAILS", "after the restore"), ("LODGER_SIGTERM", sigterm)];
        let Some(mut emulator) = Emulator::snap_start(&vars).await else {
            return;
        };
        let answer = emulator.invoke("{}").await;
        assert_eq!((answer.status().as_u16(), &json(&answer)["errorType"]), (502, &json!("Runtime.ExitError")));
        let said = emulator.end().await;
        assert_eq!(around_the_snapshot(&said), (vec![RESTORE, RESTORE_ERROR], vec![BEFORE, AFTER]));
        let reported = said.lines().find(|line| line.contains(RESTORE_ERROR)).unwrap();
        assert!(reported.contains("Lambda-Runtime-Function-Error-Type:[Runtime.AfterRestoreError]"), "{reported}");
    }
}

#[tokio::test]
async fn what_was_restored_polls_and_its_extension_asks_again() {
    // All has to happen within the timeout: nothing but it ends the invocation.
    let vars = [("AWS_LAMBDA_FUNCTION_TIMEOUT", "5"), ("LODGER_SIGTERM", "on")];
    let Some(mut emulator) = Emulator::snap_start(&vars).await else {
        return;
    };
    // The emulator waits for the answer to what it has handed out as what restores.
    let answer = emulator.invoke("{}").await;
    assert_eq!(*answer.body(), "Task timed out after 5.00 seconds");
    let said = emulator.end().await;
    assert_eq!(around_the_snapshot(&said), (vec![RESTORE, POLL], vec![BEFORE, AFTER]));
    assert_eq!(in_order(&said, &["GET /2020-01-01/extension/event/next"]).len(), 2, "{said}");
    assert!(said.contains("State transition is not allowed, state is Ready"), "{said}");
    // It is told that it waits already, and stays registered.
    assert!(
        said.contains("lodger: shutting down: waiting up to 400ms for invocations in flight (LODGER_GRACE)"),
        "{said}"
    );
}
