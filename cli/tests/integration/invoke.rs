//! `cargo lodger invoke`.

use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::support::{Folder, cargo_lodger, function};

fn invoke(arguments: &[&str]) -> Command {
    let mut command = cargo_lodger();
    command.args(["invoke", "--env", "LODGER_EVENTS_PATH=/events"]).args(arguments).arg("--").arg(function());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(arguments: &[&str]) -> Output {
    invoke(arguments).stdin(Stdio::null()).output().unwrap()
}

#[test]
fn prints_the_reply_to_an_event_from_a_file_and_from_standard_input() {
    let folder = Folder::new("invoke");
    folder.write("event.json", r#"{"source": "my.app"}"#);
    let output = run(&[&folder.path().join("event.json").display().to_string()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "{\"source\": \"my.app\"}\n");

    let mut child = invoke(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(br#"{"id": 1}"#).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((text(&output.stdout), output.status.code()), ("{\"id\": 1}\n".to_owned(), Some(0)));
}

#[test]
fn has_examples_of_events() {
    let output = run(&["--example", "sqs"]);
    let event: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(event["Records"][0]["eventSource"], "aws:sqs");
    let output = run(&["--example", "alb", "--print-event"]);
    let event: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(event["requestContext"]["elb"].is_object(), "{event}");
    let output = run(&["--example", "sqss"]);
    assert!(output.status.code() == Some(2) && text(&output.stderr).contains("sqs"), "{}", text(&output.stderr));
}

#[test]
fn prints_the_reply_if_the_work_after_it_does_not_end() {
    let event = run(&["--example", "function-url", "--print-event"]);
    let mut event: Value = serde_json::from_slice(&event.stdout).unwrap();
    event["rawPath"] = "/after".into();
    event["requestContext"]["http"]["method"] = "GET".into();
    let folder = Folder::new("work");
    folder.write("event.json", &event.to_string());
    let file = folder.path().join("event.json").display().to_string();
    let output = run(&[&file, "--timeout", "3", "--env", "BLOCKS=1"]);
    let (reply, error) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success() && reply.contains("early"), "{reply} {error}");
    assert!(error.contains("the work after the reply has not ended within 3 s (--timeout)"), "{error}");
}

#[test]
fn fails_if_the_function_fails() {
    let output = cargo_lodger().args(["invoke", "--example", "sns", "--"]).arg(function()).output().unwrap();
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), &*text(&output.stdout)), (Some(1), ""), "{error}");
    assert!(error.contains("Runtime.UnsupportedEvent"), "{error}");
    let output = run(&["--quiet", "--example", "sns", "--env", "LODGER_RESPONSE_MODE=neither"]);
    let error = text(&output.stderr);
    assert_eq!((output.status.code(), &*text(&output.stdout)), (Some(1), ""), "{error}");
    assert!(error.contains("error: the function cannot start: "), "{error}");
    let output = cargo_lodger().args(["invoke", "--example", "sns", "--", "sh", "-c", "exit 7"]).output().unwrap();
    let error = text(&output.stderr);
    assert!(output.status.code() == Some(1) && error.contains("exit status: 7"), "{error}");
}

#[test]
fn rejects_an_event_that_is_not_json_or_missing() {
    let folder = Folder::new("invalid");
    folder.write("event.json", "{");
    for (file, cause) in [("event.json", "EOF"), ("missing.json", "No such file")] {
        let output = run(&[&folder.path().join(file).display().to_string()]);
        let error = text(&output.stderr);
        assert!(output.status.code() == Some(1) && error.contains(file) && error.contains(cause), "{error}");
    }
    assert_eq!(run(&[]).status.code(), Some(2));
}
