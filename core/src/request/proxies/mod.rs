//! The proxies in front of a server, and the address of the client that they send in headers.

#[cfg(feature = "server")]
mod forwarded_for;
mod network;
mod rule;
#[cfg(test)]
#[cfg(feature = "server")]
mod tests;

#[cfg(feature = "server")]
use std::net::SocketAddr;
use std::{fmt, str::FromStr};

#[cfg(feature = "server")]
use self::{forwarded_for::ForwardedFor, rule::ClientRule};
use self::{
    network::Network,
    rule::{ALB, CLOUD_RUN, CLOUDFLARE, FLY, HEROKU, RAILWAY, RENDER, TRUSTED_PROXIES, TrustedProxy},
};
use crate::Error;
#[cfg(feature = "server")]
use crate::{ClientAddr, RequestHead, request::address::parse_address};

/// The proxies in front of a server that send the address of the client in a header.
///
/// A server reads no such header by default, because a client can send each of them. With this setting, the address from the header
/// is the [`ClientAddr`](crate::ClientAddr) of a request.
///
/// - A **number** counts the proxies. Each appends the address of its own peer to `X-Forwarded-For`, so that the client is
///   this entry from the right: with 1, the last entry.
/// - **Networks** are the addresses of the proxies. If the peer of the connection is in a network, the client is the last entry of
///   `X-Forwarded-For` that is in no network. If all entries are in networks, the client is the first entry.
/// - A **platform** determines the header.
///
/// If the header is absent, or its value is not an address where the client's address has to be, the client is
/// [`ClientAddr::UNKNOWN`]: the peer is a proxy then, and its private address would say that the client is on the same machine or
/// network. A number and a platform trust the header of every peer: a client that can connect to the server past the proxies
/// can choose its address.
///
/// Other headers, such as `X-Forwarded-Proto`, do not change. The header `Forwarded` (RFC 7239) has no effect.
///
/// # Example
///
/// ```
/// # use lodger_core as lodger;
/// use lodger::Proxies;
///
/// let behind_nginx: Proxies = "10.0.0.0/8, fd00::/8".parse()?;
/// assert_eq!("fly".parse::<Proxies>()?, Proxies::FLY);
/// assert_eq!("2".parse::<Proxies>()?, Proxies::count(2));
/// # Ok::<_, lodger::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxies(Source);

/// The source of the client's address.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Count(u8),
    Networks(Vec<Network>),
    Platform(&'static TrustedProxy),
}

impl Proxies {
    pub(crate) const EXPECTED: &str = "a number of proxies from 0 to 32, networks such as `10.0.0.0/8,fd00::/8`, or `cloud-run`, \
                                       `fly`, `heroku`, `railway`, `render`, `cloudflare` or `alb`";

    /// The largest number of proxies.
    const MAX_COUNT: u8 = 32;

    /// An Application Load Balancer of AWS: the last entry of `X-Forwarded-For`.
    pub const ALB: Self = Self(Source::Platform(&ALB));
    /// Google Cloud Run without another proxy: the last entry of `X-Forwarded-For`.
    pub const CLOUD_RUN: Self = Self(Source::Platform(&CLOUD_RUN));
    /// Cloudflare in front of a server that nothing else can reach: `CF-Connecting-IP`.
    pub const CLOUDFLARE: Self = Self(Source::Platform(&CLOUDFLARE));
    /// Fly.io: `Fly-Client-IP`.
    pub const FLY: Self = Self(Source::Platform(&FLY));
    /// Heroku: the last entry of `X-Forwarded-For`, if the request has one such header.
    pub const HEROKU: Self = Self(Source::Platform(&HEROKU));
    /// Railway: `X-Real-IP`.
    pub const RAILWAY: Self = Self(Source::Platform(&RAILWAY));
    /// Render: `CF-Connecting-IP`.
    pub const RENDER: Self = Self(Source::Platform(&RENDER));

    /// The number of proxies, each of which appends an entry to `X-Forwarded-For`. 0 reads no header. At most 32 count.
    pub const fn count(count: u8) -> Self {
        Self(Source::Count(if count > Self::MAX_COUNT { Self::MAX_COUNT } else { count }))
    }

    /// Whether there is no proxy, so that no header counts.
    #[cfg(feature = "server")]
    pub(crate) fn is_none(&self) -> bool {
        self.0 == Source::Count(0)
    }

    /// Returns the address of the client of a request from `peer`.
    #[cfg(feature = "server")]
    pub(crate) fn client<H: RequestHead + ?Sized>(&self, head: &H, peer: SocketAddr) -> SocketAddr {
        match &self.0 {
            Source::Networks(networks) if !is_proxy(networks, peer) => peer,
            _ => self.client_of_trusted_peer(head),
        }
    }

    /// Returns the address of the client of a request from a peer that is a proxy.
    #[cfg(feature = "server")]
    pub(crate) fn client_of_trusted_peer<H: RequestHead + ?Sized>(&self, head: &H) -> SocketAddr {
        let client = match &self.0 {
            Source::Count(count) => usize::from(*count)
                .checked_sub(1)
                .and_then(|place| ForwardedFor::read(head).entries_from_right().nth(place).and_then(parse_address)),
            Source::Networks(networks) => client_before(networks, head),
            Source::Platform(platform) => platform.rule.client(head),
        };
        canonical(client.unwrap_or(ClientAddr::UNKNOWN.0))
    }
}

/// The same address, with an IPv4 address instead of an IPv6 address that maps it.
#[cfg(feature = "server")]
pub(crate) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Whether the address is in one of the networks. The peer of a Unix socket is unknown, although `0.0.0.0/0` contains that address.
#[cfg(feature = "server")]
fn is_proxy(networks: &[Network], address: SocketAddr) -> bool {
    address != ClientAddr::UNKNOWN.0 && networks.iter().any(|network| network.contains(address.ip()))
}

/// Returns the last entry of `X-Forwarded-For` that is in none of `networks`. If all entries are in networks, returns the first.
#[cfg(feature = "server")]
fn client_before<H: RequestHead + ?Sized>(networks: &[Network], head: &H) -> Option<SocketAddr> {
    let list = ForwardedFor::read(head);
    let mut client = None;
    for entry in list.entries_from_right() {
        let address = parse_address(entry)?;
        if !is_proxy(networks, address) {
            return Some(address);
        }
        client = Some(address);
    }
    client.filter(|_| !list.is_cut)
}

#[cfg(feature = "server")]
impl ClientRule {
    fn client<H: RequestHead + ?Sized>(self, head: &H) -> Option<SocketAddr> {
        match self {
            Self::LastForwardedFor => ForwardedFor::read(head).entries_from_right().next().and_then(parse_address),
            Self::OnlyForwardedFor => {
                let list = ForwardedFor::read(head);
                list.entries_from_right().next().filter(|_| list.headers == 1).and_then(parse_address)
            }
            Self::Header(wanted) => {
                let (mut count, mut client) = (0_usize, None);
                head.for_each_header(&mut |name, value| {
                    if name == wanted {
                        count += 1;
                        client = parse_address(value);
                    }
                });
                client.filter(|_| count == 1)
            }
        }
    }
}

impl FromStr for Proxies {
    type Err = Error;

    /// Reads a number of proxies, networks that are separated by commas, or the name of a platform. Case matters.
    ///
    /// # Errors
    /// The text is none of them, or the number is greater than 32.
    fn from_str(text: &str) -> Result<Self, Error> {
        let count = || text.parse().ok().filter(|count| *count <= Self::MAX_COUNT && !text.starts_with('+'));
        let platform = || TRUSTED_PROXIES.into_iter().find(|platform| platform.name == text);
        let networks = || text.split(',').map(|network| network.trim().parse()).collect::<Result<_, _>>().ok();
        count()
            .map(Source::Count)
            .or_else(|| platform().map(Source::Platform))
            .or_else(|| networks().map(Source::Networks))
            .map(Self)
            .ok_or_else(|| Error::invalid_setting(format!("invalid proxies {text:?}: expected {}", Self::EXPECTED)))
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Source::Count(count) => count.fmt(f),
            Source::Platform(platform) => f.write_str(platform.name),
            Source::Networks(networks) => networks
                .iter()
                .enumerate()
                .try_for_each(|(index, network)| write!(f, "{}{network}", if index == 0 { "" } else { "," })),
        }
    }
}
