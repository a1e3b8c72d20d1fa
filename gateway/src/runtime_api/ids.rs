//! The request and trace ids of invocations.

use std::{
    hash::{BuildHasher as _, Hasher as _, RandomState},
    time::{SystemTime, UNIX_EPOCH},
};

/// The ids of an invocation.
#[derive(Debug)]
pub(super) struct Ids {
    pub(super) request: String,
    /// The value of the header `Lambda-Runtime-Trace-Id`.
    pub(super) trace: String,
}

impl Ids {
    /// Returns the ids of the invocation with a number, the same in each test.
    pub(super) fn counted(number: usize) -> Self {
        Self {
            request: format!("8476a536-e9f4-11e8-9739-{number:012}"),
            trace: "Root=1-67d1d1be-0123456789abcdef01234567;Parent=53995c3f42cd8ad8;Sampled=1".to_owned(),
        }
    }

    /// Returns random ids, like those of AWS.
    ///
    /// Source: [Trace IDs](https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids).
    pub(super) fn random() -> Self {
        let (first, second, parent) = (random(), random(), random());
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            request: format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
                first >> 32,
                (first >> 16) & 0xffff,
                first & 0xfff,
                0x8000 | (second >> 48) & 0x3fff,
                second & 0xffff_ffff_ffff,
            ),
            trace: format!(
                "Root=1-{seconds:08x}-{:016x}{:08x};Parent={parent:016x};Sampled=1",
                random(),
                random() >> 32
            ),
        }
    }
}

/// A number of the keys with which the standard library seeds each hash map.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_random_ids_in_the_form_of_aws() {
        let (one, other) = (Ids::random(), Ids::random());
        assert_ne!(one.request, other.request);
        assert_ne!(one.trace, other.trace);
        let lengths = |text: &str| text.split('-').map(str::len).collect::<Vec<_>>();
        assert_eq!(lengths(&one.request), [8, 4, 4, 4, 12], "{}", one.request);
        assert_eq!(one.request.get(14..15), Some("4"));
        assert_eq!(lengths(&one.trace), ["Root=1".len(), 8, 24 + ";Parent=".len() + 16 + ";Sampled=1".len()]);
    }
}
