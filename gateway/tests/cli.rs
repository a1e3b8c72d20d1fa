//! The command, as a user runs it.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]

mod support;

use std::process::{Output, Stdio};

use serde_json::json;
use support::{SOON, ask, cannot_start, function, value};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpListener,
    process::{Child, ChildStdout, Command},
};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lodger-gateway"));
    command.args(["--listen", "127.0.0.1:0"]).args(arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn start(arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = command(arguments).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, lines)
}

#[tokio::test]
async fn without_a_command_it_waits_for_a_function() {
    let (_child, mut lines) = start(&["--front", "rest-api", "--stage", "dev"]);
    let url = lines.next_line().await.unwrap().unwrap();
    let addr = url.strip_prefix("rest-api on http://").unwrap().parse().unwrap();
    let variable = lines.next_line().await.unwrap().unwrap();
    let api = variable.strip_prefix("AWS_LAMBDA_RUNTIME_API=").unwrap().to_owned();
    tokio::spawn(function(api, |event| json!({"statusCode": 200, "body": event["requestContext"]["path"]})));
    let (head, body) = ask(addr, "GET /dev/pets HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body, "/dev/pets");
    let (head, _) = ask(addr, "GET /pets HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 403 "), "{head}");
}

#[tokio::test]
async fn an_invocation_has_the_time_that_is_said() {
    let (_child, mut lines) = start(&["--timeout", "2.5"]);
    let url = lines.next_line().await.unwrap().unwrap();
    let addr = url.strip_prefix("function-url on http://").unwrap().parse().unwrap();
    let variable = lines.next_line().await.unwrap().unwrap();
    let api = variable.strip_prefix("AWS_LAMBDA_RUNTIME_API=").unwrap().parse().unwrap();
    let now = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let before = now();
    let asked = tokio::spawn(ask(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"));
    let (head, _) = ask(api, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let deadline = value(&head, "lambda-runtime-deadline-ms").unwrap().parse::<u128>().unwrap();
    let after = now();
    assert!((before..=after).contains(&(deadline - 2500)), "{before} {deadline} {after}");
    // Nobody answers it.
    let (head, _) = asked.await.unwrap();
    assert!(head.starts_with("http/1.1 504 "), "{head}");
}

/// Starts the command without a function of its own; gives where it serves and the address of its Runtime API.
async fn without_a_command(arguments: &[&str]) -> (Child, std::net::SocketAddr, String) {
    let (child, mut lines) = start(arguments);
    let url = lines.next_line().await.unwrap().unwrap();
    let addr = url.split_once("http://").unwrap().1.parse().unwrap();
    let variable = lines.next_line().await.unwrap().unwrap();
    (child, addr, variable.strip_prefix("AWS_LAMBDA_RUNTIME_API=").unwrap().to_owned())
}

/// The next line on standard error.
async fn error_line(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).await.unwrap();
    line
}

#[tokio::test]
async fn a_front_and_a_function_that_disagree_on_streaming_are_named_at_once() {
    let (mut child, addr, api) = without_a_command(&["--stream", "--quiet"]).await;
    tokio::spawn(function(api, |_| json!({"statusCode": 404})));
    let (head, _) = ask(addr, "HEAD / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    let line = error_line(&mut child).await;
    assert!(line.starts_with("lodger-gateway: cannot stream the reply to function-url: "), "{line}");
    assert!(line.contains("--stream") && line.contains("LODGER_RESPONSE_MODE"), "{line}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_has_what_lambda_sets_and_ends_it_all() {
    let script = "echo $AWS_LAMBDA_FUNCTION_NAME $AWS_REGION $AWS_LAMBDA_RUNTIME_API; exit 3";
    let mut command = command(&["--", "sh", "-c", script]);
    let output = command.env("AWS_REGION", "eu-west-1").output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("test ")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.starts_with("test eu-west-1 127.0.0.1:"), "{line}");
    assert_eq!(output.status.code(), Some(3));
}

#[cfg(unix)]
#[tokio::test]
async fn an_argument_that_is_no_text_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let odd = std::ffi::OsStr::from_bytes(b"\xff");
    let output = command(&["--", "true"]).arg(odd).output().await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2)
            && said.starts_with("lodger-gateway: invalid argument \"\\xFF\": expected UTF-8\n"),
        "{said}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_function_with_an_extension_is_told_of_its_end() {
    for (is_registered, expected) in [(true, Some("told")), (false, None)] {
        let script = "trap 'echo told; exit 0' TERM; echo $AWS_LAMBDA_RUNTIME_API; while :; do sleep 0.02; done";
        let (mut child, mut lines) = start(&["--", "sh", "-c", script]);
        let api = loop {
            let line = lines.next_line().await.unwrap().unwrap();
            if let Ok(api) = line.parse() {
                break api;
            }
        };
        if is_registered {
            let register = "POST /2020-01-01/extension/register HTTP/1.1\r\nhost: localhost\r\nlambda-extension-name: x\r\n\
                            content-length: 13\r\n\r\n{\"events\":[]}";
            let (head, _) = ask(api, register).await;
            assert!(head.starts_with("http/1.1 200 "), "{head}");
        }
        let id = child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        let mut rest = vec![];
        while let Some(line) = lines.next_line().await.unwrap() {
            rest.push(line);
        }
        assert_eq!(rest.iter().map(String::as_str).find(|line| *line == "told"), expected, "{rest:?}");
        assert!(child.wait().await.unwrap().success());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn its_end_is_the_end_of_the_function() {
    let (mut child, mut lines) = start(&["--", "sh", "-c", "echo $$; exec sleep 60"]);
    let function = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        // Which of the two comes first does not matter.
        if line.bytes().all(|byte| byte.is_ascii_digit()) {
            break line;
        }
    };
    let kill = |signal: &'static str, id: String| async move {
        Command::new("kill").args([signal, &id]).stderr(Stdio::null()).status().await.unwrap().success()
    };
    assert!(kill("-0", function.clone()).await, "it runs");
    assert!(kill("-TERM", child.id().unwrap().to_string()).await);
    assert!(child.wait().await.unwrap().success());
    assert!(!kill("-0", function).await, "it runs still");
}

#[cfg(unix)]
#[tokio::test]
async fn a_function_that_asks_for_nothing_is_told_of() {
    let hint = "the function has not polled for 3s";
    // The one is told of while it runs, and by the end of the other it would have been as well.
    let mut idle = command(&["--", "sleep", "60"]).spawn().unwrap();
    let (mut busy, mut lines) = start(&["--", "sh", "-c", "echo at $AWS_LAMBDA_RUNTIME_API; exec sleep 4"]);
    let api = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some(api) = line.strip_prefix("at ") {
            break api.to_owned();
        }
    };
    tokio::spawn(function(api, |event| event));
    let mut idles = BufReader::new(idle.stderr.take().unwrap()).lines();
    let told = async { while !idles.next_line().await.unwrap().unwrap().contains(hint) {} };
    let mut errors = String::new();
    let mut stderr = busy.stderr.take().unwrap();
    let (told, _) = tokio::join!(tokio::time::timeout(SOON, told), stderr.read_to_string(&mut errors));
    told.expect("it is not told of");
    assert!(!errors.contains(hint), "{errors}");
    let id = idle.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    while let Some(line) = idles.next_line().await.unwrap() {
        assert!(!line.contains(hint), "it is told of twice");
    }
}

/// Invokes a function once with what is on standard input; `function` is told the address of the Runtime API.
#[cfg(unix)]
async fn invoke<F: Future<Output = ()> + Send + 'static>(
    arguments: &[&str],
    event: &str,
    function: impl FnOnce(String) -> F,
) -> Output {
    // The function's process does no more than tell the address, on what is standard error for the command.
    let script = "echo at $AWS_LAMBDA_RUNTIME_API; exec sleep 60";
    let mut command = Command::new(env!("CARGO_BIN_EXE_lodger-gateway"));
    command.args(arguments).args(["--event", "-", "--", "sh", "-c", script]).kill_on_drop(true);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(event.as_bytes()).await.unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).await.unwrap();
    if let Some(api) = line.strip_prefix("at ") {
        tokio::spawn(function(api.trim().to_owned()));
        line.clear();
    }
    stderr.read_to_string(&mut line).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    Output { stderr: line.into(), ..output }
}

/// A function that reports an error of its first invocation.
#[cfg(unix)]
async fn failing(api: String) {
    let addr = api.parse().unwrap();
    let path = "/2018-06-01/runtime/invocation";
    let (head, _) = ask(addr, &format!("GET {path}/next HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
    let id = value(&head, "lambda-runtime-aws-request-id").unwrap();
    let error =
        "lambda-runtime-function-error-type: Function.Error\r\ncontent-length: 21\r\n\r\n{\"errorMessage\":\"no\"}";
    ask(addr, &format!("POST {path}/{id}/error HTTP/1.1\r\nhost: localhost\r\n{error}")).await;
    ask(addr, &format!("GET {path}/next HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
}

#[cfg(unix)]
#[tokio::test]
async fn one_event_can_be_tried() {
    let output = invoke(&["--quiet"], r#"{"Records":[]}"#, |api| function(api, |event| json!({"got": event}))).await;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"got\":{\"Records\":[]}}\n");
    assert_eq!((String::from_utf8(output.stderr).unwrap().as_str(), output.status.code()), ("", Some(0)));

    let output = invoke(&["--quiet"], "{}", failing).await;
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b""[..], Some(1)));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "{\"errorMessage\":\"no\"}\n");

    let output = invoke(&["--quiet"], "{}", async |api: String| cannot_start(api, "no database").await).await;
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "lodger-gateway: the function cannot start: Runtime.NoDatabase: no database\n");

    let output = invoke(&["--quiet"], "no json", async |_| panic!("it was started")).await;
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("lodger-gateway: cannot read the event - (--event): ") && output.status.code() == Some(1),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_function_that_ends_before_it_answers_is_told_of() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lodger-gateway"));
    let file = std::env::temp_dir().join(format!("lodger-gateway-{}.json", std::process::id()));
    std::fs::write(&file, "{}").unwrap();
    let output = command.arg("--event").arg(&file).args(["--", "sh", "-c", "exit 3"]).output().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("the function ended before it replied: exit status: 3"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

/// Starts what is no function on Vercel, and gives where the command serves and where the function is to say what it does.
#[cfg(unix)]
async fn on_vercel(arguments: &[&str]) -> (Child, std::net::SocketAddr, tokio::net::UnixStream) {
    let script = "echo at $VERCEL_IPC_PATH; exec sleep 60";
    let (child, mut lines) = start(&[arguments, &["--vercel", "--", "sh", "-c", script]].concat());
    let (mut addr, mut ipc) = (None, None);
    while addr.is_none() || ipc.is_none() {
        let line = lines.next_line().await.unwrap().unwrap();
        match line.strip_prefix("vercel on http://") {
            Some(told) => addr = Some(told.parse().unwrap()),
            None => ipc = line.strip_prefix("at ").map(str::to_owned),
        }
    }
    (child, addr.unwrap(), tokio::net::UnixStream::connect(ipc.unwrap()).await.unwrap())
}

#[cfg(unix)]
#[tokio::test]
async fn a_function_of_vercels_is_behind_a_port() {
    let (mut child, addr, mut ipc) = on_vercel(&["--quiet", "--allow-host", "x.example"]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let say = |kind: &str, payload: serde_json::Value| format!("{}\0", json!({"type": kind, "payload": payload}));
    let started = say("server-started", json!({"initDuration": 1, "httpPort": port}));
    let context = json!({"invocationId": "0", "requestId": 0});
    let log = say("log", json!({"context": context, "level": "warn", "message": "aGk="}));
    let never_asked = say("end", json!({"context": context}));
    ipc.write_all((started + &log + &never_asked).as_bytes()).await.unwrap();

    // What is said on the way to the function, and then back and forth on an upgraded connection.
    let mut client = tokio::net::TcpStream::connect(addr).await.unwrap();
    let request = "GET /ws?a HTTP/1.1\r\nhost: x.example\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    client.write_all(request.as_bytes()).await.unwrap();
    let (mut function, _) = listener.accept().await.unwrap();
    let mut asked = vec![0; 4096];
    let length = function.read(&mut asked).await.unwrap();
    let asked = String::from_utf8_lossy(&asked[..length]).to_lowercase();
    for part in
        ["get /ws?a http/1.1\r\n", "x-forwarded-host: x.example", "x-real-ip: 127.0.0.1", "internal-request-id: 1"]
    {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let switched = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n";
    function.write_all(switched.as_bytes()).await.unwrap();
    let mut client = BufReader::new(client);
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        client.read_line(&mut line).await.unwrap();
    }
    let mut four = [0; 4];
    client.write_all(b"ping").await.unwrap();
    function.read_exact(&mut four).await.unwrap();
    assert_eq!(&four, b"ping");
    function.write_all(b"pong").await.unwrap();
    client.read_exact(&mut four).await.unwrap();
    assert_eq!(&four, b"pong");

    // A function that is gone.
    drop(listener);
    let answer = async {
        loop {
            let (head, body) = ask(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
            assert!(head.starts_with("http/1.1 502 "), "{head}{body}");
            // A process that another test starts holds a copy of the listener until it executes its program, and then the
            // connection breaks instead.
            if body.contains("refused") {
                break;
            }
        }
    };
    tokio::time::timeout(SOON, answer).await.expect("the connection is refused");

    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
    assert_eq!(
        errors,
        "warn: hi\nlodger-gateway: protocol error of the function: sent `end` for a request that is not open: \"0\", 0\n"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_function_of_vercels_that_cannot_start_is_told_of() {
    let (mut child, addr, mut ipc) = on_vercel(&["--quiet"]).await;
    let error = json!({"type": "unrecoverable-error", "payload": {"exitCode": 1, "message": "no database"}});
    ipc.write_all(format!("{error}\0").as_bytes()).await.unwrap();
    let (head, body) = ask(addr, "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 502 "), "{head}");
    assert_eq!(body, "the function cannot start: no database\n");
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).await.unwrap();
    assert_eq!(line, "lodger-gateway: the function reported an unrecoverable error: no database\n");
}

#[cfg(feature = "websocket")]
#[tokio::test]
async fn where_to_send_to_a_client_is_said() {
    let (_child, mut lines) = start(&["--front", "websocket-api"]);
    let served = lines.next_line().await.unwrap().unwrap();
    let addr = served.strip_prefix("websocket-api on ws://").unwrap();
    let told = lines.next_line().await.unwrap().unwrap();
    assert_eq!(told, format!("POST to a client at http://{addr}/@connections/{{id}}"));
}

/// The lines of a text, each duration in them replaced by `_`.
#[cfg(unix)]
fn without_durations(text: &str) -> Vec<String> {
    let word = |word: &str| {
        let (number, rest) = word.split_at(word.find("ms").or(word.find('s')).unwrap_or(0));
        if number.trim_end_matches('m').parse::<f64>().is_ok() {
            format!("_{}", rest.trim_start_matches(['m', 's']))
        } else {
            word.to_owned()
        }
    };
    text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect()
}

/// Ends the command, and gives the lines on its standard error.
#[cfg(unix)]
async fn lines_of(mut child: Child) -> Vec<String> {
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
    without_durations(&errors)
}

/// The next line that begins with `prefix`, without it.
#[cfg(all(unix, feature = "websocket"))]
async fn line_after(lines: &mut Lines<BufReader<ChildStdout>>, prefix: &str) -> String {
    loop {
        if let Some(rest) = lines.next_line().await.unwrap().unwrap().strip_prefix(prefix) {
            return rest.to_owned();
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn writes_a_line_for_each_invocation() {
    for is_quiet in [false, true] {
        let script = "echo at $AWS_LAMBDA_RUNTIME_API; exec sleep 60";
        let arguments = ["--front", "http-api", "--timeout", "0.5", "--", "sh", "-c", script];
        let quiet: &[_] = if is_quiet { &["--quiet"] } else { &[] };
        let (child, mut lines) = start(&[quiet, &arguments].concat());
        let (mut front, mut api) = (None, None);
        while front.is_none() || api.is_none() {
            let line = lines.next_line().await.unwrap().unwrap();
            front = front.or_else(|| line.strip_prefix("http-api on http://")?.parse().ok());
            api = api.or_else(|| line.strip_prefix("at ").map(str::to_owned));
        }
        let (front, api) = (front.unwrap(), api.unwrap());
        let next = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: localhost\r\n\r\n";
        let answered = async |request: &str, answer: Option<(&str, &str, &str)>| {
            tokio::join!(ask(front, request), async {
                let (head, _) = ask(api.parse().unwrap(), next).await;
                let id = value(&head, "lambda-runtime-aws-request-id").unwrap();
                if let Some((path, headers, body)) = answer {
                    let post =
                        format!("POST /2018-06-01/runtime/invocation/{id}/{path} HTTP/1.1\r\nhost: localhost\r\n");
                    let rest = format!("{headers}content-length: {}\r\n\r\n{body}", body.len());
                    assert!(ask(api.parse().unwrap(), &(post + &rest)).await.0.starts_with("http/1.1 202 "));
                }
            })
            .0
        };
        let get = |target: &str| format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let body = r#"{"statusCode":201}"#;
        answered(&get("/items?token=secret"), Some(("response", "", body))).await;
        answered(&get("/a/\u{9b}31m\u{202e}"), Some(("response", "", body))).await;
        let failed = "lambda-runtime-function-error-type: Function.Panic\r\n";
        let reported = r#"{"errorMessage":"oh\nGET /forged 200 1.0ms\u001b[2J"}"#;
        answered(&get("/fails"), Some(("error", failed, reported))).await;
        answered(&get("/late"), None).await;
        let upload = format!("POST /upload HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n", 11 << 20);
        support::sent(front, (upload + &"x".repeat(11 << 20)).as_bytes()).await;
        let expected = [
            "GET /items 201 _ (cold start _)",
            r"GET /a/\u{9b}31m\u{202e} 201 _",
            r"GET /fails 500 _: Function.Panic: oh\nGET /forged 200 1.0ms\u{1b}[2J",
            "GET /late 504 _: the function did not reply within _ s",
            "POST /upload 413 _",
        ];
        let lines = lines_of(child).await.join("\n").replace("1.0ms", "_").replace(" 0.5 s", " _ s");
        let expected = expected.join("\n").replace("1.0ms", "_");
        assert_eq!(lines, if is_quiet { String::new() } else { expected });
    }
}

#[cfg(unix)]
#[tokio::test]
async fn writes_a_line_for_an_event() {
    let sqs = r#"{"Records":[{"eventSource":"aws:sqs"}]}"#;
    let output = invoke(&[], sqs, |api| function(api, |_| json!({"batchItemFailures": []}))).await;
    let lines = without_durations(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(lines, ["aws:sqs ok _ (cold start _)"]);
    assert_eq!(output.stdout, b"{\"batchItemFailures\":[]}\n");

    let request = r#"{"rawPath":"/pets","requestContext":{"http":{"method":"GET"}}}"#;
    let output = invoke(&[], request, |api| function(api, |_| json!({"statusCode": 404}))).await;
    let lines = without_durations(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(lines, ["GET /pets 404 _ (cold start _)"]);

    let output = invoke(&[], "{}", failing).await;
    let lines = without_durations(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(lines, ["event failed _ (cold start _): Function.Error: no", "{\"errorMessage\":\"no\"}"]);
}

#[cfg(unix)]
#[tokio::test]
async fn writes_a_line_for_each_request_on_vercel() {
    let (child, addr, mut ipc) = on_vercel(&[]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let started = json!({"type": "server-started", "payload": {"initDuration": 1, "httpPort": port}});
    ipc.write_all(format!("{started}\0").as_bytes()).await.unwrap();
    let responses = [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\ncut off",
        "",
    ];
    for (response, status) in responses.into_iter().zip(["200", "404", "200", "502"]) {
        let responding = async {
            let (mut socket, _) = listener.accept().await.unwrap();
            assert_ne!(socket.read(&mut [0; 4096]).await.unwrap(), 0);
            socket.write_all(response.as_bytes()).await.unwrap();
        };
        let asking = async {
            let mut client = tokio::net::TcpStream::connect(addr).await.unwrap();
            let request = "GET /items?token=secret HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            client.write_all(request.as_bytes()).await.unwrap();
            let mut all = String::new();
            client.read_to_string(&mut all).await.unwrap();
            assert_eq!(all.get(9..12), Some(status), "{all}");
        };
        tokio::join!(asking, responding);
    }
    let lines = lines_of(child).await;
    assert_eq!(lines[..2], ["GET /items 200 _ (cold start _)", "GET /items 404 _"]);
    assert!(lines[2].starts_with("GET /items 200 _: ") && lines[3].starts_with("GET /items 502 _: "), "{lines:?}");
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[cfg(all(unix, feature = "websocket"))]
#[tokio::test]
async fn writes_a_line_for_each_event_of_a_websocket() {
    let (child, mut lines) = start(&["--front", "websocket-api"]);
    let addr: std::net::SocketAddr = line_after(&mut lines, "websocket-api on ws://").await.parse().unwrap();
    let api = line_after(&mut lines, "AWS_LAMBDA_RUNTIME_API=").await;
    tokio::spawn(function(api, |_| json!({"statusCode": 200})));
    let request = "GET /prod HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut socket = BufReader::new(tokio::net::TcpStream::connect(addr).await.unwrap());
    let (head, _) = support::exchange(&mut socket, request).await.unwrap();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    // A text frame whose mask is zero.
    let message = r#"{"action":"sa\u001by"}"#;
    let mut frame = vec![0x81, 0x80 | u8::try_from(message.len()).unwrap(), 0, 0, 0, 0];
    frame.extend_from_slice(message.as_bytes());
    socket.write_all(&frame).await.unwrap();
    socket.write_all(&[0x88, 0x80, 0, 0, 0, 0]).await.unwrap();
    // The connection is closed after its last event.
    assert_ne!(socket.read_to_end(&mut vec![]).await.unwrap(), 0);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(lines_of(child).await, ["$connect 200 _", r"sa\u{1b}y 200 _", "$disconnect 200 _"]);
}

#[tokio::test]
async fn refuses_a_host_that_is_not_allowed() {
    let (_child, mut lines) = start(&["--allow-host", "app.test", "--runtime-api", "localhost:0"]);
    let url = lines.next_line().await.unwrap().unwrap();
    let addr = url.strip_prefix("function-url on http://").unwrap().parse().unwrap();
    let variable = lines.next_line().await.unwrap().unwrap();
    let api = variable.strip_prefix("AWS_LAMBDA_RUNTIME_API=").unwrap().to_owned();
    tokio::spawn(function(api.clone(), |_| json!({"statusCode": 200})));
    for (addr, host, status) in [
        (addr, "app.test", 200),
        (addr, "evil.example", 403),
        (api.parse().unwrap(), "app.test", 404),
        (api.parse().unwrap(), "evil.example", 403),
    ] {
        let (head, _) = ask(addr, &format!("GET /x HTTP/1.1\r\nhost: {host}\r\n\r\n")).await;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{host}: {head}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (listen, runtime_api) = (format!("cannot listen on {taken}: "), "choose another address with --runtime-api");
    for (arguments, code, word) in [
        (&["--front", "cloudfront"][..], 2, "lattice-v2"),
        (&["--", "/no/such/function"], 1, "cannot start /no/such/function: "),
        (&["--runtime-api", "nowhere"], 2, "invalid --runtime-api \"nowhere\": "),
        (&["--listen", &taken], 1, &listen),
        (&["--runtime-api", &taken], 1, runtime_api),
    ] {
        let output = command(arguments).output().await.unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.starts_with("lodger-gateway: ") && error.contains(word), "{error}");
        // The reason, and where to read on.
        assert!(error.lines().count() <= 2, "{error}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "", "nothing is served");
    }
}
