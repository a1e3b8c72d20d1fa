//! The fronts and the processes of `cargo lodger dev`.

use std::{io::Write as _, net::TcpStream, thread};

use serde_json::{Value, json};

use crate::support::{Dev, Folder, exchange, wait_for};

const FRONTS: [&str; 11] = [
    "function-url",
    "http-api",
    "http-api-v1",
    "rest-api",
    "alb",
    "alb-multi-value",
    "lattice-v1",
    "lattice-v2",
    "web-function",
    "vercel",
    "server",
];

#[test]
fn serves_every_front_on_one_port() {
    let dev = Dev::function(&["--front", "alb"]);
    for front in FRONTS {
        assert_eq!(dev.get(front, "/"), (200, "hello".to_owned()), "{front}");
        assert_eq!(dev.send(front, "POST /echo HTTP/1.1\r\n", "body"), (200, "body".to_owned()), "{front}");
        assert_eq!(dev.last_front(), front);
    }
    // The default front.
    assert_eq!(dev.get("", "/").0, 200);
    assert_eq!(dev.last()["front"], "alb");
    let (status, body) = dev.get("unknown", "/");
    assert!(status == 404 && body.contains("expected one of function-url, "), "{body}");
}

impl Dev {
    fn last_front(&self) -> String {
        self.api("/api/invocations?limit=1")["invocations"][0]["front"].as_str().unwrap().to_owned()
    }
}

#[test]
fn streams_the_replies_that_the_function_streams() {
    let dev = Dev::function(&["--env", "LODGER_RESPONSE_MODE=stream"]);
    for front in ["function-url", "rest-api", "server"] {
        assert_eq!(dev.get(front, "/stream"), (200, "line 0\nline 1\nline 2\n".to_owned()), "{front}");
    }
    let last = dev.api("/api/invocations");
    let frames = |front: &str| {
        let found = last["invocations"].as_array().unwrap().iter().find(|row| row["front"] == front).unwrap();
        dev.api(&format!("/api/invocations/{}", found["id"]))["timing"]["frames"].as_array().unwrap().len()
    };
    assert_eq!((frames("function-url"), frames("rest-api")), (3, 3));
}

#[test]
fn urls_begin_with_the_stage_of_the_option() {
    let dev = Dev::function(&["--stage", "dev"]);
    assert_eq!(dev.get("rest-api", "/dev/"), (200, "hello".to_owned()));
    assert_eq!((dev.get("rest-api", "/").0, dev.get("http-api", "/").0), (403, 404));
    // Only APIs have stages.
    assert_eq!(dev.get("alb", "/").0, 200);
}

#[test]
fn complains_about_losses() {
    let dev = Dev::function(&[]);
    let body = json!({"encoding": "base64", "data": "/w=="});
    let request =
        json!({"method": "POST", "target": "/echo", "headers": [["content-type", "image/png"]], "body": body});
    let (_, begun) = dev.post("/api/replay", &json!({"front": "rest-api", "request": request}));
    let detail = dev.ended(&begun["id"]);
    let complaint = &detail["complaint_list"][0];
    assert_eq!((&detail["complaints"], &complaint["level"]), (&1.into(), &"warning".into()));
    assert!(complaint["text"].as_str().unwrap().contains("--binary-media-types '*/*'"), "{complaint}");
    assert!(complaint["link"].as_str().unwrap().starts_with("https://docs.aws.amazon.com/"), "{complaint}");
    dev.wait_for_line("warning: cannot keep the bytes of a request body");
}

#[test]
fn complains_about_an_event_near_the_limit() {
    let dev = Dev::function(&[]);
    let (_, begun) = dev.post("/api/replay", &json!({"event": {"data": format!("{:?}", "x".repeat(5 << 20))}}));
    let detail = dev.ended(&begun["id"]);
    let texts: Vec<_> =
        detail["complaint_list"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["the event of 5.0 MB is near the limit of 6.0 MB"]);
}

#[test]
fn starts_a_process_for_each_request_at_once() {
    let dev = Dev::function(&["--max-processes", "3"]);
    let processes = |count: usize| {
        thread::scope(|scope| {
            let requests: Vec<_> = (0..count).map(|_| scope.spawn(|| dev.get("", "/slow").1)).collect();
            let mut ids: Vec<_> = requests.into_iter().map(|request| request.join().unwrap()).collect();
            ids.sort();
            ids.dedup();
            ids.len()
        })
    };
    assert_eq!(processes(3), 3);
    // The others wait for a process.
    assert_eq!(processes(6), 3);
    // One after another, a process has all requests.
    let first = dev.get("", "/process");
    dev.last();
    assert_eq!(dev.get("", "/process"), first);
}

#[test]
fn one_process_has_concurrent_requests_with_the_option() {
    let dev = Dev::function(&["--concurrency", "4"]);
    let ids = thread::scope(|scope| {
        let requests: Vec<_> = (0..4).map(|_| scope.spawn(|| dev.get("", "/slow").1)).collect();
        let mut ids: Vec<_> = requests.into_iter().map(|request| request.join().unwrap()).collect();
        ids.dedup();
        ids.len()
    });
    assert_eq!(ids, 1);
}

#[test]
fn replaces_a_process_that_has_ended_or_exceeds_its_time() {
    let dev = Dev::function(&["--timeout", "1"]);
    let (status, body) = dev.get("", "/exit");
    assert!(status == 502 && body.contains("Runtime.ExitError: the process ended: exit status: 3"), "{body}");
    let (status, body) = dev.get("", "/hang");
    assert!(status == 504 && body.contains("did not reply within 1 s"), "{body}");
    assert_eq!(dev.get("", "/").0, 200);
}

#[test]
fn a_request_that_the_front_rejects_blocks_no_process() {
    let dev = Dev::function(&["--max-processes", "1"]);
    // A load balancer accepts 1 MB.
    let large = "x".repeat(2 << 20);
    assert_eq!(dev.send("alb", "POST /echo HTTP/1.1\r\n", &large).0, 413);
    assert_eq!(dev.get("alb", "/"), (200, "hello".to_owned()));
    assert_eq!(dev.send("lattice-v1", "POST /echo HTTP/1.1\r\n", &large).0, 200);
}

#[test]
fn a_function_finishes_the_invocation_of_a_client_that_leaves() {
    // The limit makes each request wait until the process polls again after the one before.
    let dev = Dev::function(&["--max-processes", "1"]);
    let (_, process) = dev.get("alb", "/process");
    for front in ["alb", "server"] {
        let mut socket = TcpStream::connect(dev.address).unwrap();
        write!(socket, "GET /slow HTTP/1.1\r\nhost: {front}.localhost:4000\r\n\r\n").unwrap();
        wait_for("the request", || {
            let newest = &dev.api("/api/invocations?limit=1")["invocations"][0];
            (newest["target"] == "/slow" && newest["front"] == front).then_some(())
        });
    }
    let states = || {
        let list = dev.api("/api/invocations?limit=2");
        [0, 1].map(|row| (list["invocations"][row]["state"].clone(), list["invocations"][row]["status"].clone()))
    };
    wait_for("the end of both", || {
        (states() == [("done".into(), Value::Null), ("done".into(), 200.into())]).then_some(())
    });
    assert_eq!(dev.get("alb", "/process").1, process);
}

#[test]
fn shows_the_error_that_a_function_reports() {
    let dev = Dev::function(&[]);
    let (_, begun) = dev.post("/api/replay", &json!({"event": {"data": "{\"Records\":[]}"}}));
    let error = dev.ended(&begun["id"])["error"].take();
    assert!(error.as_str().unwrap().starts_with("Runtime.UnsupportedEvent: "), "{error}");
}

#[test]
fn reports_an_error_at_the_start_of_each_process() {
    let dev = Dev::function(&["--env", "LODGER_RESPONSE_MODE=neither"]);
    dev.wait_for_line("LODGER_RESPONSE_MODE");
    let (status, body) = dev.get("", "/");
    assert!(status == 502 && body.contains("the function has no version that runs"), "{body}");
}

#[test]
fn a_process_has_the_variables_of_files_and_options() {
    let folder = Folder::new("variables");
    folder.write("first.env", "GREETING=first\n");
    folder.write("second.env", "GREETING='the second'\nOTHER=1\n");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let dev = Dev::function(&["--env-file", &file("first.env"), "--env-file", &file("second.env")]);
    assert_eq!(dev.get("", "/variable").1, "the second");
    let dev = Dev::function(&["--env-file", &file("first.env"), "--env", "GREETING=option"]);
    assert_eq!(dev.get("server", "/variable").1, "option");
}

#[test]
fn rejects_pages_of_other_hosts() {
    let dev = Dev::function(&["--allow-host", "app.test"]);
    let status = |host: &str| {
        let response = exchange(dev.address, &format!("GET / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"));
        response.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!((&*status("evil.example"), &*status("app.test"), &*status("127.0.0.1")), ("403", "200", "200"));
    assert_eq!(status("inspect.localhost.evil.example"), "403");
    // A page of another origin can neither read the inspector nor replay.
    let from = |origin: &str| format!("GET /api/state HTTP/1.1\r\norigin: {origin}\r\n");
    assert_eq!(dev.send("inspect", &from("http://localhost:4000"), "").0, 403);
    assert_eq!(dev.send("inspect", "POST /api/replay HTTP/1.1\r\n", "{}").0, 403);
    assert_eq!(dev.post("/api/replay", &json!({})).0, 400);
}

#[test]
fn reports_an_address_in_use_and_a_program_that_is_missing() {
    let dev = Dev::function(&[]);
    let mut command = crate::support::cargo_lodger();
    command.args(["dev", "--listen", &dev.address.to_string(), "--", "true"]);
    let output = command.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("choose another address with --listen"), "{error}");

    let mut command = crate::support::cargo_lodger();
    command.args(["dev", "--listen", "127.0.0.1:0", "--", "/no/such/program"]);
    let dev = Dev::start(command);
    dev.wait_for_line("cannot start /no/such/program");
    let (status, body) = dev.get("", "/");
    assert!(status == 502 && body.contains("cannot start /no/such/program"), "{body}");
}
