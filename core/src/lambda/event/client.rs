//! The address of the client.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;

use crate::{ClientAddr, json::read::Text};

/// The source of the client's address.
pub(crate) enum ClientSource<'a> {
    /// There is none.
    Unknown,
    /// A member of the event.
    Member(Option<Text<'a>>),
    /// The last address in `x-forwarded-for`, which the front has added. The client can forge the others.
    LastForwarded,
}

impl ClientSource<'_> {
    /// Returns the address, or [`ClientAddr::UNKNOWN`].
    pub(crate) fn address(&self, headers: &HeaderMap) -> ClientAddr {
        let address = match self {
            Self::Unknown => None,
            Self::Member(ip) => ip.and_then(Text::verbatim).and_then(parse_address),
            Self::LastForwarded => {
                let last = headers.get_all("x-forwarded-for").iter().next_back();
                last.and_then(|value| parse_address(value.as_bytes().rsplit(|&byte| byte == b',').next()?))
            }
        };
        address.map_or(ClientAddr::UNKNOWN, ClientAddr)
    }
}

/// Parses an IP address with an optional port. IPv6 addresses may be in brackets.
fn parse_address(text: &[u8]) -> Option<SocketAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let ip = || text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text).parse::<IpAddr>();
    text.parse().ok().or_else(|| ip().ok().map(|ip| SocketAddr::new(ip, 0)))
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
