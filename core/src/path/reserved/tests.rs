//! Which paths are reserved, by hand and against [readers](super::readers).

use std::time::{Duration, Instant};

use crate::path::reserved::{
    readers::{Paths, leads_to, readings},
    *,
};

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
        // Letters beyond ASCII whose other case is within it.
        "/event%C5%BF",
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
    assert!(!Reserved::new(&Settings::default()).covers("/events"));
}

#[test]
fn a_path_without_segments_of_its_own_can_be_nobodys() {
    for path in ["", "/", "/%2F", "/;", "/;x", "/%5c", "/.", "/x/..", "/%2e%2e", "/%3f", "/%2525252541"] {
        assert!(!can_be_reserved(path), "{path}");
    }
    for path in ["/events", "/%65", "/a/b", "/$"] {
        assert!(can_be_reserved(path), "{path}");
    }
}

#[test]
fn a_reserved_path_may_be_written_encoded() {
    let settings = Settings { events_path: Some("/%65vents/%C3%A9".into()), ..Settings::default() };
    let reserved = Reserved::new(&settings);
    assert!(reserved.covers("/events/%c3%a9/x"));
    assert!(!reserved.covers("/events"));
}

#[test]
fn a_reserved_path_is_found_in_any_case() {
    let settings = Settings { events_path: Some("/caf%C3%A9/k".into()), ..Settings::default() };
    let reserved = Reserved::new(&settings);
    // The last one ends in the Kelvin sign.
    for path in ["/CAF%C3%89/K/x", "/caf%c3%a9/k", "/Caf%C3%89/%E2%84%AA"] {
        assert!(reserved.covers(path), "{path}");
    }
    assert!(!reserved.covers("/cafe/k"));
}

#[test]
fn a_reserved_path_of_many_segments_is_found() {
    let path = "/a".repeat(200);
    let settings = Settings { events_path: Some(path.clone()), ..Settings::default() };
    let reserved = Reserved::new(&settings);
    assert!(reserved.covers(&path) && reserved.covers(&format!("/;x{path}")));
    assert!(!reserved.covers("/a/a/a"));
}

#[test]
fn no_reading_of_an_admitted_path_leads_to_a_reserved_one() {
    // `LODGER_TEST_PATHS` sets the number of paths.
    let count = std::env::var("LODGER_TEST_PATHS").map_or(20_000, |count| count.parse().unwrap());
    let mut paths = Paths::new();
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
    // Else the paths show little.
    assert!(covered > count / 20 && admitted > count / 20, "{covered} covered, {admitted} admitted of {count}");
}

#[test]
fn a_path_is_checked_in_linear_time() {
    let settings = Settings { events_path: Some("/a".repeat(63)), ..Settings::default() };
    let reserved = Reserved::new(&settings);
    for unit in
        ["/", "/a", "/a;", ";", "..", "/../a", "%2f", "%25", "%252525", "%2525252525", "\\", "é", "/x%2e%2e/", "/A;%41"]
    {
        // Four times as long as any URI. In square time it takes minutes.
        let path = unit.repeat((256 << 10) / unit.len());
        let start = Instant::now();
        reserved.covers(&path);
        let time = start.elapsed();
        assert!(time < Duration::from_secs(10), "{unit}: {time:?}");
    }
}
