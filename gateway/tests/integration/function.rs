//! Functions as child processes.

use std::{
    io::ErrorKind,
    os::unix::process::ExitStatusExt as _,
    process::{Command, Stdio},
};

use lodger_gateway::{Function, RuntimeApi, Vercel};

use crate::support::{fetch, run_function, soon};

/// A shell command whose standard output is captured.
fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]).stdout(Stdio::piped());
    command
}

async fn output(mut function: Function) -> String {
    assert!(soon(function.wait()).await.unwrap().success());
    function.output()
}

const VARIABLES: &str = "echo $AWS_LAMBDA_FUNCTION_NAME $AWS_REGION $AWS_LAMBDA_INITIALIZATION_TYPE \
                         $AWS_LAMBDA_MAX_CONCURRENCY $_HANDLER $AWS_LAMBDA_RUNTIME_API";

#[tokio::test]
async fn a_function_has_the_environment_of_lambda() {
    let api = RuntimeApi::start().await.unwrap();
    let mut command = shell(VARIABLES);
    command.env_clear().env("AWS_REGION", "eu-west-1").env("AWS_LAMBDA_RUNTIME_API", "elsewhere:1");
    let text = output(Function::spawn(command, &api).unwrap()).await;
    assert_eq!(text, format!("test eu-west-1 on-demand bootstrap {}\n", api.address()));

    let api = api.snap_start();
    let text = output(Function::spawn(shell(VARIABLES), &api).unwrap()).await;
    assert!(text.contains(" snap-start bootstrap "), "{text}");

    let api = api.max_concurrency(4);
    let text = output(Function::spawn(shell(VARIABLES), &api).unwrap()).await;
    assert!(text.contains(" lambda-managed-instances 4 bootstrap "), "{text}");
}

#[tokio::test]
async fn a_function_on_vercel_has_the_path_of_the_socket() {
    let vercel = Vercel::start().unwrap();
    let text = output(Function::spawn_on_vercel(shell("echo $VERCEL $VERCEL_IPC_PATH"), &vercel).unwrap()).await;
    assert_eq!(text, format!("1 {}\n", vercel.ipc_path()));
}

#[tokio::test]
async fn reports_the_cold_start_of_a_function() {
    let (sender, entries) = std::sync::mpsc::channel();
    let api = RuntimeApi::start().await.unwrap().on_invocation(move |entry| sender.send(entry.clone()).unwrap());
    let _function = Function::spawn(shell("exec sleep 60"), &api).unwrap();
    tokio::spawn(run_function(api.address(), |event| event));
    api.invoke("{}").await.unwrap().unwrap();
    assert!(entries.recv().unwrap().cold_start.is_some());
}

#[tokio::test]
async fn finds_the_address_of_a_server_in_its_output() {
    for (line, address) in [
        ("lodger: listening on http://127.0.0.1:4567", "127.0.0.1:4567"),
        ("INFO app: listening on http://0.0.0.0:4567, debug build", "127.0.0.1:4567"),
        ("listening on http://[::]:80/", "[::1]:80"),
    ] {
        let server = Function::spawn_server(shell(&format!("echo starting; echo '{line}'; exec sleep 60"))).unwrap();
        assert_eq!(soon(server.address()).await.unwrap(), address.parse().unwrap());
        assert_eq!(server.output(), format!("starting\n{line}\n"));
        // The same line again.
        assert_eq!(server.wait_for_line("listening").await.unwrap(), line);
    }
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo listening on http://127.0.0.1:4567 >&2; exec sleep 60"]).stderr(Stdio::piped());
    let server = Function::spawn_server(command).unwrap();
    assert_eq!(server.address().await.unwrap().port(), 4567);
}

#[tokio::test]
async fn fails_if_the_line_never_comes() {
    let server = Function::spawn_server(shell("echo no database; exit 1")).unwrap();
    let error = soon(server.address()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    assert!(error.to_string().ends_with("the process has closed its output, which is:\nno database\n"), "{error}");

    let server = Function::spawn_server(shell("echo listening on http://somewhere; exec sleep 60")).unwrap();
    let error = server.address().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(error.to_string().contains("\"listening on http://somewhere\""), "{error}");

    let mut command = Command::new("/bin/sh");
    command.args(["-c", "exec sleep 60"]);
    let error = Function::spawn_server(command).unwrap().address().await.unwrap_err();
    assert!(error.to_string().contains("Stdio::piped()"), "{error}");
}

#[tokio::test]
async fn captures_more_than_a_pipe_holds() {
    let script =
        "i=0; while [ $i -lt 4000 ]; do echo 0123456789012345678901234567890123456789012345678; i=$((i+1)); done";
    let text = output(Function::spawn_server(shell(script)).unwrap()).await;
    assert_eq!(text.len(), 4000 * 50);
}

#[tokio::test]
async fn names_a_program_that_cannot_be_started() {
    let error = Function::spawn_server(Command::new("/no/such/program")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().starts_with("cannot start /no/such/program: "), "{error}");
}

/// Waits until there is no process with this id.
async fn wait_for_exit(id: u32) {
    let ended = async {
        while Command::new("kill").args(["-0", &id.to_string()]).stderr(Stdio::null()).status().unwrap().success() {
            tokio::task::yield_now().await;
        }
    };
    soon(ended).await;
}

#[tokio::test]
async fn the_drop_kills_the_process() {
    let server = Function::spawn_server(shell("trap '' TERM; echo ready; while :; do sleep 0.02; done")).unwrap();
    server.wait_for_line("ready").await.unwrap();
    let id = server.id().unwrap();
    drop(server);
    wait_for_exit(id).await;
}

const SCRIPT: &str = "trap 'echo terminated; exit 7' TERM; echo ready; while :; do sleep 0.02; done";

#[tokio::test]
async fn a_function_with_an_extension_gets_sigterm() {
    for has_extension in [false, true] {
        let api = RuntimeApi::start().await.unwrap();
        let mut function = Function::spawn(shell(SCRIPT), &api).unwrap();
        function.wait_for_line("ready").await.unwrap();
        if has_extension {
            let register = "POST /2020-01-01/extension/register HTTP/1.1\r\nhost: localhost\r\nlambda-extension-name: x\r\n\
                            content-length: 2\r\n\r\n{}";
            assert!(fetch(api.address().parse().unwrap(), register).await.0.starts_with("http/1.1 200 "));
        }
        let status = soon(function.shut_down()).await.unwrap();
        let expected = if has_extension { (Some(7), None) } else { (None, Some(9)) };
        assert_eq!((status.code(), status.signal()), expected);
        assert_eq!(function.output().contains("terminated"), has_extension);
        assert!(function.terminate().await.unwrap_err().to_string().contains("the process has ended"));
    }
}

#[tokio::test]
async fn a_server_and_a_function_on_vercel_get_sigterm() {
    let vercel = Vercel::start().unwrap();
    let start_on_vercel = Function::spawn_on_vercel(shell(SCRIPT), &vercel).unwrap();
    for mut function in [start_on_vercel, Function::spawn_server(shell(SCRIPT)).unwrap()] {
        function.wait_for_line("ready").await.unwrap();
        assert_eq!(soon(function.shut_down()).await.unwrap().code(), Some(7));
        assert_eq!(function.output(), "ready\nterminated\n");
    }
}

#[tokio::test]
async fn kills_a_function_that_ignores_sigterm() {
    let vercel = Vercel::start().unwrap();
    let mut function = Function::spawn_on_vercel(shell("trap '' TERM; echo ready; exec sleep 60"), &vercel).unwrap();
    function.wait_for_line("ready").await.unwrap();
    assert_eq!(soon(function.shut_down()).await.unwrap().signal(), Some(9));
}

/// A child of the process holds the output.
#[tokio::test]
async fn an_exit_does_not_wait_for_the_children_of_a_process() {
    let mut function = Function::spawn_server(shell("sleep 600 & echo $!; exit 3")).unwrap();
    let status = soon(function.exited()).await.unwrap();
    assert_eq!(status.code(), Some(3));
    let child = function.output();
    assert!(Command::new("kill").arg(child.trim()).status().unwrap().success());
    soon(function.wait()).await.unwrap();
}

#[tokio::test]
async fn a_shutdown_ends_the_process_group() {
    for script in ["sleep 600 & echo started; wait", "trap 'exit 0' TERM; sleep 600 & echo started; wait"] {
        let function = Function::builder(shell(script)).process_group();
        let mut function = function.spawn_server().unwrap();
        soon(function.wait_for_line("started")).await.unwrap();
        soon(function.shut_down()).await.unwrap();
        // The child has held the output.
        soon(function.wait()).await.unwrap();
    }
}
