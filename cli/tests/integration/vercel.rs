//! Functions of Vercel, and programs that run on one host only.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    os::unix::net::UnixStream,
};

use crate::support::{Dev, SOON, cargo_lodger};

#[test]
fn passes_upgrades_on() {
    let dev = Dev::function(&[]);
    for front in ["vercel", "server"] {
        let mut socket = BufReader::new(TcpStream::connect(dev.address).unwrap());
        socket.get_ref().set_read_timeout(Some(SOON)).unwrap();
        let request =
            format!("GET /upgrade HTTP/1.1\r\nhost: {front}.localhost\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n");
        socket.get_mut().write_all(request.as_bytes()).unwrap();
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(socket.read_line(&mut head).unwrap(), 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 101 "), "{front}: {head}");
        socket.get_mut().write_all(b"ping").unwrap();
        let mut bytes = [0; 4];
        socket.read_exact(&mut bytes).unwrap();
        assert_eq!(&bytes, b"ping", "{front}");
    }
}

#[test]
fn rejects_a_body_over_the_limit_of_vercel() {
    let dev = Dev::function(&[]);
    let body = "x".repeat(5 << 20);
    let head = format!("POST /echo HTTP/1.1\r\nhost: vercel.localhost\r\ncontent-length: {}\r\n\r\n", body.len());
    // The response may come before the end of the request.
    let _ = TcpStream::connect(dev.address).unwrap().write_all((head + &body).as_bytes());
    dev.wait_for_line("POST /echo 413 ");
}

#[test]
fn serves_a_program_that_runs_on_one_host_only() {
    for (front, host) in [("vercel", "vercel"), ("server", "server"), ("web-function", "web-functions")] {
        let dev = Dev::function(&["--front", front, "--env", &format!("LODGER_HOST={host}")]);
        assert_eq!(dev.get("", "/"), (200, "hello".to_owned()), "{front}");
    }
}

/// Starts a command whose Vercel function is the test. Returns the socket of the function.
fn start_without_function() -> (Dev, UnixStream) {
    let mut command = cargo_lodger();
    command.args(["dev", "--listen", "127.0.0.1:0", "--front", "vercel", "--"]);
    command.args(["sh", "-c", "echo at $VERCEL_IPC_PATH; exec sleep 600"]);
    let dev = Dev::spawn(command);
    let line = dev.wait_for_line("at /");
    (dev, UnixStream::connect(line.trim_start_matches("at ")).unwrap())
}

#[test]
fn reports_a_vercel_function_that_cannot_start() {
    let (dev, mut socket) = start_without_function();
    let error = r#"{"type":"unrecoverable-error","payload":{"exitCode":1,"message":"no database"}}"#;
    socket.write_all(format!("{error}\0").as_bytes()).unwrap();
    dev.wait_for_line("error: the function cannot start: no database");
}

#[test]
fn reports_violations_of_the_protocol_of_vercel() {
    let (dev, mut socket) = start_without_function();
    let end = r#"{"type":"end","payload":{"context":{"invocationId":"0","requestId":0}}}"#;
    let log =
        r#"{"type":"log","payload":{"context":{"invocationId":"0","requestId":0},"level":"warn","message":"aGk="}}"#;
    socket.write_all(format!("{log}\0{end}\0").as_bytes()).unwrap();
    dev.wait_for_line("warn: hi");
    dev.wait_for_line(
        "warning: the function violates the protocol of Vercel: sent `end` for a request that is not open",
    );
}
