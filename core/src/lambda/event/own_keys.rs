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
    pub(crate) event: Vec<&'static str>,
    pub(crate) context: Vec<&'static str>,
}

impl KeyTable {
    pub(crate) fn new(fronts: impl Iterator<Item = OwnKeys> + Clone) -> Self {
        Self {
            event: fronts.clone().flat_map(|keys| keys.event).copied().collect(),
            context: fronts.flat_map(|keys| keys.context).copied().collect(),
        }
    }
}

/// The values of such keys in one event, as JSON.
#[derive(Debug, Default)]
pub(crate) struct OwnValues<'a>(Vec<(&'static str, &'a [u8])>);

impl<'a> OwnValues<'a> {
    /// Skips the next value, and keeps its JSON if `key` is one of `keys`. Of repeated keys, the last value counts.
    pub(crate) fn read(&mut self, keys: &[&'static str], key: &[u8], reader: &mut Reader<'a>) -> Result<(), Malformed> {
        let value = reader.skip()?;
        if let Some(&key) = keys.iter().find(|own| own.as_bytes() == key) {
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
        for (key, json) in [("a", "1"), ("b", r#""x""#), ("c", "null"), ("b", r#""y""#), ("other", "2")] {
            values.read(&["a", "b", "c"], key.as_bytes(), &mut Reader::new(json.as_bytes())).unwrap();
        }
        assert_eq!((values.json("a"), values.json("other"), values.0.len()), (&b"1"[..], &b""[..], 3));
        assert_eq!(values.text("b").unwrap().verbatim(), Some(&b"y"[..]));
        assert!(values.text("a").is_none() && values.text("other").is_none());
        assert!(values.has("a") && !values.has("c") && !values.has("other"));
    }
}
