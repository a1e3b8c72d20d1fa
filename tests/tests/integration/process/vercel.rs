//! The process on Vercel: reported errors, the prefix of a service, Vercel's own proxy, and `vercel dev`.

use std::{os::unix::process::CommandExt, process::Command};

use lodger_gateway::Vercel;
use lodger_tests::{
    client::{ClientRequest, send},
    program::{Exit, Program},
    wait::SOON,
};
use serde_json::Value;
use tokio::{task::block_in_place, time::timeout};

use super::{request_for_redirect, start};

#[tokio::test(flavor = "multi_thread")]
async fn reports_an_error_of_the_initialization() {
    for (var, error) in [
        (("PROBE_FAILS", "error"), "cannot build the app: the database is out of reach"),
        (("PROBE_FAILS", "panic"), "the app panicked while it was built: the database is out of reach"),
        (("LODGER_GRACE", "soon"), "invalid LODGER_GRACE \"soon\""),
        (("LODGER_BASE_PATH", "https://x/"), "cannot use \"https://x/\" as the base path"),
    ] {
        let platform = Vercel::start().unwrap();
        let process = start(&[("VERCEL_IPC_PATH", &*platform.ipc_path()), var]);
        let (exit_code, message) = timeout(SOON, platform.unrecoverable_error()).await.unwrap();
        assert!(exit_code == 1 && message.starts_with(error), "{exit_code}: {message}");
        let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
        assert_eq!(status.code(), Some(1), "{log}");
        assert_eq!((platform.messages().len(), platform.protocol_errors()), (1, vec![]));
    }
}

#[tokio::test]
async fn removes_the_prefix_of_a_service_if_the_platform_requires_that() {
    for (strip, uri) in [("1", "/x?y"), ("true", "/x?y"), ("0", "/svc/x?y")] {
        let platform = Vercel::start().unwrap();
        let _process = start(&[
            ("VERCEL_IPC_PATH", &*platform.ipc_path()),
            ("VERCEL_SERVICE_ROUTE_PREFIX", "/svc/"),
            ("VERCEL_SERVICE_ROUTE_PREFIX_STRIP", strip),
            ("VERCEL_OIDC_TOKEN", "of the process"),
        ]);
        let addr = platform.address().await.unwrap();
        let seen: Value = serde_json::from_slice(send(addr, &ClientRequest::get("/svc/x?y")).await.body()).unwrap();
        assert_eq!(seen["uri"], uri, "{strip}");
        let target = if strip == "0" { "/respond" } else { "/svc/respond" };
        let location = if strip == "0" { "/items" } else { "/svc/items" };
        assert_eq!(send(addr, &request_for_redirect(target)).await.headers()["location"], location, "{strip}");
        assert!(seen["headers"].to_string().contains(r#"["x-vercel-oidc-token","of the process"]"#), "{seen}");
    }
}

#[tokio::test]
async fn is_a_plain_server_behind_vercels_own_proxy() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
    command.arg0("./user-server").env_clear().env("PORT", "0").env("VERCEL_IPC_PATH", "/nowhere");
    let mut process = Program::spawn(&mut command);
    let addr = process.listening_addr();
    assert!(addr.ip().is_loopback() && addr.port() != 0, "{addr}");

    // The proxy forwards internal headers, and the address of the client only in a header.
    let request = ClientRequest::get("/").header("x-vercel-sc-runtime-cache", "secret").header("x-mine", "kept");
    let seen =
        async |request: ClientRequest| serde_json::from_slice::<Value>(send(addr, &request).await.body()).unwrap();
    let forwarded = seen(request.header("x-vercel-forwarded-for", "198.51.100.4")).await;
    assert_eq!(forwarded["client"], "198.51.100.4");
    let headers = forwarded["headers"].to_string();
    assert!(headers.contains("kept") && !headers.contains("secret"), "{headers}");
    assert_eq!(seen(ClientRequest::get("/")).await["client"], "0.0.0.0");
}

#[test]
fn prints_the_line_that_vercel_dev_waits_for() {
    // `vercel dev` passes on the user's environment, which may contain `PORT`.
    for (port, more) in [("0", None), ("0", Some(("PORT", "1"))), ("1", Some(("LODGER_ADDR", "127.0.0.1:0")))] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_probe"));
        command.env_clear().env("VERCEL_DEV", "1").env("VERCEL_DEV_PORT", port).envs(more);
        let mut process = Program::spawn(&mut command);
        let addr = process.listening_addr();
        assert_eq!(process.stdout_until("\n"), format!("Dev server listening: {}\n", addr.port()));
        assert!(addr.ip().is_loopback());
    }
}
