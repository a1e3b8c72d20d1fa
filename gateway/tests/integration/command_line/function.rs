//! The function that the command starts.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::Command,
};

use super::{command, rest_of_line, start, terminate};
use crate::support::{fetch, run_function, soon};

#[tokio::test]
async fn runs_the_command_with_the_environment_of_lambda() {
    let script = "echo $AWS_LAMBDA_FUNCTION_NAME $AWS_REGION $AWS_LAMBDA_RUNTIME_API; exit 3";
    let mut command = command(&["--", "sh", "-c", script]);
    let output = command.env("AWS_REGION", "eu-west-1").output().await.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("test ")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.starts_with("test eu-west-1 127.0.0.1:"), "{line}");
    assert_eq!(output.status.code(), Some(3));
}

#[tokio::test]
async fn sends_sigterm_to_a_function_with_an_extension() {
    for has_extension in [true, false] {
        let script =
            "trap 'echo terminated; exit 0' TERM; echo at $AWS_LAMBDA_RUNTIME_API; while :; do sleep 0.02; done";
        let (mut child, mut lines) = start(&["--", "sh", "-c", script]);
        let api = rest_of_line(&mut lines, "at ").await.parse().unwrap();
        if has_extension {
            let register = "POST /2020-01-01/extension/register HTTP/1.1\r\nhost: localhost\r\nlambda-extension-name: x\r\n\
                            content-length: 13\r\n\r\n{\"events\":[]}";
            let (head, _) = fetch(api, register).await;
            assert!(head.starts_with("http/1.1 200 "), "{head}");
        }
        terminate(&child).await;
        let mut rest = vec![];
        while let Some(line) = lines.next_line().await.unwrap() {
            rest.push(line);
        }
        assert_eq!(rest.contains(&"terminated".to_owned()), has_extension, "{rest:?}");
        assert!(child.wait().await.unwrap().success());
    }
}

#[tokio::test]
async fn kills_the_function_at_the_end() {
    let (mut child, mut lines) = start(&["--", "sh", "-c", "echo id $$; exec sleep 600"]);
    let function = rest_of_line(&mut lines, "id ").await;
    let is_running =
        async || Command::new("kill").args(["-0", &function]).stderr(Stdio::null()).status().await.unwrap().success();
    assert!(is_running().await);
    terminate(&child).await;
    assert!(child.wait().await.unwrap().success());
    assert!(!is_running().await);
}

#[tokio::test]
async fn prints_a_hint_if_the_function_does_not_poll() {
    let hint = "the function has not polled for 3s";
    let mut idle = command(&["--", "sleep", "600"]).spawn().unwrap();
    // This function polls, and ends after the time of the hint.
    let (mut busy, mut lines) = start(&["--", "sh", "-c", "echo at $AWS_LAMBDA_RUNTIME_API; exec sleep 4"]);
    let api = rest_of_line(&mut lines, "at ").await;
    tokio::spawn(run_function(api, |event| event));
    let mut idle_lines = BufReader::new(idle.stderr.take().unwrap()).lines();
    let hinted = async { while !idle_lines.next_line().await.unwrap().unwrap().contains(hint) {} };
    let mut errors = String::new();
    let mut stderr = busy.stderr.take().unwrap();
    let (_, read) = soon(async { tokio::join!(hinted, stderr.read_to_string(&mut errors)) }).await;
    read.unwrap();
    assert!(!errors.contains(hint), "{errors}");
    terminate(&idle).await;
    while let Some(line) = idle_lines.next_line().await.unwrap() {
        assert!(!line.contains(hint), "a second hint");
    }
}
