//! Programs with more than one server or background task: how signals end them, and that two apps are refused where the
//! host cannot tell them apart.
#![cfg(unix)]

use std::{
    os::unix::process::ExitStatusExt,
    thread::sleep,
    time::{Duration, Instant},
};

use lodger_gateway::{Front, RuntimeApi, Vercel};
use lodger_tests::{
    ask::{Sent, ask},
    process::Process,
};

const SIGNALS: [(&str, i32); 2] = [("TERM", 15), ("INT", 2)];
/// Signals that are further apart than this are two.
const APART: Duration = Duration::from_millis(1100);

fn start(program: &str, vars: &[(&str, &str)]) -> Process {
    Process::start(env!("CARGO_BIN_EXE_servers"), &[&[("SERVERS", program)], vars].concat())
}

/// Waits for the line that says that the shutdown has begun.
fn begins_to_end(process: &mut Process) {
    let line = process.line();
    assert!(line.starts_with("lodger: shutting down: waiting up to "), "{line:?}");
}

/// How the process ends, within some seconds.
async fn end(mut process: Process) -> (std::process::ExitStatus, String) {
    let begun = Instant::now();
    while process.child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the process goes on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.end()
}

#[tokio::test]
async fn a_second_server_ends_after_run_has_returned() {
    for (signal, _) in SIGNALS {
        let mut process = start("one after the other", &[]);
        let metrics = process.addr_behind("servers: metrics on ");
        let addr = process.addr();
        assert_eq!(ask(addr, &Sent::get("/")).await.status(), 200);
        assert_eq!(ask(metrics, &Sent::get("/metrics")).await.body(), "requests 1");
        process.signal(signal);
        let (status, said) = end(process).await;
        assert!(status.success() && said.ends_with("servers: all have ended\n"), "{status}: {said}");
    }
}

#[tokio::test]
async fn a_signal_ends_a_program_that_goes_on_after_run() {
    for program in ["joined", "goes on"] {
        for (signal, number) in SIGNALS {
            let mut process = start(program, &[]);
            if program == "joined" {
                process.addr_behind("servers: metrics on ");
            }
            let addr = process.addr();
            assert_eq!(ask(addr, &Sent::get("/")).await.status(), 200);
            process.signal(signal);
            begins_to_end(&mut process);
            sleep(APART);
            assert!(process.child.try_wait().unwrap().is_none(), "the first signal ended it");
            process.signal(signal);
            let (status, said) = end(process).await;
            assert_eq!(status.signal(), Some(number), "{program}, {signal}: {status}: {said}");
        }
    }
}

#[tokio::test]
async fn a_signal_ends_a_program_that_dropped_run() {
    for (signal, number) in SIGNALS {
        let mut process = start("dropped", &[]);
        process.addr();
        assert_eq!(process.line(), "servers: goes on\n");
        process.signal(signal);
        let (status, said) = end(process).await;
        assert_eq!(status.signal(), Some(number), "{signal}: {status}: {said}");
    }
}

#[tokio::test]
async fn a_signal_that_is_sent_twice_does_not_end_the_code_after_run() {
    let mut process = start("cleans up", &[]);
    process.addr();
    process.signal("TERM");
    begins_to_end(&mut process);
    sleep(Duration::from_millis(50));
    process.signal("TERM");
    let (status, said) = end(process).await;
    assert!(status.success() && said == "servers: cleaned up\n", "{status}: {said}");
}

#[tokio::test]
async fn a_future_ends_it_and_so_does_a_signal() {
    for signal in [None, Some("TERM"), Some("INT")] {
        let mut process = start("either", &[]);
        let addr = process.addr();
        match signal {
            Some(signal) => process.signal(signal),
            None => assert_eq!(ask(addr, &Sent::get("/end")).await.status(), 200),
        }
        let (status, said) = end(process).await;
        assert!(status.success() && said.ends_with("servers: ended\n"), "{signal:?}: {status}: {said}");
        assert!(said.contains("another signal ends the process at once"), "{said}");
    }
}

#[tokio::test]
async fn signals_are_left_to_a_program_that_handles_them() {
    let mut process = start("own signals", &[]);
    process.addr();
    process.signal("TERM");
    let line = process.line();
    assert!(line.ends_with("(LODGER_GRACE)\n"), "{line:?}");
    assert_eq!(process.line(), "servers: goes on\n");
    sleep(APART);
    process.signal("TERM");
    let (status, said) = end(process).await;
    assert!(status.success() && said == "servers: ended by its own handler\n", "{status}: {said}");
}

#[tokio::test]
async fn two_apps_are_two_servers() {
    let mut process = start("two", &[]);
    let (first, second) = (process.addr(), process.addr());
    assert_eq!(ask(first, &Sent::get("/")).await.body(), "the first");
    assert_eq!(ask(second, &Sent::get("/")).await.body(), "the second");
    process.signal("TERM");
    let (status, said) = end(process).await;
    assert!(status.success() && said.contains("the first: Ok(())") && said.contains("the second: Ok(())"), "{said}");
}

#[tokio::test]
async fn a_second_app_on_lambda_is_refused_before_it_polls() {
    let api = RuntimeApi::start().await.unwrap();
    let process = start("two", &[("AWS_LAMBDA_RUNTIME_API", &api.address())]);
    for _ in 0..10 {
        assert_eq!(api.send(&Front::function_url(), &Sent::get("/").request()).await.body(), "the first");
    }
    assert_eq!((api.protocol_errors(), api.connection_count()), (vec![], 1));
    process.signal("KILL");
    let (_, said) = end(process).await;
    let why = format!("cannot run a second app on the Lambda Runtime API at {}: another `run`", api.address());
    let expected = [format!("lodger: error: {why}"), format!("servers: the second: Err({why}")];
    assert_eq!(said.lines().count(), expected.len(), "{said}");
    for (line, words) in said.lines().zip(expected) {
        assert!(line.starts_with(&words) && line.contains("merge the routers into one app"), "{line}");
    }
}

#[tokio::test]
async fn a_second_app_on_vercel_is_refused_before_it_listens() {
    let platform = Vercel::start().unwrap();
    let _process = start("two", &[("VERCEL_IPC_PATH", &*platform.ipc_path())]);
    let addr = platform.address().await.unwrap();
    for _ in 0..10 {
        assert_eq!(ask(addr, &Sent::get("/")).await.body(), "the first");
    }
    let logged = format!("{:?}", platform.messages());
    assert!(logged.contains("cannot run a second app on Vercel's socket"), "{logged}");
    assert_eq!(platform.protocol_errors(), [""; 0]);
}
