//! The option `--event`.

use std::process::{Output, Stdio};

use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

use crate::support::{NEXT, fetch, header, report_init_error, run_function};

/// Runs the command with an event on standard input. `function` gets the address of the Runtime API.
pub(super) async fn invoke<F: Future<Output = ()> + Send + 'static>(
    arguments: &[&str],
    event: &str,
    function: impl FnOnce(String) -> F,
) -> Output {
    // The process only prints the address, to the standard error of the command. The test is the function.
    let script = "echo at $AWS_LAMBDA_RUNTIME_API; exec sleep 600";
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

/// A function that reports an error of its first invocation, and polls again.
pub(super) async fn fail_once(api: String) {
    let addr = api.parse().unwrap();
    let (head, _) = fetch(addr, NEXT).await;
    let id = header(&head, "lambda-runtime-aws-request-id").unwrap();
    let error =
        "lambda-runtime-function-error-type: Function.Error\r\ncontent-length: 21\r\n\r\n{\"errorMessage\":\"no\"}";
    fetch(addr, &format!("POST /2018-06-01/runtime/invocation/{id}/error HTTP/1.1\r\nhost: localhost\r\n{error}"))
        .await;
    fetch(addr, NEXT).await;
}

#[tokio::test]
async fn invokes_the_function_with_one_event() {
    let output =
        invoke(&["--quiet"], r#"{"Records":[]}"#, |api| run_function(api, |event| json!({"got": event}))).await;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "{\"got\":{\"Records\":[]}}\n");
    assert_eq!((String::from_utf8(output.stderr).unwrap().as_str(), output.status.code()), ("", Some(0)));

    let output = invoke(&["--quiet"], "{}", fail_once).await;
    assert_eq!((output.stdout.as_slice(), output.status.code()), (&b""[..], Some(1)));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "{\"errorMessage\":\"no\"}\n");

    let output = invoke(&["--quiet"], "{}", async |api: String| report_init_error(api, "no database").await).await;
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error, "lodger-gateway: the function cannot start: Runtime.NoDatabase: no database\n");

    let output = invoke(&["--quiet"], "no json", async |_| panic!("the function was started")).await;
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.starts_with("lodger-gateway: cannot read the event - (--event): ") && output.status.code() == Some(1),
        "{error}"
    );
}

#[tokio::test]
async fn reports_a_function_that_ends_before_its_reply() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lodger-gateway"));
    let file = std::env::temp_dir().join(format!("lodger-gateway-{}.json", std::process::id()));
    std::fs::write(&file, "{}").unwrap();
    let output = command.arg("--event").arg(&file).args(["--", "sh", "-c", "exit 3"]).output().await.unwrap();
    std::fs::remove_file(&file).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("the function ended before it replied: exit status: 3"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}
