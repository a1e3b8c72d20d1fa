//! A cache of header names.
//!
//! Every event has about the same twenty headers, and parsing a name takes an allocation and a table lookup. The cache saves
//! a twelfth of the instructions and a fifth of the allocations of a small request.

use http::{
    HeaderName,
    header::{CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE},
};

const SLOTS: usize = 256;
/// The maximum length of a cached name, in bytes: clients choose names, and a cached name stays in memory.
const MAX_LENGTH: usize = 64;

pub(crate) const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The meaning of a header to Lodger. Known for a cached name, which saves comparing each name with each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderRole {
    /// The header is for the app only.
    Other,
    Host,
    Cookie,
    ContentLength,
    TraceId,
    /// The header is about the connection between the client and the front (RFC 9110, section 7.6.1), or is `expect`, to which
    /// the front has responded.
    Connection,
}

/// A header name, as the event contains it and as `http` represents it. REST APIs and load balancers send upper-case letters.
#[derive(Debug, Clone)]
struct KnownName {
    bytes: Box<[u8]>,
    name: HeaderName,
    role: HeaderRole,
}

/// The most recent header names, one for each hash.
#[derive(Debug)]
pub(crate) struct HeaderNameCache(Vec<Option<KnownName>>);

impl HeaderNameCache {
    pub(crate) fn new() -> Self {
        Self(vec![None; SLOTS])
    }

    /// Returns the header name and its role, or `None` if `name` is not a valid one.
    pub(crate) fn get(&mut self, name: &[u8]) -> Option<(HeaderName, HeaderRole)> {
        let slot = self.0.get_mut(hash(name) % SLOTS);
        if let Some(Some(known)) = &slot
            && *known.bytes == *name
        {
            return Some((known.name.clone(), known.role));
        }
        let new = HeaderName::from_bytes(name).ok()?;
        let role = HeaderRole::of(&new);
        if let Some(slot) = slot.filter(|_| name.len() <= MAX_LENGTH) {
            *slot = Some(KnownName { bytes: name.into(), name: new.clone(), role });
        }
        Some((new, role))
    }
}

impl HeaderRole {
    fn of(name: &HeaderName) -> Self {
        match *name {
            HOST => Self::Host,
            COOKIE => Self::Cookie,
            CONTENT_LENGTH => Self::ContentLength,
            CONNECTION | TRANSFER_ENCODING | TE | TRAILER | UPGRADE | EXPECT => Self::Connection,
            _ if *name == TRACE_ID => Self::TraceId,
            _ => match name.as_str().strip_prefix("proxy") {
                // `proxy` must not become the variable `HTTP_PROXY` of a CGI script (CVE-2016-5385).
                Some(rest) if rest.is_empty() || rest.starts_with('-') => Self::Connection,
                None if name.as_str() == "keep-alive" => Self::Connection,
                _ => Self::Other,
            },
        }
    }
}

/// Hashes the length and the bytes at both ends, by which header names differ. Looking at every byte takes three times as long.
fn hash(name: &[u8]) -> usize {
    let ends = match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(29),
        _ => name.iter().fold(0, |bytes, &byte| bytes << 8 | u64::from(byte)),
    };
    // Multiplication moves the differences to the highest bits.
    let hash = (ends ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (hash >> 48) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_same_name_from_the_cache() {
        let mut names = HeaderNameCache::new();
        let all: Vec<String> = (0..1000).map(|i| format!("x-{i}")).chain(["host".into(), "x".repeat(100)]).collect();
        for name in all.iter().chain(&all) {
            assert_eq!(names.get(name.as_bytes()).unwrap().0.as_str(), name);
        }
        assert_eq!(names.get(b"X-Case").unwrap(), names.get(b"x-case").unwrap());
        for bad in [&b""[..], b"a b", b"a\nb", b"\xff"] {
            assert_eq!(names.get(bad), None);
        }
    }

    #[test]
    fn caches_names_of_at_most_64_bytes() {
        let mut names = HeaderNameCache::new();
        for (length, cached) in [(64, 1), (65, 1)] {
            names.get("x".repeat(length).as_bytes()).unwrap();
            assert_eq!(names.0.iter().flatten().count(), cached, "{length}");
        }
    }

    #[test]
    fn knows_the_role_of_a_name_in_any_case() {
        let mut names = HeaderNameCache::new();
        for (name, role) in [
            ("Host", HeaderRole::Host),
            ("cookie", HeaderRole::Cookie),
            ("Content-Length", HeaderRole::ContentLength),
            ("X-Amzn-Trace-Id", HeaderRole::TraceId),
            ("keep-alive", HeaderRole::Connection),
            ("Proxy-Authorization", HeaderRole::Connection),
            ("proxy", HeaderRole::Connection),
            ("proxying", HeaderRole::Other),
            ("TE", HeaderRole::Connection),
            ("accept", HeaderRole::Other),
        ] {
            for _ in 0..2 {
                assert_eq!(names.get(name.as_bytes()).unwrap().1, role, "{name}");
            }
        }
    }

    #[test]
    fn distributes_common_names_over_the_slots() {
        let names = [
            "accept",
            "accept-encoding",
            "accept-language",
            "authorization",
            "cache-control",
            "cloudfront-forwarded-proto",
            "cloudfront-is-desktop-viewer",
            "cloudfront-is-mobile-viewer",
            "cloudfront-is-smarttv-viewer",
            "cloudfront-is-tablet-viewer",
            "cloudfront-viewer-asn",
            "cloudfront-viewer-country",
            "content-length",
            "content-type",
            "cookie",
            "dnt",
            "host",
            "if-modified-since",
            "if-none-match",
            "origin",
            "pragma",
            "priority",
            "referer",
            "sec-ch-ua",
            "sec-ch-ua-mobile",
            "sec-ch-ua-platform",
            "sec-fetch-dest",
            "sec-fetch-mode",
            "sec-fetch-site",
            "sec-fetch-user",
            "upgrade-insecure-requests",
            "user-agent",
            "via",
            "x-amz-cf-id",
            "x-amzn-trace-id",
            "x-forwarded-for",
            "x-forwarded-port",
            "x-forwarded-proto",
            "x-request-id",
        ];
        let title_word = |word: &str| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        };
        let title = |name: &str| name.split('-').map(title_word).collect::<Vec<_>>().join("-");
        for names in [names.map(str::to_owned), names.map(title)] {
            let slots: std::collections::HashSet<_> = names.iter().map(|name| hash(name.as_bytes()) % SLOTS).collect();
            assert!(slots.len() >= names.len() - 4, "{} of {}", slots.len(), names.len());
        }
    }
}
