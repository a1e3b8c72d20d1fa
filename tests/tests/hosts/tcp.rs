//! TCP: IPv6 and IPv4 on one socket.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use lodger_tests::client::ClientRequest;
use serde_json::json;

use super::{FRAMEWORKS, client_seen, send_tcp, start};

/// Whether this machine has IPv6.
pub(crate) fn has_ipv6() -> bool {
    std::net::TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)).is_ok()
}

#[tokio::test]
async fn accepts_ipv4_and_ipv6_on_the_unspecified_address_of_ipv6() {
    if !has_ipv6() {
        return eprintln!("skipped: this machine has no IPv6");
    }
    for framework in FRAMEWORKS {
        let mut process = start(&[("LODGER_ADDR", "[::]:0"), ("PROBE_FRAMEWORK", framework)]);
        let port = process.listening_addr().port();
        // Each framework provides the address that the socket reports, as under its own server.
        for (addr, client) in [
            (SocketAddr::from((Ipv6Addr::LOCALHOST, port)), "::1"),
            (SocketAddr::from((Ipv4Addr::LOCALHOST, port)), "::ffff:127.0.0.1"),
        ] {
            let response = send_tcp(addr, &ClientRequest::get("/")).await;
            assert_eq!(client_seen(&response), json!(client), "{framework}");
        }
    }
}
