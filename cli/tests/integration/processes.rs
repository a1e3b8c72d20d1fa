//! The processes of `cargo lodger dev`: their variables, their extensions, the freeze, and their end.

use std::{
    ffi::OsStr,
    fs,
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::{ffi::OsStrExt as _, fs::symlink},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::support::{Dev, Folder, cargo_lodger, exchange, extension, function, wait_for};

/// A command that starts a script of the shell.
fn dev(options: &[&str], script: &str) -> Command {
    let mut command = cargo_lodger();
    command.args(["dev", "--listen", "127.0.0.1:0"]).args(options).args(["--", "sh", "-c", script]);
    command
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn is_running(id: &str) -> bool {
    Command::new("kill").args(["-0", id]).stderr(Stdio::null()).status().unwrap().success()
}

/// A folder with the extension of the tests.
fn extensions() -> Folder {
    let folder = Folder::new("extensions");
    symlink(extension(), folder.path().join("agent")).unwrap();
    folder
}

#[test]
fn a_process_has_the_environment_of_lambda() {
    let script =
        "echo $AWS_LAMBDA_FUNCTION_NAME $AWS_REGION $AWS_LAMBDA_FUNCTION_MEMORY_SIZE $AWS_LAMBDA_RUNTIME_API; exit 3";
    let mut command = dev(&["--memory", "512"], script);
    command.env("AWS_REGION", "eu-west-1");
    let dev = Dev::start(command);
    assert!(dev.has_line("function eu-west-1 512 127.0.0.1:"));
    assert!(dev.has_line("error: the process ended: exit status: 3"));
}

#[test]
fn passes_arguments_that_are_not_utf_8() {
    let invalid = OsStr::from_bytes(b"\xff");
    let mut command = dev(&[], "printf %s \"$1\" | od -An -tx1; exit 3");
    command.arg("sh").arg(invalid);
    Dev::start(command).wait_for_line(" ff");

    let output = cargo_lodger().args(["dev", "--stage"]).arg(invalid).args(["--", "true"]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && error.contains("invalid UTF-8"), "{error}");
}

#[test]
fn warns_if_the_function_does_not_poll() {
    let warning = "warning: the function has not polled for 3 s; unset LODGER_HOST";
    let dev = Dev::spawn(dev(&[], "exec sleep 600"));
    dev.wait_for_line(warning);
    let quick = Dev::function(&[]);
    assert_eq!(quick.get("", "/").0, 200);
    thread::sleep(Duration::from_secs(4));
    assert_eq!((dev.lines(warning).len(), quick.lines(warning).len()), (1, 0));
}

#[test]
fn runs_extensions_and_freezes_the_processes() {
    let folder = extensions();
    let mut dev =
        Dev::function(&["--extensions", &folder.path().display().to_string(), "--freeze", "--env", "TICKS=1"]);
    assert_eq!(dev.get("", "/"), (200, "hello".to_owned()));
    dev.wait_for_line("extension: invocation ");
    wait_for("the freeze", || {
        let before = dev.lines("tick").len();
        thread::sleep(Duration::from_millis(300));
        (before > 0 && dev.lines("tick").len() == before).then_some(())
    });
    // The next invocation continues the process.
    let before = dev.lines("tick").len();
    assert_eq!(dev.get("", "/slow").0, 200);
    assert!(dev.lines("tick").len() > before);
    assert!(dev.stop().success());
    dev.wait_for_line("extension: SPINDOWN");
}

#[test]
fn reports_an_extension_that_does_not_start() {
    let folder = Folder::new("broken");
    symlink("/bin/false", folder.path().join("broken")).unwrap();
    let dev = Dev::function(&["--extensions", &folder.path().display().to_string()]);
    let error = "cannot start the extension broken: its process ended with exit status: 1";
    assert!(dev.has_line(&format!("error: {error}")));
    let (status, body) = dev.get("", "/");
    assert!(status == 502 && body.contains(error), "{body}");
}

#[test]
fn sends_sigterm_to_a_function_with_an_extension() {
    for (setting, has_extension) in [("LODGER_SIGTERM=on", true), ("LODGER_SIGTERM=off", false)] {
        let mut dev = Dev::function(&["--env", setting]);
        let id = dev.get("", "/process").1;
        assert!(is_running(&id));
        assert!(dev.stop().success());
        if has_extension {
            dev.wait_for_line("lodger: shutting down");
        }
        // Lambda kills a function without an extension.
        assert_eq!(dev.has_line("lodger: shutting down"), has_extension);
        assert!(!is_running(&id));
    }
}

#[test]
fn ends_the_processes_of_all_hosts() {
    let mut dev = Dev::function(&[]);
    let ids = ["", "server", "vercel", "web-function"].map(|front| dev.get(front, "/process").1);
    assert!(ids.iter().all(|id| is_running(id)));
    assert!(dev.stop().success());
    assert!(!ids.iter().any(|id| is_running(id)));
}

#[test]
fn invoke_ends_the_function_at_a_signal() {
    let mut command = cargo_lodger();
    command.args(["invoke", "--example", "sqs", "--", "sh", "-c", "echo id $$; exec sleep 600"]);
    let mut invoke = Dev::spawn(command);
    let id = invoke.wait_for_line("id ").trim_start_matches("id ").to_owned();
    assert!(is_running(&id));
    assert_eq!(invoke.stop().code(), Some(1));
    assert!(!is_running(&id));
}

#[test]
fn errors_name_the_value() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let message = format!("cannot listen on {taken}: ");
    for (arguments, code, words) in [
        (&["--front", "cloudfront"][..], 2, ["cloudfront", "lattice-v2"]),
        (&["--listen", "4000"], 2, ["'4000'", "--listen <ADDRESS>"]),
        (&["--listen", &taken, "--", "true"], 1, [&message, "choose another address with --listen"]),
        (
            &["--listen", "127.0.0.1:0", "--runtime-api", &taken],
            1,
            [&message, "choose another address with --runtime-api"],
        ),
        (&["--timeout", "0"], 2, ["'0'", "expected a number of seconds, such as 3 or 0.5"]),
        (&["--binary-media-types", "image"], 2, ["'image'", "expected a media type, such as image/png"]),
        (&["--allow-host", "http://app.test"], 2, ["'http://app.test'", "expected a host name without a scheme"]),
        (&["--runtime-api", "127.0.0.1:1", "--freeze"], 2, ["--runtime-api <ADDRESS>", "--freeze"]),
        (&["--no-such-option"], 2, ["--no-such-option", "--help"]),
    ] {
        let output = cargo_lodger().arg("dev").args(arguments).current_dir("/").output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert!(words.iter().all(|word| error.contains(word)), "{arguments:?}: {error}");
        assert_eq!(output.stdout, b"", "{arguments:?}");
    }
}

#[test]
fn the_runtime_api_allows_only_known_hosts() {
    let api = free_address();
    let mut command = cargo_lodger();
    command.args(["dev", "--listen", "127.0.0.1:0", "--runtime-api", &api, "--allow-host", "app.test"]);
    let _dev = Dev::start(command);
    let api: SocketAddr = api.parse().unwrap();
    for (host, status) in [("app.test", "404"), ("localhost", "404"), ("evil.example", "403")] {
        let response = exchange(api, &format!("GET /x HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"));
        assert_eq!(response.split(' ').nth(1), Some(status), "{host}: {response}");
    }
}

/// Linux only: other systems may need more files for the start of the process.
#[cfg(target_os = "linux")]
#[test]
fn serves_again_after_too_many_open_files() {
    const LIMIT: usize = 40;
    let api = free_address();
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -n {LIMIT}; exec \"$@\""), "sh"]).arg(cargo_lodger().get_program());
    let dev = Dev::start({
        command.args(["lodger", "dev", "--listen", "127.0.0.1:0", "--runtime-api", &api]);
        command
    });
    let files = format!("/proc/{}/fd", dev.id());
    for port in [api.parse().unwrap(), dev.address] {
        // The kernel accepts them, and the process cannot.
        let idle: Vec<_> = (0..LIMIT + 10).map(|_| TcpStream::connect(port).unwrap()).collect();
        wait_for("the last file", || (fs::read_dir(&files).unwrap().count() >= LIMIT).then_some(()));
        drop(idle);
    }
    let mut process = Command::new(function());
    process.env("AWS_LAMBDA_RUNTIME_API", &api).env("LODGER_HOST", "lambda").stderr(Stdio::null());
    let mut process = process.spawn().unwrap();
    assert_eq!(dev.get("", "/"), (200, "hello".to_owned()));
    process.kill().unwrap();
    process.wait().unwrap();
}
