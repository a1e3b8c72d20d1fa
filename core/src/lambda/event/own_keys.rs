//! Keys of events that only one front uses. Each front declares its own.

use crate::json::read::{Malformed, Reader, Text};

/// The keys that one front reads besides the members that `EventFields` has for all fronts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnKeys {
    /// Keys of the event.
    pub(crate) event: &'static [&'static str],
    /// Keys of its `requestContext`.
    pub(crate) context: &'static [&'static str],
}

impl OwnKeys {
    pub(crate) const NONE: Self = Self { event: &[], context: &[] };
}

/// The keys of all fronts.
#[derive(Debug)]
pub(crate) struct KeyTable {
    pub(crate) event: KeySet,
    pub(crate) context: KeySet,
}

impl KeyTable {
    pub(crate) fn new(fronts: impl Iterator<Item = OwnKeys> + Clone) -> Self {
        Self {
            event: KeySet::new(fronts.clone().flat_map(|keys| keys.event).copied().collect()),
            context: KeySet::new(fronts.flat_map(|keys| keys.context).copied().collect()),
        }
    }
}

/// A set of keys. Most lookups are of keys that it does not contain.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<&'static str>,
    /// A Bloom filter: the bit of every key is set. It saves comparing most other keys.
    filter: u64,
}

impl KeySet {
    pub(crate) fn new(keys: Vec<&'static str>) -> Self {
        let filter = keys.iter().fold(0, |filter, key| filter | Self::bit(key.as_bytes()));
        Self { keys, filter }
    }

    #[inline]
    fn bit(key: &[u8]) -> u64 {
        let first = key.first().copied().unwrap_or_default();
        1 << ((usize::from(first) + 8 * key.len()) % 64)
    }

    #[inline]
    fn find(&self, key: &[u8]) -> Option<&'static str> {
        if self.filter & Self::bit(key) == 0 {
            return None;
        }
        self.keys.iter().copied().find(|own| own.as_bytes() == key)
    }
}

/// The values of such keys in one event, as JSON.
#[derive(Debug, Default)]
pub(crate) struct OwnValues<'a>(Vec<(&'static str, &'a [u8])>);

impl<'a> OwnValues<'a> {
    /// Skips the next value, and keeps its JSON if `key` is one of `keys`. Of repeated keys, the last value counts.
    pub(crate) fn read(&mut self, keys: &KeySet, key: &[u8], reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let value = reader.skip()?;
        if let Some(key) = keys.find(key) {
            match self.0.iter_mut().find(|(known, _)| *known == key) {
                Some((_, known)) => *known = value,
                None => self.0.push((key, value)),
            }
        }
        Ok(())
    }

    /// The JSON of a value, or nothing.
    pub(crate) fn json(&self, key: &str) -> &'a [u8] {
        self.0.iter().find(|(known, _)| *known == key).map_or(&[], |(_, value)| *value)
    }

    /// Whether the event has the key, with a value other than `null`.
    pub(crate) fn has(&self, key: &str) -> bool {
        !matches!(self.json(key), b"" | b"null")
    }

    /// A value that is a string.
    pub(crate) fn text(&self, key: &str) -> Option<Text<'a>> {
        Reader::new(self.json(key)).string().ok().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_value_of_a_declared_key() {
        let mut values = OwnValues::default();
        let keys = KeySet::new(vec!["a", "b", "c"]);
        for (key, json) in [("a", "1"), ("b", r#""x""#), ("c", "null"), ("b", r#""y""#), ("other", "2")] {
            values.read(&keys, key.as_bytes(), &mut Reader::new(json.as_bytes())).unwrap();
        }
        assert_eq!(KeySet::new(vec!["a"]).find(b"a"), Some("a"));
        assert_eq!((values.json("a"), values.json("other"), values.0.len()), (&b"1"[..], &b""[..], 3));
        assert_eq!(values.text("b").unwrap().verbatim(), Some(&b"y"[..]));
        assert!(values.text("a").is_none() && values.text("other").is_none());
        assert!(values.has("a") && !values.has("c") && !values.has("other"));
    }
}
