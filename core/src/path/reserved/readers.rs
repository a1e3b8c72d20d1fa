//! Readers of paths: the steps that a router, or a layer before the router, may apply to a path before routing.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "only tests and fuzz targets use them")]

use std::collections::HashSet;

use crate::path::reserved::decoded;

/// Parts of paths. Frequent ones are here several times.
const PARTS: &[&str] = &[
    "/",
    "/",
    "/",
    "/",
    "\\",
    ";",
    ";",
    ".",
    "..",
    "%2f",
    "%2F",
    "%5c",
    "%3b",
    "%2e",
    "%2E%2e",
    "%25",
    "%252f",
    "%255C",
    "%253B",
    "%25252e",
    "x",
    "=y",
    "%",
    "%3f",
    "%23",
    "events",
    "events",
    "EvEnts",
    "%65vents",
    "event%73",
    "eve%256ets",
    "ev",
    "ents",
    "event%C5%BF",
    "/events",
    "/events",
    "live",
    "ws",
    "/live/ws",
    "/%6cive",
    "/Ws",
    "%2576s",
];

/// A generator of random paths, made of parts that readers treat differently.
pub(crate) struct RandomPaths(u64);

impl RandomPaths {
    /// Creates a generator. All generators return the same paths.
    pub(crate) fn new() -> Self {
        Self(0x5EED)
    }

    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    /// The next path, of up to nine parts.
    pub(crate) fn next(&mut self) -> String {
        let mut path = "/".to_owned();
        for _ in 0..1 + self.below(9) {
            path += PARTS[self.below(PARTS.len())];
        }
        path
    }
}

/// Returns all readings of a path: the steps in any order and number, up to a limit that hardly any path reaches.
pub(crate) fn readings(path: &[u8]) -> Vec<Vec<u8>> {
    type Step = fn(&[u8]) -> Vec<u8>;
    let steps: [Step; 9] =
        [decode, cut_to_slash, cut_to_end, cut_query, turn_backslashes, merge, resolve, resolve_merged, fold];
    let mut known = HashSet::from([path.to_vec()]);
    let mut readings = vec![path.to_vec()];
    let mut at = 0;
    while at < readings.len() && readings.len() < 2_000 {
        for step in steps {
            let reading = step(&readings[at]);
            if known.insert(reading.clone()) {
                readings.push(reading);
            }
        }
        at += 1;
    }
    readings
}

/// Returns whether a reading is a reserved path or below one.
pub(crate) fn leads_to(reading: &[u8], reserved: &[u8]) -> bool {
    reading.strip_prefix(reserved).is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}

fn decode(path: &[u8]) -> Vec<u8> {
    decoded(path).unwrap_or_else(|| path.to_vec())
}

/// Removes the parameters of each segment.
fn cut_to_slash(path: &[u8]) -> Vec<u8> {
    let bare = path.split(|&byte| byte == b'/').map(|segment| segment.split(|&byte| byte == b';').next().unwrap());
    bare.collect::<Vec<_>>().join(&b'/')
}

/// Removes everything from the first parameter on.
fn cut_to_end(path: &[u8]) -> Vec<u8> {
    path.split(|&byte| byte == b';').next().unwrap().to_vec()
}

fn cut_query(path: &[u8]) -> Vec<u8> {
    path.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap().to_vec()
}

fn turn_backslashes(path: &[u8]) -> Vec<u8> {
    path.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect()
}

fn merge(path: &[u8]) -> Vec<u8> {
    let mut merged = path.to_vec();
    merged.dedup_by(|one, other| (*one, *other) == (b'/', b'/'));
    merged
}

/// Resolves dot segments as RFC 3986 does: `..` removes an empty segment too.
fn resolve(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = vec![];
    for segment in path.split(|&byte| byte == b'/').skip(1) {
        match segment {
            b"." => {}
            b".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    [b"/", &*kept.join(&b'/')].concat()
}

/// Resolves dot segments, and drops empty ones.
fn resolve_merged(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = vec![];
    for segment in path.split(|&byte| byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    [b"/", &*kept.join(&b'/')].concat()
}

/// Converts letters to lower case, including letters of Unicode whose upper case is in ASCII.
fn fold(path: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(path);
    text.replace('\u{17f}', "s").to_lowercase().into_bytes()
}
