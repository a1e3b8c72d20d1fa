//! Addresses as proxies write them into headers.

use std::net::{IpAddr, SocketAddr};

/// Parses an IP address with an optional port. IPv6 addresses may be in brackets. Without a port, the port is 0.
pub(crate) fn parse_address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let ip = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse::<IpAddr>();
    // Most addresses have no port.
    ip().ok().map(|ip| SocketAddr::new(ip, 0)).or_else(|| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_addresses_with_ports_and_brackets() {
        let address = |text: &str| parse_address(text.as_bytes()).map(|address| address.to_string());
        assert_eq!(address("203.0.113.9").unwrap(), "203.0.113.9:0");
        assert_eq!(address(" 203.0.113.9:4711 ").unwrap(), "203.0.113.9:4711");
        assert_eq!(address("2001:db8::1").unwrap(), "[2001:db8::1]:0");
        assert_eq!(address("[2001:db8::1]").unwrap(), "[2001:db8::1]:0");
        assert_eq!(address("[2001:db8::1]:4711").unwrap(), "[2001:db8::1]:4711");
        for garbage in ["", "unknown", "1.2.3", "203.0.113.9:x", "[::1", "_hidden"] {
            assert_eq!(address(garbage), None, "{garbage}");
        }
    }
}
