//! Networks of IP addresses (RFC 4632, RFC 4291).

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

/// The bits of an IPv6 address before the IPv4 address that the IPv6 address maps (RFC 4291, section 2.5.5.2).
const MAPPED_BITS: u32 = 96;

/// The addresses that share the first bits with an address: `10.0.0.0/8`, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    /// An IPv4 address if the network is within the mapped IPv4 addresses.
    address: IpAddr,
    /// The number of shared bits, at most the bits of the address.
    prefix: u32,
}

impl Network {
    /// Whether the network contains `ip`. A mapped IPv4 address counts as the IPv4 address.
    #[cfg(any(feature = "server", test))]
    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        match (self.address, ip.to_canonical()) {
            (IpAddr::V4(address), IpAddr::V4(ip)) => {
                let different = address.to_bits() ^ ip.to_bits();
                different.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(address), IpAddr::V6(ip)) => {
                let different = address.to_bits() ^ ip.to_bits();
                different.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = ();

    /// Reads an address, or an address and a prefix length after a slash. Bits after the prefix do not count.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(drop)?;
        let bits = if address.is_ipv4() { Ipv4Addr::BITS } else { std::net::Ipv6Addr::BITS };
        let prefix = match prefix {
            // `u32` alone would accept `+8`.
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => prefix.parse().map_err(drop)?,
            Some(_) => return Err(()),
            None => bits,
        };
        match address.to_canonical() {
            _ if prefix > bits => Err(()),
            canonical @ IpAddr::V4(_) if address.is_ipv6() && prefix >= MAPPED_BITS => {
                Ok(Self { address: canonical, prefix: prefix - MAPPED_BITS })
            }
            _ => Ok(Self { address, prefix }),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contains(network: &str, ip: &str) -> bool {
        network.parse::<Network>().unwrap().contains(ip.parse().unwrap())
    }

    #[test]
    fn contains_the_addresses_with_its_prefix() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.9.9.9/8", "10.0.0.1", "9.255.255.255"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.6"),
            ("192.0.2.6/31", "192.0.2.7", "192.0.2.8"),
            ("fd00::/8", "fdff::1", "fe00::"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("0.0.0.0/0", "255.255.255.255", "::1"),
            ("::/0", "ffff::", "10.0.0.1"),
        ] {
            assert!(contains(network, inside), "{network} {inside}");
            assert!(!contains(network, outside), "{network} {outside}");
        }
    }

    #[test]
    fn treats_a_mapped_address_as_an_ipv4_address() {
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
        assert!(!contains("::ffff:10.0.0.0/104", "11.1.2.3"));
        assert!(!contains("::/0", "::ffff:10.1.2.3"));
    }

    #[test]
    fn rejects_text_that_is_not_a_network() {
        for text in
            ["", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/+8", "10.0.0.0/-1", "::/129", "10/8", "10.0.0.0/8/8", "a/8"]
        {
            assert_eq!(text.parse::<Network>(), Err(()), "{text:?}");
        }
    }
}
