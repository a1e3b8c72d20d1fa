//! The address of the client.

use http::HeaderMap;

use crate::{ClientAddr, json::read::Text, request::address::parse_address};

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
