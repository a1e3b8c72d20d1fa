//! Paths that are reserved for events: Lodger blocks HTTP requests to them, however the app parses the path.

use std::{borrow::Cow, sync::Arc};

use crate::log::{self, warn_once::WarnOnce};

/// The maximum number of times that a path may be percent-encoded. No router decodes a path more often.
const MAX_ESCAPES: usize = 3;
/// The maximum number of segments of a reserved path that are compared. Each segment is a bit of a [`Match`], which needs one more.
const MAX_SEGMENTS: usize = 63;

/// The paths at which an app trusts its requests, because only Lambda sends them.
///
/// A path is covered if any reader, such as a router or a layer before the router, may take the path for a reserved one. A reader may decode
/// escapes, remove parameters, treat `\` as a slash, merge slashes, resolve dot segments and fold case, in any order and several
/// times. A rule that is too strict blocks paths that hardly any client sends. A rule that is too lax lets any client send events.
#[derive(Debug, Clone)]
pub(crate) struct Reserved {
    /// The segments of each path.
    paths: Vec<Vec<Vec<u8>>>,
    warned: Arc<WarnOnce>,
}

impl Reserved {
    pub(crate) fn new(events_path: Option<&str>, websocket_path: Option<&str>) -> Self {
        let paths = [events_path, websocket_path].into_iter().flatten();
        Self { paths: paths.filter_map(segments).collect(), warned: Arc::new(WarnOnce::new()) }
    }

    /// Returns whether an HTTP request may have this path.
    ///
    /// The first refusal is logged. Later ones are not, because any client can cause them.
    pub(crate) fn admits(&self, path: &str) -> bool {
        let is_covered = self.covers(path);
        if is_covered && self.warned.is_first() {
            log::warn!(
                "responding with 404 to a request for {path:.80?}: the path is reserved for events (LODGER_EVENTS_PATH, \
                 LODGER_WEBSOCKET_PATH); later requests like this one are not logged"
            );
        }
        !is_covered
    }

    fn covers(&self, path: &str) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let mut matches: Vec<_> = self.paths.iter().map(|reserved| Match::new(reserved)).collect();
        let mut has_dots = false;
        for sent in path.as_bytes().split(is_slash) {
            // Only an attacker escapes a path so often.
            let Some(decoded) = fully_decoded(sent) else { return true };
            for piece in pieces(&decoded) {
                has_dots |= piece.text == b"..";
                let text = folded(piece.text);
                matches.iter_mut().for_each(|one| one.add(&text, piece.may_vanish));
            }
        }
        // Readers differ in the segments that `..` drops, and in the order in which they resolve and split.
        matches.iter().any(|one| one.whole() & if has_dots { one.dropped } else { one.kept } != 0)
    }
}

/// Returns whether a path can be reserved: the path has segments, and every reader sees the same ones.
pub(crate) fn can_be_reserved(path: &str) -> bool {
    segments(path).is_some()
}

/// Returns the segments of a path to reserve, or `None` if there are none, or dot segments.
fn segments(path: &str) -> Option<Vec<Vec<u8>>> {
    let mut segments = Vec::new();
    for sent in path.as_bytes().split(is_slash) {
        let decoded = fully_decoded(sent)?;
        for piece in pieces(&decoded) {
            if matches!(piece.text, b"." | b"..") {
                return None;
            }
            segments.extend((!piece.may_vanish).then(|| folded(piece.text).into_owned()));
        }
    }
    segments.truncate(MAX_SEGMENTS);
    (!segments.is_empty()).then_some(segments)
}

/// A part of a decoded path between two bytes that a reader may split the path at.
struct Piece<'a> {
    text: &'a [u8],
    /// Whether a reader may drop the piece in a path without `..`.
    may_vanish: bool,
}

/// Splits the decoded text between two slashes of the client into pieces.
///
/// Decoding never moves text over a byte at which paths are split, because no such byte is part of an escape. So a segment in
/// any reading is a piece of the fully decoded path, and readings differ only in the pieces that they drop. Parameters end at
/// a slash that the client sent, or earlier. They may contain an escaped slash or a backslash.
fn pieces(decoded: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let parts = decoded.split(|byte| matches!(byte, b';' | b'?' | b'#')).enumerate();
    parts.flat_map(|(at, part)| {
        let pieces = part.split(|byte| matches!(byte, b'/' | b'\\'));
        pieces.map(move |text| Piece { text, may_vanish: at > 0 || matches!(text, b"" | b".") })
    })
}

fn is_slash(byte: &u8) -> bool {
    *byte == b'/'
}

/// The number of segments of a reserved path that the pieces of a path can match. Bit n is set if a reader may have kept exactly
/// the first n segments so far.
struct Match<'a> {
    reserved: &'a [Vec<u8>],
    /// For readers that drop only pieces that may vanish.
    kept: u64,
    /// For readers that may drop any piece.
    dropped: u64,
}

impl<'a> Match<'a> {
    fn new(reserved: &'a [Vec<u8>]) -> Self {
        Self { reserved, kept: 1, dropped: 1 }
    }

    fn add(&mut self, text: &[u8], may_vanish: bool) {
        let same = self.reserved.iter().enumerate().filter(|(_, segment)| **segment == *text);
        let same = same.fold(0, |bits, (at, _)| bits | 1 << at);
        let stays = if may_vanish { u64::MAX } else { self.whole() };
        self.kept = self.kept & stays | (self.kept & same) << 1;
        self.dropped |= (self.dropped & same) << 1;
    }

    /// The bit of all segments.
    fn whole(&self) -> u64 {
        1 << self.reserved.len()
    }
}

/// Converts text to lower case. Some letters beyond ASCII are another case of an ASCII letter: the Kelvin sign is one of `k`.
fn folded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.is_ascii() {
        return String::from_utf8_lossy(text).to_uppercase().to_lowercase().into_bytes().into();
    }
    if text.iter().any(u8::is_ascii_uppercase) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// Decodes escapes until there are none left. Returns `None` if that takes more than [`MAX_ESCAPES`] rounds.
fn fully_decoded(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..=MAX_ESCAPES {
        match decoded(&text) {
            Some(decoded) => text = decoded.into(),
            None => return Some(text),
        }
    }
    None
}

/// Decodes escapes once. Returns `None` if there are none. A `%` without two digits stays.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    if !text.contains(&b'%') {
        return None;
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
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
    // Each decoded escape makes the text shorter.
    (out.len() < text.len()).then_some(out)
}

#[cfg(any(test, fuzzing))]
#[cfg_attr(not(test), expect(dead_code, reason = "the fuzz targets make paths of their own"))]
pub(crate) mod readers;
#[cfg(test)]
mod tests;
