//! Paths that belong to events: no HTTP request reaches the app there, however the app reads the path.

use std::{borrow::Cow, sync::Arc};

use crate::{
    Settings,
    log::{self, warn_once::WarnOnce},
};

/// How often a path may be escaped. No router decodes as often.
const MAX_ESCAPES: usize = 3;
/// How many segments of a reserved path count: each has a bit of a [`Match`], which needs one more.
const MAX_SEGMENTS: usize = 63;

/// The paths at which an app trusts its requests, because only Lambda sends them.
///
/// A request's path falls under one if any reader may take it for one: a router, or a layer before it. A reader may decode
/// escapes, cut parameters off, take `\` for a slash, merge slashes, resolve dot segments and fold case, in any order and
/// several times. Too strict a rule costs an app a path that hardly any client sends. Too lax a rule lets any client send
/// events.
#[derive(Debug, Clone)]
pub(crate) struct Reserved {
    /// The segments of each.
    paths: Vec<Vec<Vec<u8>>>,
    told: Arc<WarnOnce>,
}

impl Reserved {
    pub(crate) fn new(settings: &Settings) -> Self {
        let paths = [&settings.events_path, &settings.websocket_path].into_iter().flatten();
        Self { paths: paths.filter_map(|path| segments(path)).collect(), told: Arc::new(WarnOnce::new()) }
    }

    /// Whether an HTTP request may have this path. That it may not is told once: anybody can send such requests.
    pub(crate) fn admits(&self, path: &str) -> bool {
        let is_covered = self.covers(path);
        if is_covered && self.told.is_first() {
            log::warn!(
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
        let mut matches: Vec<_> = self.paths.iter().map(|reserved| Match::new(reserved)).collect();
        let mut has_dots = false;
        for sent in path.as_bytes().split(is_slash) {
            // A client that escapes so often has something to hide.
            let Some(decoded) = fully_decoded(sent) else { return true };
            for piece in pieces(&decoded) {
                has_dots |= piece.text == b"..";
                let text = folded(piece.text);
                matches.iter_mut().for_each(|one| one.add(&text, piece.may_vanish));
            }
        }
        // Readers differ in the segments that `..` drops, and in their order of resolving and splitting.
        matches.iter().any(|one| one.whole() & if has_dots { one.dropped } else { one.kept } != 0)
    }
}

/// Whether a path can be reserved: it has segments, and every reader sees the same ones.
pub(crate) fn can_be_reserved(path: &str) -> bool {
    segments(path).is_some()
}

/// The segments of a path that is to be reserved; `None` if it has none, or dot segments.
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
    /// Whether a reader may drop it, if there is no `..` in the path.
    may_vanish: bool,
}

/// The pieces of what the client sent between two slashes, decoded.
///
/// Decoding never moves text over a byte that paths are split at, because no such byte is part of an escape. So a segment in
/// any reading is a piece of the fully decoded path, and readings differ only in the pieces that they drop. Parameters end at
/// the latest at a slash that the client sent. An escaped slash or a backslash may be part of them.
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

/// How many segments of a reserved path the pieces of a path can be. Bit n is set if the first n segments can be all that a
/// reader has kept so far.
struct Match<'a> {
    reserved: &'a [Vec<u8>],
    /// If only pieces that may vanish are dropped.
    kept: u64,
    /// If any piece may be dropped.
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

/// In small letters. Some letters beyond ASCII are another case of an ASCII letter, as the Kelvin sign is of `k`.
fn folded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.is_ascii() {
        return String::from_utf8_lossy(text).to_uppercase().to_lowercase().into_bytes().into();
    }
    if text.iter().any(u8::is_ascii_uppercase) { text.to_ascii_lowercase().into() } else { text.into() }
}

/// The text without its escapes, however often it is escaped; `None` beyond [`MAX_ESCAPES`].
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

/// The text without its escapes; `None` if it has none. A `%` without two digits stays.
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
    // Each escape makes it shorter.
    (out.len() < text.len()).then_some(out)
}

#[cfg(test)]
mod readers;
#[cfg(test)]
mod tests;
