//! Names with several values each: headers and query parameters.

use serde_json::{Map, Value};

/// A map of names to lists of values, in the order in which the names first occur.
#[derive(Debug, Default)]
pub(crate) struct MultiMap(Vec<(String, Vec<String>)>);

impl MultiMap {
    /// Adds a value to a name.
    pub(crate) fn append(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|entry| entry.0 == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name.to_owned(), vec![value])),
        }
    }

    /// Replaces all values of a name by one.
    pub(crate) fn insert(&mut self, name: &str, value: String) {
        match self.0.iter_mut().find(|entry| entry.0 == name) {
            Some((_, values)) => *values = vec![value],
            None => self.0.push((name.to_owned(), vec![value])),
        }
    }

    /// Returns the values of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&[String]> {
        self.0.iter().find(|entry| entry.0 == name).map(|(_, values)| values.as_slice())
    }

    /// Returns the first value of a name.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.get(name)?.first().map(String::as_str)
    }

    /// Removes a name with all its values.
    pub(crate) fn remove(&mut self, name: &str) {
        self.0.retain(|entry| entry.0 != name);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces each name.
    pub(crate) fn rename(&mut self, new_name: impl Fn(&str) -> String) {
        for entry in &mut self.0 {
            entry.0 = new_name(&entry.0);
        }
    }

    /// Returns a JSON object of strings: the last value of each name.
    pub(crate) fn last_values(&self) -> Value {
        self.to_object(|_, values| values.last().cloned().into())
    }

    /// Returns a JSON object of strings: the values of each name, joined by a separator. Cookies can only be joined by `; `.
    pub(crate) fn joined(&self, separator: &str) -> Value {
        self.to_object(|name, values| values.join(if name == "cookie" { "; " } else { separator }).into())
    }

    /// Returns a JSON object of arrays: all values of each name.
    pub(crate) fn arrays(&self) -> Value {
        self.to_object(|_, values| values.into())
    }

    /// Returns a JSON object: a string for a single value, an array for several.
    pub(crate) fn strings_or_arrays(&self) -> Value {
        self.to_object(|_, values| match values {
            [value] => value.as_str().into(),
            values => values.into(),
        })
    }

    fn to_object(&self, value: impl Fn(&str, &[String]) -> Value) -> Value {
        self.0.iter().map(|(name, values)| (name.clone(), value(name, values))).collect::<Map<_, _>>().into()
    }
}
