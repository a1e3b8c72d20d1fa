//! Reads single fields of JSON objects as slices of the JSON.

use std::fmt;

use serde_core::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Returns the values of `keys` in a JSON object. Of a key that occurs twice, the last value counts.
///
/// # Errors
/// `json` is not an object.
pub(super) fn fields<'a, const N: usize>(
    json: &'a str,
    keys: [&str; N],
) -> Result<[Option<&'a RawValue>; N], serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let values = deserializer.deserialize_map(Fields(keys))?;
    deserializer.end()?;
    Ok(values)
}

/// Returns the values of `keys` in a value that may be absent. All are `None` if it is not an object.
pub(super) fn fields_of<'a, const N: usize>(json: Option<&'a RawValue>, keys: [&str; N]) -> [Option<&'a RawValue>; N] {
    json.and_then(|json| fields(json.get(), keys).ok()).unwrap_or([None; N])
}

/// Returns a field that is a string. `None` if it is absent, or not a string.
pub(super) fn string(value: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(value?.get()).ok()
}

struct Fields<'k, const N: usize>([&'k str; N]);

impl<'de, const N: usize> Visitor<'de> for Fields<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = [None; N];
        while let Some(index) = map.next_key_seed(Index(&self.0))? {
            match index.and_then(|index| values.get_mut(index)) {
                Some(value) => *value = Some(map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(values)
    }
}

/// Finds the index of a key.
#[derive(Clone, Copy)]
struct Index<'k>(&'k [&'k str]);

impl<'de> DeserializeSeed<'de> for Index<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Index<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_the_raw_values_of_the_keys() {
        let json = r#"{"x": [1, {"a": 2}], "a": {"b" : "c"}, "\u0062": null, "a": 7}"#;
        let [a, b, c] = fields(json, ["a", "b", "c"]).unwrap();
        assert_eq!(a.map(RawValue::get), Some("7"));
        assert_eq!(b.map(RawValue::get), Some("null"));
        assert!(c.is_none());
    }

    #[test]
    fn rejects_json_that_is_not_one_object() {
        for json in ["[]", "7", "null", "", "{", r#"{"a":}"#, r#"{"a":1} x"#] {
            assert!(fields(json, ["a"]).is_err(), "{json}");
        }
    }

    #[test]
    fn only_a_string_is_a_string() {
        let string_of = |json| string(Some(serde_json::from_str(json).unwrap()));
        assert_eq!(string_of(r#""a\"b""#).as_deref(), Some("a\"b"));
        for json in ["null", "7", "{}"] {
            assert_eq!(string_of(json), None, "{json}");
        }
    }
}
