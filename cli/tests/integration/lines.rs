//! The lines of `cargo lodger dev` about invocations.

use serde_json::json;

use crate::support::{Dev, cargo_lodger, function, wait_for};

/// The lines of invocations, with `_` instead of each duration.
fn lines(dev: &Dev) -> Vec<String> {
    let is_duration = |word: &&str| {
        let number = word.trim_end_matches(':').trim_end_matches("ms").trim_end_matches('s');
        number != *word && number.parse::<f64>().is_ok()
    };
    let without_durations = |line: String| {
        line.split(' ').map(|word| if is_duration(&word) { "_" } else { word }).collect::<Vec<_>>().join(" ")
    };
    dev.lines(" function-url").into_iter().filter(|line| line.starts_with(['G', 'P'])).map(without_durations).collect()
}

#[test]
fn writes_a_line_for_each_invocation() {
    let dev = Dev::function(&["--timeout", "1"]);
    for path in ["/?token=secret", "/a/\u{202e}"] {
        dev.get("", path);
        dev.last();
    }
    for (path, line) in [("/hang", "GET /hang 504"), ("/exit", "GET /exit 502")] {
        dev.get("", path);
        dev.wait_for_line(line);
    }
    let large = "x".repeat(7 << 20);
    assert_eq!(dev.send("", "POST /echo HTTP/1.1\r\n", &large).0, 413);
    dev.wait_for_line("POST /echo 413");
    let expected = [
        "GET / 200 _ function-url cold start",
        r"GET /a/\u{202e} 404 _ function-url",
        "GET /hang 504 _ function-url",
        "GET /exit 502 _ function-url cold start: Runtime.ExitError: the process ended: exit status: 3",
        "POST /echo 413 _ function-url",
    ];
    assert_eq!(lines(&dev), expected);
    dev.post("/api/replay", &json!({"event": {"data": "{\"Records\":[]}"}}));
    assert!(dev.wait_for_line("event failed ").contains(" event cold start: Runtime.UnsupportedEvent: "));
}

#[test]
fn writes_no_line_for_an_invocation_with_the_option() {
    let mut command = cargo_lodger();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    command.args(["--quiet", "dev", "--listen", &free.to_string(), "--"]).arg(function());
    let mut dev = Dev::spawn(command);
    dev.address = free;
    wait_for("a connection", || std::net::TcpStream::connect(free).ok());
    assert_eq!(dev.get("alb", "/").0, 200);
    assert_eq!(dev.get("alb", "/exit").0, 502);
    dev.wait_for_line("hello is called");
    assert_eq!(dev.lines(" alb"), [""; 0]);
}

#[test]
fn writes_a_line_for_each_request_on_another_host() {
    let dev = Dev::function(&[]);
    for front in ["server", "vercel", "web-function"] {
        dev.get(front, "/?token=secret");
        dev.get(front, "/missing");
        dev.get(front, "/exit");
        for start in ["GET / 200 ", "GET /missing 404 ", "GET /exit 502 "] {
            wait_for(start, || dev.lines(start).iter().find(|line| line.contains(front)).cloned());
        }
    }
}
