//! The query of a request, as the event contains it.

use std::borrow::Cow;

use crate::lambda::{
    event::{
        error::BadRequest,
        escape::Escape,
        fields::{EventFields, MAX_ITEMS, Pairs},
        uri::TargetBuilder,
    },
    quote::quote,
};

/// A query.
pub(crate) enum Query<'a> {
    /// The query string as the client sent it.
    Raw(Cow<'a, [u8]>),
    /// Keys and values as the client sent them.
    Encoded(Pairs<'a>),
    /// Keys and values that the front has percent-decoded.
    Decoded(Pairs<'a>),
}

impl Query<'_> {
    /// The approximate length of the query string.
    pub(crate) fn size_hint(&self) -> usize {
        match self {
            Self::Raw(raw) => raw.len(),
            Self::Encoded(pairs) | Self::Decoded(pairs) => pairs.len() * 16,
        }
    }

    /// Appends the query to a target.
    ///
    /// # Errors
    /// There are more than [`MAX_ITEMS`] parameters, or a parameter is not text.
    pub(crate) fn push_to(&self, target: &mut TargetBuilder) -> Result<(), BadRequest> {
        let (pairs, key_escape, value_escape) = match self {
            Self::Raw(raw) => {
                target.push_query(raw);
                return Ok(());
            }
            Self::Encoded(pairs) => (pairs, Escape::EncodedKey, Escape::EncodedValue),
            Self::Decoded(pairs) => (pairs, Escape::DecodedKey, Escape::DecodedValue),
        };
        if pairs.len() > MAX_ITEMS {
            return Err(format!("there are more than {MAX_ITEMS} query parameters").into());
        }
        for (key, value) in pairs.iter() {
            let key = key.decode().ok_or("the name of a query parameter is not text")?;
            let value = value.decode().ok_or_else(|| format!("the query parameter {} is not text", quote(&key)))?;
            target.push_parameter((&key, key_escape), (&value, value_escape));
        }
        Ok(())
    }
}

/// Reads the parameters of a front that sends two maps: one with all values, one with the last value of each key. Either may
/// be missing, and the first may lack keys of the second.
pub(crate) fn merged_parameters<'a>(fields: &EventFields<'a>) -> Pairs<'a> {
    let [mut all, last] = [fields.multi_query, fields.query].map(Pairs::read);
    // Sorted: comparing each key with every other would take quadratic time, which a client could exploit.
    let mut known: Vec<_> = all.iter().map(|(key, _)| key.decode()).collect();
    known.sort_unstable();
    for (key, value) in last.iter() {
        if known.binary_search(&key.decode()).is_err() {
            all.push(*key, *value);
        }
    }
    all
}

/// Splits a path with a query at the first `?`. In a path that is still encoded, any other `?` belongs to the query.
pub(crate) fn split_query(target: Cow<'_, [u8]>) -> (Cow<'_, [u8]>, Option<Cow<'_, [u8]>>) {
    let Some(at) = memchr::memchr(b'?', &target) else {
        return (target, None);
    };
    match target {
        Cow::Borrowed(target) => {
            let (path, query) = target.split_at_checked(at).unwrap_or_default();
            (path.into(), Some(query.get(1..).unwrap_or_default().into()))
        }
        Cow::Owned(mut path) => {
            let query = path.split_off(at);
            (path.into(), Some(query.get(1..).unwrap_or_default().to_vec().into()))
        }
    }
}
