//! Environment variables: those that a host sets, those that a user sets, and the message for an invalid one.

use lodger_tests::{
    client::{ClientRequest, send},
    program::Exit,
};

use super::{request_for_redirect, start};

#[test]
fn listens_on_all_addresses_at_the_port_of_the_variable_port() {
    // Port 0 is any free port.
    let mut process = start(&[("PORT", "0")]);
    let addr = process.listening_addr();
    assert!(addr.ip().is_unspecified() && addr.port() != 0, "{addr}");
}

#[test]
fn warns_about_an_unknown_variable() {
    let mut process = start(&[("LODGER_ADR", "127.0.0.1:0"), ("LODGER_ADDR", "127.0.0.1:0")]);
    let line = process.read_line();
    assert!(
        line.starts_with("lodger: warning: unknown variable LODGER_ADR; known variables are LODGER_HOST, "),
        "{line}"
    );
    process.listening_addr();
}

#[test]
fn exits_with_1_and_an_error_when_it_cannot_start() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    for (vars, error) in [
        (("LODGER_ADDR", addr.as_str()), format!("cannot listen on {addr}: address already in use")),
        (("LODGER_ADDR", "nowhere"), "invalid LODGER_ADDR \"nowhere\": expected an IP address and a port".into()),
        (
            ("LODGER_HOST", "moon"),
            "invalid LODGER_HOST \"moon\": expected `server`, `lambda`, `vercel`, `web-functions` or `azure-functions`"
                .into(),
        ),
        (("LODGER_BASE_PATH", "https://x/"), "cannot use \"https://x/\" as the base path".into()),
        (("LODGER_HOST", "lambda"), "AWS_LAMBDA_RUNTIME_API is not set".into()),
        (("LODGER_HOST", "vercel"), "VERCEL_IPC_PATH is not set".into()),
        (
            ("VERCEL_IPC_PATH", "/nowhere"),
            "cannot connect to Vercel on the socket \"/nowhere\" (VERCEL_IPC_PATH)".into(),
        ),
        (("PROBE_FAILS", "error"), "cannot build the app: the database is out of reach".into()),
    ] {
        let Exit { status, stderr: log, .. } = start(&[vars]).wait();
        assert_eq!(status.code(), Some(1), "{log}");
        assert!(log.contains(&error), "{error:?} is not in {log:?}");
    }
}

#[tokio::test]
async fn adds_the_base_path_to_location_unless_that_is_off() {
    for (rewrite, location) in [("", "/api/items"), ("on", "/api/items"), ("off", "/items")] {
        let vars = [("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_BASE_PATH", "/api"), ("LODGER_REWRITE_LOCATION", rewrite)];
        let mut process = start(&vars);
        let addr = process.listening_addr();
        let response = send(addr, &request_for_redirect("/api/respond")).await;
        assert_eq!(response.headers()["location"], location, "{rewrite}");
        assert_eq!(
            send(addr, &request_for_redirect("/respond")).await.headers()["location"],
            "/items",
            "{rewrite}: the request has no base path"
        );
    }
}

#[tokio::test]
async fn warns_once_about_requests_to_the_events_path() {
    let mut process = start(&[("LODGER_ADDR", "127.0.0.1:0"), ("LODGER_EVENTS_PATH", "/events")]);
    let addr = process.listening_addr();
    for target in ["/events", "/%65vents", "/events/x"] {
        assert_eq!(send(addr, &ClientRequest::get(target)).await.status(), 404);
    }
    process.signal("KILL");
    let log = process.wait().stderr;
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("\"/events\"") && log.contains("LODGER_EVENTS_PATH"), "{log}");
}
