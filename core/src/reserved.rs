//! Paths that belong to events: no HTTP request is to reach the app there, whatever it makes of a path.

use std::sync::Arc;

use crate::{Settings, log::say, once::Once};

/// How often a path is decoded: more than any router does.
const TIMES: usize = 4;

/// The paths at which an app trusts what it gets, because Lambda and nobody else calls there.
///
/// A request's path falls under one if it does so in any way that a router, or whatever stands before it in the app, may read
/// it: escaped, once or several times, in other letters, with slashes doubled or turned, with dots or parameters in its
/// segments. To be too strict costs an app a path that nobody would write; to be too lax lets anybody send it events.
#[derive(Debug, Clone)]
pub(crate) struct Reserved {
    /// The segments of each.
    paths: Vec<Vec<Vec<u8>>>,
    told: Arc<Once>,
}

impl Reserved {
    pub(crate) fn new(settings: &Settings) -> Self {
        let paths = [&settings.events_path, &settings.websocket_path].into_iter().flatten();
        let paths = paths.map(|path| segments(&fully_decoded(path.as_bytes()))).collect();
        Self { paths, told: Arc::new(Once::new()) }
    }

    /// Whether an HTTP request may have this path. That it may not is told once: anybody can send such requests.
    pub(crate) fn admits(&self, path: &str) -> bool {
        let is_covered = self.covers(path);
        if is_covered && self.told.is_first() {
            say!(
                WARN,
                "a request for {path:.80?} is answered with 404, as all others like it will be without a word: the path is for \
                 events (LODGER_EVENTS_PATH, LODGER_WEBSOCKET_PATH)"
            );
        }
        !is_covered
    }

    fn covers(&self, path: &str) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let mut path = path.as_bytes().to_vec();
        for _ in 0..TIMES {
            let segments = segments(&path);
            if self.paths.iter().any(|reserved| may_lead_to(&segments, reserved)) {
                return true;
            }
            let decoded = decoded(&path);
            if decoded == path {
                return false;
            }
            path = decoded;
        }
        // Who escapes so often has something to hide.
        true
    }
}

/// Whether events can have this path for their own: it has segments, and they are what they look like.
pub(crate) fn can_be_reserved(path: &str) -> bool {
    let segments = segments(&fully_decoded(path.as_bytes()));
    !segments.is_empty() && !segments.iter().any(|segment| is_dots(segment))
}

fn is_dots(segment: &[u8]) -> bool {
    matches!(segment, b"." | b"..")
}

fn may_lead_to(segments: &[Vec<u8>], reserved: &[Vec<u8>]) -> bool {
    let mut left = segments.iter().filter(|segment| **segment != b".");
    if segments.iter().any(|segment| segment == b"..") {
        // Which of them are left when dots are resolved depends on who does it, and how: it is some, in their order.
        reserved.iter().all(|segment| left.any(|other| other == segment))
    } else {
        reserved.iter().all(|segment| left.next() == Some(segment))
    }
}

/// What stands between slashes of either kind, where anything does, without what may end it, and in small letters.
fn segments(path: &[u8]) -> Vec<Vec<u8>> {
    let segments = path.split(|byte| matches!(byte, b'/' | b'\\'));
    let ends = |byte: &u8| matches!(byte, b';' | b'?' | b'#');
    let bare = segments.map(|segment| segment.split(ends).next().unwrap_or_default());
    bare.filter(|segment| !segment.is_empty()).map(<[u8]>::to_ascii_lowercase).collect()
}

fn fully_decoded(path: &[u8]) -> Vec<u8> {
    (0..TIMES).fold(path.to_vec(), |path, _| decoded(&path))
}

/// The path without its escapes; what is no escape stays.
fn decoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let digit = |at: usize| after.get(at).and_then(|&digit| char::from(digit).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high << 4 | low).unwrap_or_default());
                rest = after.get(2..).unwrap_or_default();
            }
            _ => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(path: &str) -> bool {
        let settings = Settings {
            events_path: Some("/events".into()),
            websocket_path: Some("/live/ws".into()),
            ..Settings::default()
        };
        Reserved::new(&settings).covers(path)
    }

    #[test]
    fn a_path_under_one_is_covered_however_it_is_written() {
        for path in [
            "/events",
            "/events/",
            "/events/sqs",
            "//events",
            "/./events",
            "/x/../events",
            "/../events",
            "/EVENTS",
            "/Events/",
            "/%65vents",
            "/%65%76ents%2Fsqs",
            "/%2565vents",
            "/%2fevents",
            "/%2e/events",
            "/x/%2e%2e/events",
            "/\\events",
            "/%5cevents",
            "/events;v=1/x",
            "/;/events",
            "/events%3fx",
            "/events%23",
            "/y/../events//../x",
            "/y/../events/..;x",
            "/y/../events/;/..",
            "/y/../events/\\..",
            "/live/x/../ws",
            "/live/./ws/..",
            "/live//ws/$connect",
            "/Live/%77s",
            "/live/ws",
        ] {
            assert!(covers(path), "{path}");
        }
        // Beyond what any router does.
        assert!(covers("/%25252525252565vents"));
    }

    #[test]
    fn any_other_path_is_not() {
        for path in ["/x/./events", "/files/%2e/events", "/a/./live/b/ws", "/x/../y", "/live/../x", "/ws/../live"] {
            assert!(!covers(path), "{path}");
        }
        for path in [
            "/",
            "",
            "*",
            "/event",
            "/eventsx",
            "/x/events",
            "/live",
            "/live/x",
            "/a%20b",
            "/100%",
            "/%zz",
            "/live/wsx",
        ] {
            assert!(!covers(path), "{path}");
        }
        assert!(!Reserved::new(&Settings::default()).covers("/events"));
    }

    #[test]
    fn a_path_without_segments_of_its_own_can_be_nobodys() {
        for path in ["", "/", "/%2F", "/;", "/;x", "/%5c", "/.", "/x/..", "/%2e%2e", "/%3f"] {
            assert!(!can_be_reserved(path), "{path}");
        }
        for path in ["/events", "/%65", "/a/b", "/$"] {
            assert!(can_be_reserved(path), "{path}");
        }
    }

    /// Ways in which a router, or a layer before it, may read a path.
    fn readings(path: &str) -> Vec<String> {
        let decode = |path: &str| String::from_utf8_lossy(&decoded(path.as_bytes())).into_owned();
        let collapse = |path: &str| path.split('/').filter(|s| !s.is_empty()).fold(String::new(), |p, s| p + "/" + s);
        let cut = |path: &str| path.split('/').map(|s| s.split(';').next().unwrap()).collect::<Vec<_>>().join("/");
        let resolve = |path: &str| {
            let mut kept: Vec<&str> = vec![];
            for segment in path.split('/').skip(1) {
                match segment {
                    "." => {}
                    ".." => drop(kept.pop()),
                    segment => kept.push(segment),
                }
            }
            format!("/{}", kept.join("/"))
        };
        let mut readings = vec![path.to_owned()];
        for _ in 0..3 {
            let new = readings
                .iter()
                .flat_map(|path| [decode(path), collapse(path), cut(path), resolve(path), path.to_lowercase()]);
            let new: Vec<String> = new.filter(|path| !readings.contains(path)).collect();
            readings.extend(new);
        }
        readings
    }

    proptest::proptest! {
        #[test]
        fn what_is_let_through_is_read_as_one_by_nobody(path in "(/(events|EVENTS|%65vents|live|ws|x|\\.|\\.\\.|%2e%2e|;x|\\.\\.;|%2f|)){1,5}") {
            if !covers(&path) {
                for reading in readings(&path) {
                    let is_under = |prefix: &str| reading == prefix || reading.starts_with(&format!("{prefix}/"));
                    proptest::prop_assert!(!is_under("/events") && !is_under("/live/ws"), "{} as {}", path, reading);
                }
            }
        }
    }

    #[test]
    fn a_reserved_path_may_be_written_encoded() {
        let settings = Settings { events_path: Some("/%65vents/%C3%A9".into()), ..Settings::default() };
        let reserved = Reserved::new(&settings);
        assert!(reserved.covers("/events/%c3%a9/x"));
        assert!(!reserved.covers("/events"));
    }
}
