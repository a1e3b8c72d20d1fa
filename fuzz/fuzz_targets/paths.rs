//! Base paths and reserved paths: no spelling of a reserved path reaches the app, no path becomes a host, queries stay as they are, and
//! `Location` gets the removed prefix back.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use http::{HeaderMap, HeaderValue, Uri, header::LOCATION, uri::PathAndQuery};
use libfuzzer_sys::{Corpus, fuzz_target};
use lodger_core::{
    PathPrefix, Settings,
    fuzzing::{PathOutcome, Paths, may_lead_to, restore_location},
};
use lodger_fuzz::function::is_plain;

/// The prefix of the host, the base path, the route for events, and the route for WebSockets.
type Rules = (Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<&'static str>);

const RULES: &[Rules] = &[
    (None, None, Some("/events"), Some("/live/ws")),
    (None, Some("/api"), Some("/events"), None),
    (Some("/svc"), Some("/api"), Some("/events"), Some("/live/ws")),
    (None, Some("/caf%C3%A9/v1"), None, None),
    (None, Some("/api/events"), Some("/events/api"), None),
];

#[derive(Debug)]
struct Input<'a> {
    rules: Rules,
    /// Is a path and a query for `http`.
    target: String,
    location: &'a [u8],
}

impl<'a> Arbitrary<'a> for Input<'a> {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let rules = *input.choose(RULES)?;
        let length = input.arbitrary_len::<u8>()?;
        let target = String::from_utf8_lossy(input.bytes(length)?).into_owned();
        let target = format!("/{target}").parse::<PathAndQuery>().map_err(|_| arbitrary::Error::IncorrectFormat)?;
        let location = input.bytes(input.len())?;
        Ok(Self { rules, target: target.to_string(), location })
    }

    fn arbitrary_take_rest(mut input: Unstructured<'a>) -> arbitrary::Result<Self> {
        Self::arbitrary(&mut input)
    }
}

fuzz_target!(|input: Input<'_>| -> Corpus {
    let (outermost, base_path, events_path, websocket_path) = input.rules;
    let [base_path, events_path, websocket_path] =
        [base_path, events_path, websocket_path].map(|path| path.map(str::to_owned));
    let mut settings = Settings::default();
    (settings.base_path, settings.events_path, settings.websocket_path) = (base_path, events_path, websocket_path);
    let paths = Paths::new(&settings, outermost);
    let outcome = paths.view(&input.target);
    let (path, query) = split(&input.target);
    let seen = match &outcome {
        PathOutcome::Reserved => None,
        PathOutcome::Unchanged => Some(path),
        PathOutcome::Shortened(uri, prefix) => {
            assert_eq!((uri.scheme(), uri.authority()), (None, None), "a host: {uri:?}");
            assert_eq!(uri.query(), query, "another query");
            let rest = uri.path();
            let is_whole = [prefix.as_str(), rest].concat() == path || rest == "/" && prefix.as_str() == path;
            assert!(is_whole && rest.starts_with('/'), "{path} is not {} and {rest}", prefix.as_str());
            Some(rest)
        }
    };
    if let Some(seen) = seen {
        assert!(!may_be_reserved(seen, &input.rules), "a router may find a reserved path in {seen}");
    } else {
        assert!(!is_plain(path) || may_be_reserved_below_prefix(path, &input.rules), "{path} is not reserved");
    }
    if let (PathOutcome::Shortened(_, prefix), Ok(location)) = (&outcome, HeaderValue::from_bytes(input.location)) {
        restore(&paths, prefix, location);
    }
    Corpus::Keep
});

fn split(target: &str) -> (&str, Option<&str>) {
    target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)))
}

fn may_be_reserved(path: &str, (_, _, events_path, websocket_path): &Rules) -> bool {
    [events_path, websocket_path].into_iter().flatten().any(|reserved| may_lead_to(path, reserved))
}

/// Whether the path, with or without prefixes, is a reserved one.
fn may_be_reserved_below_prefix(path: &str, rules: &Rules) -> bool {
    let (outermost, base_path, ..) = rules;
    let without = |path: &str, prefix: &Option<&str>| {
        prefix.and_then(|prefix| path.strip_prefix(prefix)).unwrap_or(path).to_owned()
    };
    may_be_reserved(&without(&without(path, outermost), base_path), rules) || may_be_reserved(path, rules)
}

/// Checks the `Location` of the response to a request without `prefix`.
fn restore(paths: &Paths, prefix: &PathPrefix, location: HeaderValue) {
    let restored = with_prefix(prefix, &location);
    assert_eq!(with_prefix(prefix, &restored), restored, "the prefix is added twice");
    let bytes = location.as_bytes();
    let is_path = bytes.first() == Some(&b'/') && !matches!(bytes.get(1), Some(b'/' | b'\\'));
    if !is_path {
        assert_eq!(restored, location, "only an absolute path has a prefix");
        return;
    }
    assert!(!matches!(restored.as_bytes(), [b'/', b'/' | b'\\', ..]), "a path has become a host: {restored:?}");
    if restored == location {
        return;
    }
    let target = [prefix.as_str().as_bytes(), bytes].concat();
    assert_eq!(restored.as_bytes(), target, "the prefix stands before the path");
    // A client that follows the redirect requests the path of the app.
    let (Ok(app), Ok(client)) = (PathAndQuery::try_from(bytes), PathAndQuery::try_from(&*target)) else { return };
    if let PathOutcome::Shortened(uri, removed) = paths.view(client.as_str())
        && removed == *prefix
    {
        assert_eq!(uri, Uri::from(app), "the redirect leads to another path");
    }
}

fn with_prefix(prefix: &PathPrefix, location: &HeaderValue) -> HeaderValue {
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, location.clone());
    restore_location(prefix, &mut headers);
    headers[LOCATION].clone()
}
