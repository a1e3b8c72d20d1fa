//! Each platform by its contract: the variables that it really sets, its signal, its time until SIGKILL, and the addresses of its
//! clients. The numbers are from the pages of the platform, and not from the table.

mod clouds;
mod orchestrators;
mod services;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::{Duration, Instant},
};

use lodger_core::PLATFORMS;
use lodger_tests::{
    client::{ClientRequest, begin_response},
    program::{Exit, Program},
};
use tokio::{net::TcpStream, task::block_in_place};

use super::{FRAMEWORKS, body_of, send_tcp, start, tcp::has_ipv6};

/// The contract of a platform.
struct Contract {
    name: &'static str,
    /// The name in the start-up line.
    title: &'static str,
    /// Variables that the platform sets, beside `PORT`.
    vars: &'static [(&'static str, &'static str)],
    /// The signal, as `kill` names it.
    signal: &'static str,
    /// The time from the signal to SIGKILL. `None` if the platform documents no time.
    kill_after: Option<Duration>,
    /// The grace period in the log.
    grace: &'static str,
    /// Whether clients come over IPv6.
    has_ipv6_clients: bool,
}

/// A platform that sends SIGTERM, and whose clients come over IPv4.
const CONTRACT: Contract = Contract {
    name: "",
    title: "",
    vars: &[],
    signal: "TERM",
    kill_after: None,
    grace: "10s",
    has_ipv6_clients: false,
};

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// Starts the probe as the platform does. Returns it with its address.
fn start_as(contract: &Contract, more: &[(&str, &str)]) -> (Program, SocketAddr) {
    let mut process = start(&[contract.vars, &[("PORT", "0")], more].concat());
    let line = process.read_line();
    let parts = line.trim_end().strip_prefix("lodger: listening on http://").and_then(|line| line.split_once(" on "));
    let (addr, note) = parts.unwrap_or_else(|| panic!("{}: {line}", contract.name));
    // A hint about the proxies of the platform may follow.
    assert_eq!(note.split(';').next(), Some(contract.title), "{line}");
    let addr = addr.parse().unwrap();
    (process, addr)
}

/// Starts the probe as the platform does, sends a request from its network, and ends the probe by its signal.
async fn check(contract: &Contract) {
    for framework in FRAMEWORKS {
        let (mut process, addr) = start_as(contract, &[("PROBE_FRAMEWORK", framework)]);
        let is_ipv6 = contract.has_ipv6_clients && has_ipv6();
        let expected: IpAddr = if is_ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        assert_eq!(addr.ip(), expected, "{}", contract.name);
        let mut clients = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, addr.port()))];
        clients.extend(is_ipv6.then(|| SocketAddr::from((Ipv6Addr::LOCALHOST, addr.port()))));
        for client in clients {
            body_of(&send_tcp(client, &ClientRequest::get("/")).await);
        }
        process.signal(contract.signal);
        let line = block_in_place(|| process.read_line());
        let expected = format!("lodger: shutting down: waiting up to {} for requests in flight", contract.grace);
        assert!(line.starts_with(&expected), "{}: {line}", contract.name);
        let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
        assert!(status.success() && log.ends_with("probe: ended\n"), "{}: {status}: {log}", contract.name);
    }
    if let Some(kill_after) = contract.kill_after.filter(|time| !time.is_zero()) {
        let grace = contract.grace.strip_suffix("ms").map(|text| text.parse::<f64>().unwrap() / 1000.0);
        let grace = grace.unwrap_or_else(|| contract.grace.trim_end_matches('s').parse().unwrap());
        assert!(grace < kill_after.as_secs_f64(), "{}", contract.name);
    }
}

/// Cuts off a request that never ends. The process may not end before `minimum`, and ends by itself.
async fn check_cut_off(contract: &Contract, more: &[(&str, &str)], minimum: Duration) {
    let (process, addr) = start_as(contract, more);
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, addr.port())).await.unwrap();
    begin_response(&mut socket, "/held/for-ever").await;
    let signalled = Instant::now();
    process.signal(contract.signal);
    let Exit { status, stderr: log, .. } = block_in_place(|| process.wait());
    assert!(status.success() && log.ends_with("probe: ended\n"), "{status}: {log}");
    assert!(log.contains("cut off requests in flight") && signalled.elapsed() >= minimum, "{log}");
}

#[test]
fn tests_every_row_of_the_table() {
    let contracts = [clouds::CONTRACTS, orchestrators::CONTRACTS, services::CONTRACTS].concat();
    let mut tested: Vec<_> = contracts.iter().map(|contract| contract.name).collect();
    let mut rows: Vec<_> = PLATFORMS.iter().map(|platform| platform.name).collect();
    tested.sort_unstable();
    rows.sort_unstable();
    assert_eq!(tested, rows);
}
