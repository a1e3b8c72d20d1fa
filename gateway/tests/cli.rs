//! The command, as a user runs it.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, reason = "what helps a test may panic as well")]

mod support;

use std::process::Stdio;

use serde_json::json;
use support::{ask, function};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
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
    let (head, body) = ask(addr, "GET /pets HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert_eq!(body, "/dev/pets");
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
    let idle = command(&["--", "sleep", "4"]).output();
    let (mut busy, mut lines) = start(&["--", "sh", "-c", "echo at $AWS_LAMBDA_RUNTIME_API; exec sleep 4"]);
    let api = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some(api) = line.strip_prefix("at ") {
            break api.to_owned();
        }
    };
    tokio::spawn(function(api, |event| event));
    let mut errors = String::new();
    let mut stderr = busy.stderr.take().unwrap();
    let (idle, _) = tokio::join!(idle, stderr.read_to_string(&mut errors));
    let hint = "the function has not asked for an event yet";
    assert!(!errors.contains(hint), "{errors}");
    let errors = String::from_utf8(idle.unwrap().stderr).unwrap();
    assert_eq!(errors.matches(hint).count(), 1, "{errors}");
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

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let (listen, runtime_api) = (format!("--listen {taken}: "), format!("--runtime-api {taken}: "));
    for (arguments, code, word) in [
        (&["--front", "cloudfront"][..], 2, "lattice-v2"),
        (&["--", "/no/such/function"], 1, "/no/such/function"),
        (&["--runtime-api", "nowhere"], 2, "--runtime-api nowhere: "),
        (&["--listen", &taken], 1, &listen),
        (&["--runtime-api", &taken], 1, &runtime_api),
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
