//! The changes that each front makes to requests and responses, as data. Everything else is as on a server.
//!
//! The tests compare each front with these records. Comments refer to the numbered rules in `README.md`.

mod fronts;
mod percent;
mod request;
mod response;

use lodger_gateway::Front;

pub use fronts::CHANGES;
pub use percent::percent_decode;
pub use request::{expected_request, expected_request_on_vercel, recorded_request, replace_invalid_utf8};
pub use response::{comparable_response, encode_binary_body, expected_response};

/// Headers in order, names in lower case.
pub type Headers = Vec<(String, String)>;

/// The changes of one front.
#[derive(Debug)]
pub struct FrontChanges {
    /// The name of the front.
    pub front: &'static str,
    /// The column of the front in the table of the documentation.
    pub title: &'static str,
    /// The field `front` of Lodger's spans.
    pub log_name: &'static str,
    /// The path prefix that Lodger removes from the path, such as the stage.
    pub path_prefix: Option<&'static str>,
    pub path: PathChange,
    pub query: QueryChange,
    pub request_headers: RepeatedHeaders,
    pub request_cookies: RepeatedHeaders,
    pub forwarding: Forwarding,
    pub empty_body_length: EmptyBodyLength,
    pub response_headers: RepeatedHeaders,
    pub response_cookies: RepeatedHeaders,
    /// The content type of a response without a body, if the app sets none (rule 88).
    pub default_content_type: Option<&'static str>,
    /// The response headers that become `x-amzn-remapped-..` (rule 85).
    pub renamed_headers: &'static [&'static str],
}

/// The change of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathChange {
    Unchanged,
    /// Decoded twice, and cut at a decoded question mark. The front rejects a path with an invalid escape (rule 11).
    DecodedTwice,
    /// Invalid characters are escaped (rule 13). The front rejects a path with an invalid escape (rule 11).
    Escaped,
}

/// The change of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryChange {
    /// The front sends the query unchanged (rules 30 and 43).
    Unchanged,
    /// The front sends maps of decoded parameters (rule 33).
    Decoded,
    /// The front sends maps of encoded parameters (rule 39).
    Encoded,
    /// The front sends a map with the last of the encoded parameters of each key (rule 42).
    LastEncoded,
}

/// The change of several headers of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatedHeaders {
    Unchanged,
    /// Joined by this separator.
    Joined(&'static str),
    First,
    Last,
}

/// The headers that the front sets, even if the client sends other values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forwarding {
    /// `x-forwarded-for`, with the client's value before the address.
    Client,
    /// The same, with `x-forwarded-port` and `x-forwarded-proto`.
    ClientAndProtocol,
    /// The headers of Vercel.
    Vercel,
}

/// The change of `content-length` if there is no body (rule 57).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmptyBodyLength {
    Unchanged,
    Added,
    Removed,
}

/// Returns the changes of a front.
///
/// # Panics
/// The front has no record.
pub fn changes(front: &Front) -> &'static FrontChanges {
    let changes = CHANGES.iter().find(|changes| changes.front == front.name());
    changes.unwrap_or_else(|| panic!("no record of the front {front}: add one to tests/src/losses/fronts.rs"))
}

/// Merges headers of one name as `rule` returns for the name. The merged header has the place of the first.
pub fn merge_headers(headers: Headers, rule: impl Fn(&str) -> RepeatedHeaders) -> Headers {
    let mut merged: Headers = vec![];
    for (name, value) in headers {
        let rule = rule(&name);
        let first = merged.iter_mut().find(|(other, _)| *other == name);
        match (rule, first) {
            (RepeatedHeaders::Unchanged, _) | (_, None) => merged.push((name, value)),
            (RepeatedHeaders::Joined(separator), Some((_, first))) => *first = format!("{first}{separator}{value}"),
            (RepeatedHeaders::First, Some(_)) => {}
            (RepeatedHeaders::Last, Some((_, first))) => *first = value,
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_one_record_for_each_front() {
        let names = |changes: &[FrontChanges]| changes.iter().map(|changes| changes.front).collect::<Vec<_>>();
        let fronts: Vec<_> = Front::all().iter().map(Front::name).collect();
        assert_eq!(names(CHANGES), fronts, "expected one record for each front, in the order of `Front::all`");
    }
}
