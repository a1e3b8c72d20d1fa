//! The API of the inspector.

use serde_json::{Value, json};

use crate::support::{Dev, wait_for};

#[test]
fn shows_the_request_the_event_the_reply_and_the_response() {
    let dev = Dev::function(&[]);
    let lines = "POST /echo?a=1&a=2 HTTP/1.1\r\nx-twice: 1\r\nx-twice: 2\r\n";
    dev.send("http-api-v1", lines, "caf\u{e9}");
    let detail = dev.last();
    let headers = detail["request"]["headers"].as_array().unwrap();
    let twice = headers.iter().filter(|header| header[0] == "x-twice").count();
    assert_eq!((&detail["request"]["target"], twice), (&json!("/echo?a=1&a=2"), 2));
    assert_eq!(detail["request"]["body"]["data"], "caf\u{e9}");
    let event: Value = serde_json::from_str(detail["event"]["data"].as_str().unwrap()).unwrap();
    assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"]}));
    let reply: Value = serde_json::from_str(detail["reply"]["body"]["data"].as_str().unwrap()).unwrap();
    assert_eq!((&reply["statusCode"], &detail["reply"]["is_streamed"]), (&json!(200), &json!(false)));
    assert_eq!(
        (&detail["response"]["status"], &detail["response"]["body"]["data"]),
        (&json!(200), &json!("caf\u{e9}"))
    );
    assert_eq!((&detail["is_cold"], &detail["name"]), (&json!(true), &json!("POST /echo")));
    let timing = &detail["timing"];
    let times = ["queued_ms", "first_byte_ms", "end_ms"].map(|name| timing[name].as_f64().unwrap());
    assert!(times.is_sorted() && timing["init_ms"].as_f64() > Some(0.0), "{timing}");
}

/// The first line of an invocation, which may arrive after its end.
fn first_line(dev: &Dev, id: &Value) -> Value {
    wait_for("a line", || {
        let line = dev.api(&format!("/api/invocations/{id}"))["logs"][0]["text"].take();
        (!line.is_null()).then_some(line)
    })
}

#[test]
fn keeps_the_lines_and_the_work_of_an_invocation() {
    let dev = Dev::function(&[]);
    assert_eq!(dev.get("", "/after").1, "early");
    let detail = dev.last();
    assert_eq!(first_line(&dev, &detail["id"]), "the work has ended");
    assert!(detail["timing"]["after_ms"].as_f64() > Some(250.0), "{}", detail["timing"]);
    dev.get("", "/");
    assert_eq!(first_line(&dev, &dev.last()["id"]), "hello is called");
    dev.wait_for_line("GET / 200 ");
}

#[test]
fn replays_a_request_and_an_event() {
    let dev = Dev::function(&["--env", "LODGER_EVENTS_PATH=/events"]);
    let request = json!({"method": "POST", "target": "/echo", "headers": [["x-a", "b"]], "body": {"encoding": "base64", "data": "/w=="}});
    let (status, begun) = dev.post("/api/replay", &json!({"front": "alb", "request": request, "replay_of": 7}));
    assert_eq!(status, 200, "{begun}");
    let detail = dev.ended(&begun["id"]);
    assert_eq!((&detail["front"], &detail["replay_of"], &detail["status"]), (&json!("alb"), &json!(7), &json!(200)));
    assert_eq!(
        (&detail["response"]["body"]["data"], &detail["response"]["body"]["encoding"]),
        (&json!("/w=="), &json!("base64"))
    );

    let (_, begun) = dev.post("/api/replay", &json!({"event": {"data": r#"{"source":"my.app"}"#}}));
    let detail = dev.ended(&begun["id"]);
    assert_eq!((&detail["kind"], &detail["error"]), (&json!("event"), &Value::Null));
    assert_eq!(detail["reply"]["body"]["data"], r#"{"source":"my.app"}"#);

    for (body, text) in [
        (json!({"front": "unknown", "request": request}), "unknown"),
        (json!({"request": {"method": "G T", "target": "/"}}), "not valid"),
        (json!({"request": {"method": "GET", "target": "/", "headers": [["a b", "c"]]}}), "a b"),
        (json!({"request": {"method": "GET", "target": "/", "headers": [["a", "b\r\nc: d"]]}}), "header a"),
    ] {
        let (status, error) = dev.post("/api/replay", &body);
        assert!(status == 400 && error["error"].as_str().unwrap().contains(text), "{error}");
    }
}

#[test]
fn replays_send_a_host_and_a_path() {
    let dev = Dev::function(&[]);
    for front in ["alb", "server"] {
        let request = json!({"method": "GET", "target": "/"});
        let (_, begun) = dev.post("/api/replay", &json!({"front": front, "request": request}));
        let headers = dev.api(&format!("/api/invocations/{}", begun["id"]))["request"]["headers"].take();
        assert_eq!(headers, json!([["host", format!("{front}.localhost:{}", dev.address.port())]]));
    }
    for target in ["items", "", "http://x/"] {
        let request = json!({"method": "GET", "target": target});
        let (status, error) = dev.post("/api/replay", &json!({"front": "alb", "request": request}));
        assert!(status == 400 && error["error"].as_str().unwrap().contains("does not begin with /"), "{error}");
    }
}

#[test]
fn compares_all_fronts() {
    let dev = Dev::function(&[]);
    let (_, begun) = dev.post("/api/compare", &json!({"request": {"method": "GET", "target": "/"}}));
    let comparison = dev.api(&format!("/api/compare/{}", begun["number"]));
    let fronts: Vec<_> = comparison["columns"].as_array().unwrap().iter().map(|column| &column["front"]).collect();
    assert_eq!((fronts.len(), fronts[10]), (11, &json!("server")));
    let rows = comparison["rows"].as_array().unwrap();
    let row = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    assert_eq!((&row("status")["is_different"], &row("body")["is_different"]), (&json!(false), &json!(false)));
    // AWS adds the date behind the front.
    assert_eq!(row("header date")["is_different"], true);
}

#[test]
fn compares_the_same_path_behind_fronts_with_and_without_stages() {
    let dev = Dev::function(&["--stage", "prod"]);
    for (front, target) in [("http-api", "/prod/echo?a=1"), ("alb", "/echo?a=1")] {
        let request = json!({"method": "GET", "target": target});
        let (_, original) = dev.post("/api/replay", &json!({"front": front, "request": request}));
        let (_, begun) = dev.post("/api/compare", &json!({"request": request, "replay_of": original["id"]}));
        let comparison = dev.api(&format!("/api/compare/{}", begun["number"]));
        assert_eq!(comparison["rows"][0]["is_different"], false, "{comparison}");
        let targets = comparison["columns"].as_array().unwrap().iter().map(|column| {
            let invocation = dev.api(&format!("/api/invocations/{}", column["id"]));
            (column["front"].as_str().unwrap().to_owned(), invocation["target"].as_str().unwrap().to_owned())
        });
        for (name, target) in targets {
            let has_stage = ["http-api", "http-api-v1", "rest-api"].contains(&&*name);
            assert_eq!(target, if has_stage { "/prod/echo?a=1" } else { "/echo?a=1" }, "{name}");
        }
    }
}

#[test]
fn writes_a_command_for_curl_and_clears_the_history() {
    let dev = Dev::function(&[]);
    dev.send("rest-api", "POST /echo HTTP/1.1\r\nx-a: it's\r\n", "body");
    let last = dev.last();
    let curl = dev.api(&format!("/api/invocations/{}/curl", last["id"]));
    let url = format!("http://rest-api.localhost:{}/echo", dev.address.port());
    let command = curl["command"].as_str().unwrap();
    assert!(command.contains(r"-H 'x-a: it'\''s'") && command.contains("--data-raw 'body'"), "{command}");
    assert!(command.contains(&url), "{command}");
    assert_eq!(dev.send("inspect", "DELETE /api/invocations HTTP/1.1\r\nx-lodger-inspector: 1\r\n", "").0, 204);
    assert_eq!(dev.api("/api/invocations"), json!({"invocations": [], "is_complete": true}));
}

/// Runs where curl is installed.
#[test]
fn repeats_requests_with_curl() {
    if std::process::Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let dev = Dev::function(&[]);
    let request = |id: &Value| {
        let mut request = dev.ended(id)["request"].take();
        let is_of_connection = |header: &Value| ["host", "content-length"].contains(&header[0].as_str().unwrap());
        request["headers"].as_array_mut().unwrap().retain(|header| !is_of_connection(header));
        request
    };
    for (method, target, headers, body) in [
        ("POST", "/a/../it's?a={1,2}&b[c]=$d", json!([["x-a", "it's `b`"], ["x-empty", ""]]), "@/etc/hostname\r\n"),
        ("GET`id`", "/", json!([["accept", "*/*"], ["user-agent", "a"], ["content-type", "a/b"]]), "a\0'b'\n"),
        ("HEAD", "/", json!([["x-a", "1"], ["x-a", "2"]]), ""),
    ] {
        let body = json!({"encoding": "text", "data": body});
        let sent = json!({"method": method, "target": target, "headers": headers, "body": body});
        let (_, begun) = dev.post("/api/replay", &json!({"front": "function-url", "request": sent}));
        let original = request(&begun["id"]);
        let curl = dev.api(&format!("/api/invocations/{}/curl", begun["id"]));
        let command = format!("{} --silent --output /dev/null --max-time 20", curl["command"].as_str().unwrap());
        assert!(std::process::Command::new("sh").args(["-c", &command]).status().unwrap().success(), "{command}");
        let repeated = dev.last();
        assert_ne!(repeated["id"], begun["id"]);
        assert_eq!(request(&repeated["id"]), original, "{command}");
    }
}

#[test]
fn exports_the_history_without_secrets() {
    let dev = Dev::function(&[]);
    let request = json!({"method": "GET", "target": "/", "headers": [["cookie", "a=s3cret"], ["x-a", "kept"]]});
    let (_, begun) = dev.post("/api/replay", &json!({"front": "http-api", "request": request}));
    dev.ended(&begun["id"]);
    let file = dev.api("/api/export");
    assert_eq!(file["invocations"].as_array().unwrap().len(), 1);
    assert_eq!(file["invocations"][0]["response"]["body"]["data"], "hello");
    let text = file.to_string();
    assert!(!text.contains("s3cret") && text.contains("kept"), "{text}");
    assert!(dev.api("/api/export?secrets=1").to_string().contains("s3cret"));
}

#[test]
fn sends_changes_as_they_occur() {
    use std::io::{BufRead as _, BufReader, Write as _};

    let dev = Dev::function(&[]);
    let mut socket = std::net::TcpStream::connect(dev.address).unwrap();
    socket.write_all(b"GET /api/live HTTP/1.1\r\nhost: inspect.localhost:4000\r\n\r\n").unwrap();
    socket.set_read_timeout(Some(crate::support::SOON)).unwrap();
    let mut lines = BufReader::new(socket).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "event: build"));
    dev.get("", "/");
    let data = lines.find(|line| line.starts_with("data: ") && line.contains("\"done\"")).unwrap();
    let summary: Value = serde_json::from_str(&data["data: ".len()..]).unwrap();
    assert_eq!((&summary["name"], &summary["status"]), (&json!("GET /"), &json!(200)));
}

#[test]
fn serves_the_page_with_a_policy() {
    let dev = Dev::function(&[]);
    let request = "GET / HTTP/1.1\r\nhost: inspect.localhost\r\nconnection: close\r\n\r\n";
    let page = crate::support::exchange(dev.address, request);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("content-security-policy: default-src 'self'"), "{page}");
    assert!(page.contains("<!doctype html>"), "{page}");
}
