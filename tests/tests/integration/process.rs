//! The server as a process: what it says, and how signals end it.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    os::unix::process::ExitStatusExt,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Full};
use lodger_gateway::{Front, Invocation, RuntimeApi, Vercel, VercelMessage, WebSocketApi};
use lodger_tests::{
    ask::{Sent, ask},
    process::Process,
    raw_api::SOON,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

fn start(vars: &[(&str, &str)]) -> Process {
    Process::start(env!("CARGO_BIN_EXE_probe"), vars)
}

/// A request that the app has begun to answer.
struct Slow(TcpStream);

impl Slow {
    async fn ask(addr: SocketAddr, target: &'static str) -> Self {
        let mut socket = TcpStream::connect(addr).await.unwrap();
        socket.write_all(&Sent::get(target).bytes()).await.unwrap();
        let mut answer = String::new();
        while !answer.contains("begun") {
            let mut some = [0; 1024];
            let length = socket.read(&mut some).await.unwrap();
            assert!(length > 0, "{answer}");
            answer += &String::from_utf8_lossy(&some[..length]);
        }
        Self(socket)
    }

    async fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).await.unwrap();
        rest
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_once_what_is_in_flight_is_done() {
    for signal in ["TERM", "INT"] {
        let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0")]);
        let addr = process.addr();
        let slow = Slow::ask(addr, "/slow/500").await;
        // Twice, as supervisors do that signal the process and its group.
        process.signal(signal);
        process.signal(signal);
        let (status, said) = tokio::task::block_in_place(|| process.end());
        assert!(status.success(), "{signal}: {status}");
        // What stands after `run` in `main` has run.
        let (ending, rest) = said.split_once('\n').unwrap();
        assert!(ending.starts_with("lodger: shutting down: waiting up to 10s for requests in flight"), "{said}");
        assert_eq!(rest, "probe: ended\n", "{signal}");
        assert!(slow.rest().await.contains("ended"), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_grace_is_what_it_is_set_to_and_a_second_signal_ends_it() {
    for (grace, is_signalled_again, why) in
        [("0.2", false, "200ms after the shutdown began"), ("60", true, "received a second signal")]
    {
        let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_GRACE", grace)]);
        let addr = process.addr();
        let slow = Slow::ask(addr, "/held/for-ever").await;
        process.signal("TERM");
        let line = process.line();
        assert!(line.starts_with("lodger: shutting down: "), "{line}");
        // Within a second it would be the same signal, and when that began nobody tells.
        for _ in 0..10 {
            if !is_signalled_again || process.child.try_wait().unwrap().is_some() {
                break;
            }
            thread::sleep(Duration::from_millis(1100));
            process.signal("TERM");
        }
        let (status, said) = tokio::task::block_in_place(|| process.end());
        // A second signal ends the process, and not `run` alone.
        let (ended_by, goes_on) = if is_signalled_again { (Some(15), false) } else { (None, true) };
        assert_eq!((status.signal(), status.success()), (ended_by, goes_on), "{why}: {status}");
        assert!(said.contains(why) && said.ends_with("probe: ended\n") == goes_on, "{said}");
        assert!(!slow.rest().await.contains("ended"), "{why}");
    }
}

#[test]
fn a_port_is_enough_to_be_told_where_to_listen() {
    // As a container is: on all addresses. Port 0, so that nothing else can be there.
    let mut process = start(&[("PORT", "0")]);
    let addr = process.addr();
    assert!(addr.ip().is_unspecified() && addr.port() != 0, "{addr}");
}

#[test]
fn a_variable_that_means_nothing_is_pointed_out() {
    let mut process = start(&[("LODGER_ADR", "127.0.0.1:0"), ("LODGER_ADDR", "127.0.0.1:0")]);
    let line = process.line();
    assert!(
        line.starts_with("lodger: warning: unknown variable LODGER_ADR; known variables are LODGER_HOST, "),
        "{line}"
    );
    process.addr();
}

#[test]
fn what_it_cannot_do_it_says_and_ends() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for (vars, said) in [
        (("LODGER_ADDR", addr.as_str()), format!("cannot listen on {addr}: address already in use")),
        (("LODGER_ADDR", "nowhere"), "invalid LODGER_ADDR \"nowhere\": expected an IP address and a port".into()),
        (("LODGER_HOST", "moon"), "invalid LODGER_HOST \"moon\": expected `server`, `lambda` or `vercel`".into()),
        (("LODGER_BASE_PATH", "https://x/"), "cannot use \"https://x/\" as the base path".into()),
        (("LODGER_HOST", "lambda"), "AWS_LAMBDA_RUNTIME_API is not set".into()),
        (("LODGER_HOST", "vercel"), "VERCEL_IPC_PATH is not set".into()),
        (
            ("VERCEL_IPC_PATH", "/nowhere"),
            "cannot connect to Vercel on the socket \"/nowhere\" (VERCEL_IPC_PATH)".into(),
        ),
        (("PROBE_FAILS", "error"), "cannot build the app: the database is out of reach".into()),
    ] {
        let (status, all) = start(&[vars]).end();
        assert_eq!(status.code(), Some(1), "{all}");
        assert!(all.contains(&said), "{said:?} is not in {all:?}");
    }
}

#[tokio::test]
async fn what_a_front_will_not_pass_on_is_told_on_lambda() {
    let api = RuntimeApi::start().await.unwrap();
    let vars = [("AWS_LAMBDA_RUNTIME_API", &*api.address()), ("LODGER_WEBSOCKET_PATH", "/size")];
    let process = start(&vars);
    let respond = |size: usize, cookies: usize| {
        let mut headers = vec![json!(["x-large", "y".repeat(size)])];
        headers.resize(1 + cookies, json!(["set-cookie", "a=1"]));
        let wanted = json!({"status": 200, "headers": headers, "body": ""});
        Sent::get("/respond")
            .method("POST")
            .header("content-type", "application/json")
            .body(wanted.to_string())
            .request()
    };
    // Rule 87: a REST API takes 10 KB of headers, a load balancer 32 KB, of a Function URL nothing is known.
    for (front, size) in [(Front::rest_api(), 9_800), (Front::alb(), 32_000), (Front::function_url(), 60_000)] {
        let _ = api.send(&front, &respond(size, 0)).await;
    }
    assert_eq!(api.send(&Front::rest_api(), &respond(9_600, 0)).await.status(), 200);
    // Rule 81.
    assert_eq!(api.send(&Front::lattice_v1(), &respond(1, 3)).await.status(), 200);
    // Rules 42 and 66: once, whatever comes.
    for _ in 0..2 {
        let lossy = Sent::get("/").method("POST").body(b"\x89PNG\r\n\x1a\n").request();
        api.send(&Front::rest_api().binary_media_types(["image/png"]), &lossy).await;
        api.send(&Front::alb(), &lossy).await;
    }
    // Rule 70.
    for size in ["131072", "131073"] {
        api.invoke(WebSocketApi::new().message(size, "")).await.unwrap().unwrap();
    }
    process.signal("KILL");
    let (_, said) = process.end();
    let lines: Vec<&str> = said.lines().collect();
    let expected = [
        "the response headers take 98",
        "this load balancer sends only the last value of repeated headers",
        "the response headers take 320",
        "dropped 2 cookies of the response",
        "a request body contains U+FFFD",
        "the response to the message takes 131073 bytes, and the WebSocket API sends at most 131072",
    ];
    assert_eq!(lines.len(), expected.len(), "{said}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(expected), "{line}");
    }
}

#[tokio::test]
async fn a_log_that_nobody_reads_ends_nothing() {
    let api = RuntimeApi::start().await.unwrap();
    let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_probe"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    drop(process.stderr.take());
    let ask = async |target| api.send(&Front::function_url(), &Sent::get(target).request()).await.status().as_u16();
    assert_eq!((ask("/panic").await, ask("/panic").await, ask("/").await), (500, 500, 200));
    assert_eq!(api.protocol_errors(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_lambda_a_signal_ends_it_where_it_was_asked_for() {
    for slots in [1, 4] {
        for (held, grace, takes, is_cut_off) in
            [("said-until-sigterm", "3000", 500, false), ("said-for-ever", "", 300, true)]
        {
            let api = RuntimeApi::start().await.unwrap().max_concurrency(slots);
            let (slots, address) = (slots.to_string(), api.address());
            let vars = [
                ("AWS_LAMBDA_RUNTIME_API", &*address),
                ("AWS_LAMBDA_MAX_CONCURRENCY", &slots),
                ("LODGER_SIGTERM", "on"),
                ("LODGER_GRACE", grace),
            ];
            let mut process = start(&vars);
            assert_eq!(api.send(&Front::function_url(), &Sent::get("/").request()).await.status(), 200);
            assert_eq!(api.extensions(), ["lodger"]);
            let event = Front::function_url().event(&Sent::get(format!("/held/{held}")).request()).unwrap();
            let mut invoked = std::pin::pin!(api.invoke(event));
            tokio::select! {
                biased;
                outcome = invoked.as_mut() => panic!("{outcome:?}"),
                line = async { tokio::task::block_in_place(|| process.line()) } => {
                    assert_eq!(line, format!("probe: {held} is held\n"));
                }
            }
            let begun = Instant::now();
            process.signal("TERM");
            let outcome = tokio::time::timeout(SOON, invoked).await.expect("no answer").unwrap();
            let Ok(reply) = outcome else { panic!("{held}: an error") };
            let reply: Value = serde_json::from_slice(&reply).unwrap();
            let expected = if is_cut_off { (504, "the function is shutting down") } else { (200, "begun ended") };
            assert_eq!((&reply["statusCode"], &reply["body"]), (&json!(expected.0), &json!(expected.1)), "{held}");
            let (status, said) = tokio::task::block_in_place(|| process.end());
            assert!(status.success() && said.ends_with("probe: ended\n"), "{status}: {said}");
            assert_eq!(said.contains("cancelled invocations that were in flight 400ms"), is_cut_off, "{said}");
            assert!(begun.elapsed() > Duration::from_millis(takes), "{said}");
            assert_eq!(api.protocol_errors(), [""; 0]);
        }
    }
    // Nobody has it sent, and who sends it all the same kills.
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&[("AWS_LAMBDA_RUNTIME_API", &*api.address())]);
    assert_eq!(api.send(&Front::function_url(), &Sent::get("/").request()).await.status(), 200);
    assert_eq!(api.extensions(), [""; 0]);
    process.signal("TERM");
    let (status, said) = tokio::task::block_in_place(|| process.end());
    assert!(!status.success() && said.is_empty(), "{status}: {said}");
}

#[tokio::test]
async fn what_goes_wrong_after_the_response_is_told() {
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&[("AWS_LAMBDA_RUNTIME_API", &*api.address())]);
    for (target, seconds) in [("/after/panic/0", 30), ("/after/said/0", 30), ("/after/long/held", 3), ("/", 30)] {
        let event = Front::function_url().event(&Sent::get(target).request()).unwrap();
        let outcome = api.invoke(Invocation::new(event).timeout(Duration::from_secs(seconds))).await.unwrap();
        assert_eq!(Front::function_url().response(&outcome).status(), 200, "{target}");
    }
    process.signal("KILL");
    let (_, said) = process.end();
    let is_ours = |line: &&str| line.starts_with("lodger:") || line.starts_with("probe:");
    let lines: Vec<&str> = said.lines().filter(is_ours).collect();
    let request = |number| format!("request 8476a536-e9f4-11e8-9739-00000000000{number}: the work after the response");
    let expected = [
        format!("lodger: error: {} panicked: asked to panic after the response", request(1)),
        "probe: said after the response".to_owned(),
        format!("lodger: warning: {} was cancelled at the deadline (LODGER_DEADLINE_MARGIN)", request(3)),
    ];
    assert_eq!(lines, expected, "{said}");

    let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_GRACE", "0.2")]);
    let addr = process.addr();
    assert_eq!(ask(addr, &Sent::get("/after/panic/0")).await.status(), 200);
    let mut early = String::new();
    while !early.contains("a request: the work after the response panicked: asked to panic") {
        let line = process.line();
        assert!(!line.is_empty(), "{early}");
        early += &line;
    }
    assert_eq!(ask(addr, &Sent::get("/after/long/held")).await.status(), 200);
    process.signal("TERM");
    let (status, said) = process.end();
    assert!(status.success(), "{said}");
    assert!(said.contains("cut off requests in flight 200ms after the shutdown began"), "{said}");
}

#[tokio::test]
async fn a_request_for_what_is_for_events_is_told_once() {
    let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_EVENTS_PATH", "/events")]);
    let addr = process.addr();
    for target in ["/events", "/%65vents", "/events/x"] {
        assert_eq!(ask(addr, &Sent::get(target)).await.status(), 404);
    }
    process.signal("KILL");
    let (_, said) = process.end();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("\"/events\"") && said.contains("LODGER_EVENTS_PATH"), "{said}");
}

/// The ids of the requests that have been said to be at their end.
fn ended(platform: &Vercel) -> Vec<u64> {
    let messages = platform.messages().into_iter();
    messages
        .filter_map(|message| match message {
            VercelMessage::End { request_id, .. } => Some(request_id),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_a_signal_ends_it_once_all_is_answered_and_told() {
    let platform = Vercel::start().unwrap();
    // The process is in one of Lambda's machines.
    let vars = [("VERCEL_IPC_PATH", &*platform.ipc_path()), ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"), ("PORT", "1")];
    let before = Instant::now();
    let process = start(&vars);
    platform.address().await.unwrap();
    let [VercelMessage::ServerStarted { init_duration, .. }] = platform.messages()[..] else {
        panic!("{:?}", platform.messages())
    };
    // Linux tells both ends of it to a hundredth of a second.
    let most = before.elapsed() + Duration::from_millis(20);
    assert!(init_duration <= most, "{init_duration:?} of {most:?}");
    let mut request = Sent::get("/held/until-sigterm").request().map(Full::new);
    let slow = platform.add_headers(request.headers_mut());
    let mut body = platform.send(request).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    process.signal("TERM");
    assert_eq!(body.collect().await.unwrap().to_bytes(), "ended");
    platform.wait_for_end(slow).await;
    let (status, said) = tokio::task::block_in_place(|| process.end());
    assert!(status.success() && said.ends_with("probe: ended\n"), "{status}: {said}");
    assert_eq!((ended(&platform), platform.protocol_errors()), (vec![slow], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_vercel_what_it_cannot_do_is_reported() {
    for (var, why) in [
        (("PROBE_FAILS", "error"), "cannot build the app: the database is out of reach"),
        (("PROBE_FAILS", "panic"), "the app panicked while it was built: the database is out of reach"),
        (("LODGER_GRACE", "soon"), "invalid LODGER_GRACE \"soon\""),
        (("LODGER_BASE_PATH", "https://x/"), "cannot use \"https://x/\" as the base path"),
    ] {
        let platform = Vercel::start().unwrap();
        let process = start(&[("VERCEL_IPC_PATH", &*platform.ipc_path()), var]);
        let reported = tokio::time::timeout(SOON, platform.unrecoverable_error()).await;
        let (exit_code, message) = reported.unwrap();
        assert!(exit_code == 1 && message.starts_with(why), "{exit_code}: {message}");
        let (status, said) = tokio::task::block_in_place(|| process.end());
        assert_eq!(status.code(), Some(1), "{said}");
        assert_eq!((platform.messages().len(), platform.protocol_errors()), (1, vec![]));
    }
}

#[tokio::test]
async fn on_vercel_the_prefix_of_a_service_is_taken_off_where_it_says_so() {
    for (strip, uri) in [("1", "/x?y"), ("true", "/x?y"), ("0", "/svc/x?y")] {
        let platform = Vercel::start().unwrap();
        let _process = start(&[
            ("VERCEL_IPC_PATH", &*platform.ipc_path()),
            ("VERCEL_SERVICE_ROUTE_PREFIX", "/svc/"),
            ("VERCEL_SERVICE_ROUTE_PREFIX_STRIP", strip),
            ("VERCEL_OIDC_TOKEN", "of the process"),
        ]);
        let addr = platform.address().await.unwrap();
        let seen: serde_json::Value = serde_json::from_slice(ask(addr, &Sent::get("/svc/x?y")).await.body()).unwrap();
        assert_eq!(seen["uri"], uri, "{strip}");
        let target = if strip == "0" { "/respond" } else { "/svc/respond" };
        let location = if strip == "0" { "/items" } else { "/svc/items" };
        assert_eq!(ask(addr, &redirecting(target)).await.headers()["location"], location, "{strip}");
        assert!(seen["headers"].to_string().contains(r#"["x-vercel-oidc-token","of the process"]"#), "{seen}");
    }
}

/// A request whose response is a redirect to `/items`.
fn redirecting(target: &str) -> Sent {
    let wanted = json!({"status": 302, "headers": [["location", "/items"]], "body": ""});
    Sent::get(target).method("POST").header("content-type", "application/json").body(wanted.to_string())
}

#[tokio::test]
async fn a_base_path_is_added_to_location_unless_that_is_off() {
    for (rewrite, location) in [("", "/api/items"), ("on", "/api/items"), ("off", "/items")] {
        let vars = [("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_BASE_PATH", "/api"), ("LODGER_REWRITE_LOCATION", rewrite)];
        let mut process = start(&vars);
        let addr = process.addr();
        let response = ask(addr, &redirecting("/api/respond")).await;
        assert_eq!(response.headers()["location"], location, "{rewrite}");
        assert_eq!(ask(addr, &redirecting("/respond")).await.headers()["location"], "/items", "{rewrite}");
    }
}

#[tokio::test]
async fn warns_before_a_prelude_is_larger_than_its_front_accepts() {
    let api = RuntimeApi::start().await.unwrap();
    let vars = [("AWS_LAMBDA_RUNTIME_API", &*api.address()), ("LODGER_RESPONSE_MODE", "stream")];
    let process = start(&vars);
    // Each quote takes two bytes of JSON: 7,700 of them are less than 10 KB of headers.
    for (front, quotes) in [
        (Front::function_url(), 7_000),
        (Front::function_url(), 7_900),
        (Front::rest_api(), 7_000),
        (Front::rest_api(), 7_900),
    ] {
        let wanted = json!({"status": 200, "headers": [["x-large", "\"".repeat(quotes)]], "body": ""});
        let sent =
            Sent::get("/respond").method("POST").header("content-type", "application/json").body(wanted.to_string());
        let response = api.stream(&front.streaming(), &sent.request()).await;
        assert_eq!(response.headers()["x-large"].len(), quotes);
        drop(response.collect().await);
    }
    process.signal("KILL");
    let (_, said) = process.end();
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    for line in lines {
        assert!(line.contains("the headers take 158") && line.contains("accepts at most 16384"), "{line}");
    }
}

#[tokio::test]
async fn behind_vercels_own_proxy_it_is_a_plain_server() {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.arg0("./user-server").env_clear().env("PORT", "0").env("VERCEL_IPC_PATH", "/nowhere");
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut process = Process { child, stderr };
    let addr = process.addr();
    assert!(addr.ip().is_loopback() && addr.port() != 0, "{addr}");

    // What the proxy lets through, though it is the platform's, and whom it hides.
    let request = Sent::get("/").header("x-vercel-sc-runtime-cache", "secret").header("x-mine", "kept");
    let seen = |sent: Sent| async move { serde_json::from_slice::<Value>(ask(addr, &sent).await.body()).unwrap() };
    let told = seen(request.header("x-vercel-forwarded-for", "198.51.100.4")).await;
    assert_eq!(told["client"], "198.51.100.4");
    let headers = told["headers"].to_string();
    assert!(headers.contains("kept") && !headers.contains("secret"), "{headers}");
    assert_eq!(seen(Sent::get("/")).await["client"], "0.0.0.0");
}

#[test]
fn vercel_dev_is_told_the_port_in_its_words() {
    // `vercel dev` passes the user's environment on, in which `PORT` may be set.
    for (port, more) in [("0", None), ("0", Some(("PORT", "1"))), ("1", Some(("LODGER_ADDR", "127.0.0.1:0")))] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
        command.env_clear().env("VERCEL_DEV", "1").env("VERCEL_DEV_PORT", port).envs(more);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let mut process = Process { child, stderr };
        let addr = process.addr();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, format!("Dev server listening: {}\n", addr.port()));
        assert!(addr.ip().is_loopback());
    }
}
