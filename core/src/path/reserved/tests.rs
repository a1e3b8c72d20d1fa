//! Tests of reserved paths, with chosen paths and with random paths against all [readers](super::readers).

use std::time::{Duration, Instant};

use crate::path::reserved::{
    readers::{RandomPaths, leads_to, readings},
    *,
};

fn covers(path: &str) -> bool {
    Reserved::new(Some("/events"), Some("/live/ws")).covers(path)
}

fn reserved(events_path: &str) -> Reserved {
    Reserved::new(Some(events_path), None)
}

#[test]
fn covers_every_spelling_of_a_path_below_a_reserved_one() {
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
        // Parameters end at a slash; a backslash or an escaped slash may be part of them.
        "/;\\x/events",
        "/;x\\y/events",
        "/;x%5Cy/events",
        "/;x%2Fy/events",
        "/;x%252Fy%2Fevents",
        "/;x/;y/events",
        "/%3Bx%2F/events",
        "/live;\\x/ws",
        "/live;x%2Fy/ws",
        "/;live/live/ws",
        // A letter beyond ASCII, whose upper case is in ASCII.
        "/event%C5%BF",
    ] {
        assert!(covers(path), "{path}");
    }
    // Escaped more often than any router decodes.
    assert!(covers("/%25252525252565vents"));
}

#[test]
fn does_not_cover_other_paths() {
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
        "/x;y/events",
        "/x;y/events2",
        "/x;y/z/events",
        "/;x/y/events",
        "/;x/eventsx",
        "/x%2Fevents",
        "/x\\events",
        "/x/;y/events",
        "/live;v=1/x/ws",
        "/a/%3Fb/events",
        "/event%C5%BFx",
        "/caf%C3%A9/events",
    ] {
        assert!(!covers(path), "{path}");
    }
    assert!(!Reserved::new(None, None).covers("/events"));
}

#[test]
fn cannot_reserve_a_path_without_segments() {
    for path in ["", "/", "/%2F", "/;", "/;x", "/%5c", "/.", "/x/..", "/%2e%2e", "/%3f", "/%2525252541"] {
        assert!(!can_be_reserved(path), "{path}");
    }
    for path in ["/events", "/%65", "/a/b", "/$"] {
        assert!(can_be_reserved(path), "{path}");
    }
}

#[test]
fn decodes_a_reserved_path() {
    let reserved = reserved("/%65vents/%C3%A9");
    assert!(reserved.covers("/events/%c3%a9/x"));
    assert!(!reserved.covers("/events"));
}

#[test]
fn ignores_the_case_of_a_reserved_path() {
    let reserved = reserved("/caf%C3%A9/k");
    // The last one ends in the Kelvin sign.
    for path in ["/CAF%C3%89/K/x", "/caf%c3%a9/k", "/Caf%C3%89/%E2%84%AA"] {
        assert!(reserved.covers(path), "{path}");
    }
    assert!(!reserved.covers("/cafe/k"));
}

#[test]
fn covers_a_reserved_path_of_many_segments() {
    let path = "/a".repeat(200);
    let reserved = reserved(&path);
    assert!(reserved.covers(&path) && reserved.covers(&format!("/;x{path}")));
    assert!(!reserved.covers("/a/a/a"));
}

#[test]
fn no_reading_of_an_admitted_path_leads_to_a_reserved_one() {
    // `LODGER_TEST_PATHS` sets the number of paths.
    let count = std::env::var("LODGER_TEST_PATHS").map_or(20_000, |count| count.parse().unwrap());
    let mut paths = RandomPaths::new();
    let (mut admitted, mut covered, mut readings_of_all) = (0, 0, 0);
    for _ in 0..count {
        let path = paths.next();
        let readings = readings(path.as_bytes());
        readings_of_all += readings.len();
        let leads = readings.iter().find(|reading| leads_to(reading, b"/events") || leads_to(reading, b"/live/ws"));
        match (leads, covers(&path)) {
            (Some(reading), false) => panic!("{path} can be read as {}", String::from_utf8_lossy(reading)),
            (Some(_), true) => covered += 1,
            (None, is_covered) => admitted += usize::from(!is_covered),
        }
    }
    eprintln!("{count} paths, {readings_of_all} readings, {covered} lead to a reserved path, {admitted} were admitted");
    // The test needs enough paths of both kinds.
    assert!(covered > count / 20 && admitted > count / 20, "{covered} covered, {admitted} admitted of {count}");
}

#[test]
fn checks_a_path_in_linear_time() {
    let reserved = reserved(&"/a".repeat(63));
    for unit in
        ["/", "/a", "/a;", ";", "..", "/../a", "%2f", "%25", "%252525", "%2525252525", "\\", "é", "/x%2e%2e/", "/A;%41"]
    {
        // Four times as long as any URI. Quadratic time would take minutes.
        let path = unit.repeat((256 << 10) / unit.len());
        let start = Instant::now();
        reserved.covers(&path);
        let time = start.elapsed();
        assert!(time < Duration::from_secs(10), "{unit}: {time:?}");
    }
}
