//! Programs with several servers or background tasks: how signals end them, and which hosts reject a second app.
#![cfg(unix)]

use std::{
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    thread::sleep,
    time::{Duration, Instant},
};

use lodger_gateway::{Front, RuntimeApi, Vercel};
use lodger_tests::{
    client::{ClientRequest, send},
    program::{Program, SEPARATE_SIGNALS},
    wait::wait_until,
};

const SIGNALS: [(&str, i32); 2] = [("TERM", 15), ("INT", 2)];

/// Starts a program of `servers.rs` with these environment variables and no others.
fn start(program: &str, vars: &[(&str, &str)]) -> Program {
    Program::start(env!("CARGO_BIN_EXE_servers"), &[&[("SERVERS", program)], vars].concat())
}

/// Waits for the line that reports the beginning of the shutdown.
fn wait_for_shutdown(process: &mut Program) {
    let line = process.read_line();
    assert!(line.starts_with("lodger: shutting down: waiting up to "), "{line:?}");
}

/// Waits until the process ends. Returns its status and the rest of its standard error.
async fn end(mut process: Program) -> (ExitStatus, String) {
    wait_until("the process ends", || process.has_exited()).await;
    let exit = process.wait();
    (exit.status, exit.stderr)
}

#[tokio::test]
async fn a_second_server_shuts_down_after_run() {
    for (signal, _) in SIGNALS {
        let mut process = start("one after the other", &[]);
        let metrics = process.addr_after("servers: metrics on ");
        let addr = process.listening_addr();
        assert_eq!(send(addr, &ClientRequest::get("/")).await.status(), 200);
        assert_eq!(send(metrics, &ClientRequest::get("/metrics")).await.body(), "requests 1");
        process.signal(signal);
        let (status, log) = end(process).await;
        assert!(status.success() && log.ends_with("servers: all have ended\n"), "{status}: {log}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_a_program_that_goes_on_after_run() {
    for program in ["joined", "goes on"] {
        for (signal, number) in SIGNALS {
            let mut process = start(program, &[]);
            if program == "joined" {
                process.addr_after("servers: metrics on ");
            }
            let addr = process.listening_addr();
            assert_eq!(send(addr, &ClientRequest::get("/")).await.status(), 200);
            process.signal(signal);
            wait_for_shutdown(&mut process);
            sleep(SEPARATE_SIGNALS);
            assert!(!process.has_exited(), "the first signal ended the process");
            process.signal_until_exit(signal);
            let (status, log) = end(process).await;
            assert_eq!(status.signal(), Some(number), "{program}, {signal}: {status}: {log}");
        }
    }
}

#[tokio::test]
async fn a_signal_ends_a_program_that_dropped_run() {
    for (signal, number) in SIGNALS {
        let mut process = start("dropped", &[]);
        process.listening_addr();
        assert_eq!(process.read_line(), "servers: goes on\n");
        process.signal(signal);
        let (status, log) = end(process).await;
        assert_eq!(status.signal(), Some(number), "{signal}: {status}: {log}");
    }
}

#[tokio::test]
async fn a_repeated_signal_does_not_end_the_code_after_run() {
    // Lodger ignores the signal for a second. A busy machine may need more time to send it again.
    for _ in 0..10 {
        let mut process = start("cleans up", &[]);
        process.listening_addr();
        let begun = Instant::now();
        process.signal("TERM");
        wait_for_shutdown(&mut process);
        assert_eq!(process.read_line(), "servers: cleaning up\n");
        process.signal("TERM");
        if begun.elapsed() < Duration::from_millis(900) {
            let (status, log) = end(process).await;
            assert!(status.success() && log == "servers: cleaned up\n", "{status}: {log}");
            return;
        }
    }
    panic!("the machine is too busy to send two signals within a second");
}

#[tokio::test]
async fn a_future_or_a_signal_begins_the_shutdown() {
    for signal in [None, Some("TERM"), Some("INT")] {
        let mut process = start("either", &[]);
        let addr = process.listening_addr();
        match signal {
            Some(signal) => process.signal(signal),
            None => assert_eq!(send(addr, &ClientRequest::get("/end")).await.status(), 200),
        }
        let (status, log) = end(process).await;
        assert!(status.success() && log.ends_with("servers: ended\n"), "{signal:?}: {status}: {log}");
        assert!(log.contains("another signal ends the process at once"), "{log}");
    }
}

#[tokio::test]
async fn leaves_signals_to_a_program_with_its_own_handlers() {
    let mut process = start("own signals", &[]);
    process.listening_addr();
    process.signal("TERM");
    let line = process.read_line();
    assert!(line.ends_with("(LODGER_GRACE)\n"), "{line:?}");
    assert_eq!(process.read_line(), "servers: goes on\n");
    // Lodger would ignore a signal within a second.
    sleep(SEPARATE_SIGNALS);
    process.signal("TERM");
    let (status, log) = end(process).await;
    assert!(status.success() && log == "servers: ended by its own handler\n", "{status}: {log}");
}

#[tokio::test]
async fn two_apps_are_two_servers() {
    let mut process = start("two", &[]);
    let (first, second) = (process.listening_addr(), process.listening_addr());
    assert_eq!(send(first, &ClientRequest::get("/")).await.body(), "the first");
    assert_eq!(send(second, &ClientRequest::get("/")).await.body(), "the second");
    process.signal("TERM");
    let (status, log) = end(process).await;
    assert!(status.success() && log.contains("the first: Ok(())") && log.contains("the second: Ok(())"), "{log}");
}

#[tokio::test]
async fn on_lambda_rejects_a_second_app_before_it_polls() {
    let api = RuntimeApi::start().await.unwrap();
    let process = start("two", &[("AWS_LAMBDA_RUNTIME_API", &api.address())]);
    for _ in 0..10 {
        assert_eq!(api.send(&Front::function_url(), &ClientRequest::get("/").request()).await.body(), "the first");
    }
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
    process.signal("KILL");
    let (_, log) = end(process).await;
    let error = format!("cannot run a second app on the Lambda Runtime API at {}: another `run`", api.address());
    let expected = [format!("lodger: error: {error}"), format!("servers: the second: Err({error}")];
    assert_eq!(log.lines().count(), expected.len(), "{log}");
    for (line, expected) in log.lines().zip(expected) {
        assert!(line.starts_with(&expected) && line.contains("merge the routers into one app"), "{line}");
    }
}

#[tokio::test]
async fn on_vercel_rejects_a_second_app_before_it_listens() {
    let platform = Vercel::start().unwrap();
    let _process = start("two", &[("VERCEL_IPC_PATH", &*platform.ipc_path())]);
    let addr = platform.address().await.unwrap();
    for _ in 0..10 {
        assert_eq!(send(addr, &ClientRequest::get("/")).await.body(), "the first");
    }
    let is_rejected = || format!("{:?}", platform.messages()).contains("cannot run a second app on Vercel's socket");
    wait_until("the second app is rejected", is_rejected).await;
    assert_eq!(platform.protocol_errors(), [""; 0]);
}
