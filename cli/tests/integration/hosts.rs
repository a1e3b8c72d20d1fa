//! The hosts and the ways to start a function beyond requests to Lambda: Web Functions, WebSockets, SnapStart, and a process of the user.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
    thread,
};

use serde_json::json;

use crate::support::{Dev, SOON, cargo_lodger, function, wait_for};

#[test]
fn serves_the_program_as_a_web_function() {
    let dev = Dev::function(&["--timeout", "1"]);
    assert_eq!(dev.get("web-function", "/"), (200, "hello".to_owned()));
    assert_eq!(dev.send("web-function", "POST /echo HTTP/1.1\r\n", "body"), (200, "body".to_owned()));
    // Lambda has a list of methods.
    assert_eq!(dev.send("web-function", "PURGE / HTTP/1.1\r\n", "").0, 400);
    assert_eq!(dev.get("web-function", "/hang").0, 504);
}

#[test]
fn connects_websockets_and_sends_to_them() {
    let dev = Dev::function(&["--env", "LODGER_WEBSOCKET_PATH=/ws", "--route-responses"]);
    let mut socket = BufReader::new(TcpStream::connect(dev.address).unwrap());
    socket.get_ref().set_read_timeout(Some(SOON)).unwrap();
    let handshake = "GET / HTTP/1.1\r\nhost: websocket-api.localhost:4000\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    socket.get_mut().write_all(handshake.as_bytes()).unwrap();
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(socket.read_line(&mut head).unwrap(), 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");

    // A masked text frame with `hi`, whose mask is 0.
    socket.get_mut().write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).unwrap();
    let events = || dev.api("/api/invocations")["invocations"].as_array().unwrap().clone();
    let message = wait_for("the event of the message", || {
        events().into_iter().find(|event| event["name"] == "websocket-api $default" && event["state"] == "done")
    });
    let detail = dev.api(&format!("/api/invocations/{}", message["id"]));
    let event: serde_json::Value = serde_json::from_str(detail["event"]["data"].as_str().unwrap()).unwrap();
    let context = &event["requestContext"];
    assert_eq!(
        (&event["body"], &context["domainName"]),
        (&json!("hi"), &json!(format!("localhost:{}", dev.address.port())))
    );

    // The route response.
    let mut frame = [0; 4];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x81\x02hi");

    // The address that the function would use.
    let path = format!("POST /prod/@connections/{} HTTP/1.1\r\n", context["connectionId"].as_str().unwrap());
    assert_eq!(dev.send("", &path, "news").0, 200);
    let mut frame = [0; 6];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x81\x04news");
    drop(socket);
    wait_for("the event of the end", || {
        events().into_iter().find(|event| event["name"] == "websocket-api $disconnect")
    });
    for line in ["websocket-api $connect ok ", "websocket-api $default ok ", "websocket-api $disconnect ok "] {
        dev.wait_for_line(line);
    }
    assert!(dev.has_line(&format!("WebSockets ws://websocket-api.localhost:{}", dev.address.port())));
    assert_eq!(dev.get("websocket-api", "/").0, 426);
}

#[test]
fn starts_a_function_as_snap_start_does() {
    let dev = Dev::function(&["--snap-start"]);
    assert_eq!(dev.get("", "/initialization"), (200, "snap-start".to_owned()));
    assert_eq!(dev.get("", "/hooks"), (200, "snapshot restore".to_owned()));
}

#[test]
fn serves_a_function_that_the_user_starts() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = cargo_lodger();
    command.args(["dev", "--listen", "127.0.0.1:0", "--runtime-api", &free]);
    let dev = Dev::start(command);
    let hint = format!("AWS_LAMBDA_RUNTIME_API={free}");
    assert!(dev.has_line(&hint));

    let start = || {
        let mut process = Command::new(function());
        process.env("AWS_LAMBDA_RUNTIME_API", &free).env("LODGER_HOST", "lambda").stderr(Stdio::null());
        process.spawn().unwrap()
    };
    let mut process = start();
    assert_eq!(dev.get("rest-api", "/"), (200, "hello".to_owned()));
    // The user replaces the process.
    process.kill().unwrap();
    process.wait().unwrap();
    process = start();
    assert_eq!(dev.get("alb", "/"), (200, "hello".to_owned()));
    let (status, body) = dev.get("server", "/");
    assert!(status == 502 && body.contains("--runtime-api"), "{body}");
    // A breakpoint, at which the user replaces the process.
    thread::scope(|scope| {
        let hanging = scope.spawn(|| dev.get("alb", "/hang"));
        wait_for("the request", || {
            (dev.api("/api/invocations?limit=1")["invocations"][0]["state"] == "running").then_some(())
        });
        process.kill().unwrap();
        process.wait().unwrap();
        process = start();
        let (status, body) = hanging.join().unwrap();
        assert_eq!((status, &*body), (502, "Runtime.ExitError: another process has polled\n"));
    });
    assert_eq!(dev.get("alb", "/"), (200, "hello".to_owned()));
    // The next process has done nothing wrong.
    assert_eq!(dev.last()["complaint_list"], json!([]));
    process.kill().unwrap();
    process.wait().unwrap();
}
