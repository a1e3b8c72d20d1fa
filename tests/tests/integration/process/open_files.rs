//! A server that runs out of file descriptors. Linux only: other systems may need more files for the start of the process.

use std::{net::TcpStream, process::Command};

use lodger_tests::{
    client::{ClientRequest, send},
    program::Program,
};

#[tokio::test]
async fn a_server_accepts_again_after_too_many_open_files() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\"", env!("CARGO_BIN_EXE_probe")]).env_clear();
    command.envs([("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_MAX_CONNECTIONS", "0")]);
    let mut server = Program::spawn(&mut command);
    let addr = server.listening_addr();
    // The kernel accepts them, and the process cannot.
    let idle: Vec<_> = (0..60).map(|_| TcpStream::connect(addr).unwrap()).collect();
    server.stderr_until("cannot accept a connection: ");
    drop(idle);
    assert_eq!(send(addr, &ClientRequest::get("/")).await.status(), 200);
}
