//! What a front has to say for itself: how its events are told from others, what they hold, how to answer them.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;

use super::{
    Asked, Bad, Refusal, alb,
    escape::Escape,
    event_route,
    fields::{self, Fields, Pairs},
    json::Text,
    lattice_v1, lattice_v2, payload_v1, payload_v2, websocket,
};
use crate::lambda::reply::Style;

/// All of them, in the order in which an event is held against them: several shapes hold a part of another's.
const FRONTS: &[Front] = &[
    alb::MULTI_VALUE,
    alb::SINGLE_VALUE,
    lattice_v2::FRONT,
    lattice_v1::FRONT,
    websocket::CONNECT,
    websocket::MESSAGE,
    payload_v2::FUNCTION_URL,
    payload_v2::HTTP_API,
    payload_v1::HTTP_API,
    payload_v1::REST_API,
    event_route::FRONT,
];

/// One shape of events, and of the replies to them.
pub(super) struct Front {
    pub(super) is_this: fn(&Fields<'_>) -> bool,
    /// Whether its events stand for HTTP requests of clients. The others are made requests that no client can make.
    pub(super) is_http: bool,
    pub(super) parts: for<'a> fn(&'a Bytes, &'a Fields<'a>, &Asked<'_>) -> Result<Parts<'a>, Why>,
    pub(super) reply: &'static Style,
}

impl Front {
    /// The front whose event this is; `None` if it is nobody's, or may be taken for an HTTP request and is none.
    pub(super) fn of(fields: &Fields<'_>) -> Option<&'static Self> {
        if fields.is_authorizer { None } else { FRONTS.iter().find(|front| (front.is_this)(fields)) }
    }
}

/// Why there are no parts.
pub(super) enum Why {
    /// What the client sent is bad.
    Bad(Bad),
    /// The event is not to be served here.
    Refused(Refusal),
}

impl<T: Into<Bad>> From<T> for Why {
    fn from(bad: T) -> Self {
        Self::Bad(bad.into())
    }
}

/// What an event says of a request, in the manner of its front.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) method: Option<Cow<'a, [u8]>>,
    pub(super) path: Cow<'a, [u8]>,
    pub(super) path_is: PathIs,
    pub(super) stage: Stage<'a>,
    pub(super) query: Query<'a>,
    /// The headers, and those that count where the first have none of the name.
    pub(super) headers: [&'a [(Text<'a>, Text<'a>)]; 2],
    pub(super) cookies: &'a [Text<'a>],
    /// Of a body that has no type of its own.
    pub(super) content_type: Option<HeaderValue>,
    /// Where it is another than the event's `body`.
    pub(super) body: Option<Bytes>,
    pub(super) client: Client<'a>,
    pub(super) protocol: Option<Text<'a>>,
}

/// What the front has done to the path.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathIs {
    #[default]
    AsSent,
    MaybeDecoded,
    Decoded,
}

impl From<PathIs> for Escape {
    fn from(path: PathIs) -> Self {
        match path {
            PathIs::AsSent => Self::Verbatim,
            PathIs::MaybeDecoded => Self::Tolerant,
            PathIs::Decoded => Self::Decoded,
        }
    }
}

/// Where the stage of an API stands.
#[derive(Default)]
pub(super) enum Stage<'a> {
    #[default]
    None,
    /// Before the path, where it may be: a domain of one's own can be mapped to it.
    BeforePath(Text<'a>),
    /// Likewise, or behind a base path that the domain has been mapped with.
    BeforePathOrAfterBase(Text<'a>),
    /// Nowhere in the path: the front has taken it off.
    TakenOff(Text<'a>),
}

/// A query, in one piece or in many.
pub(super) enum Query<'a> {
    /// As it was sent.
    Raw(Cow<'a, [u8]>),
    /// Keys and values as they were sent.
    Sent(Pairs<'a>),
    /// Keys and values that the front has decoded.
    Decoded(Pairs<'a>),
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self::Raw(Cow::default())
    }
}

/// Who the client is.
#[derive(Default)]
pub(super) enum Client<'a> {
    #[default]
    Unknown,
    /// Whom the front says.
    Said(Option<Text<'a>>),
    /// Whom the front has put last into `x-forwarded-for`: what stands before is the client's own word.
    LastForwarded,
}

/// What a string stands for; one that is not there is an empty one.
pub(super) fn decoded(text: Option<Text<'_>>) -> Option<Cow<'_, [u8]>> {
    text.map_or(Some(Cow::default()), Text::decode)
}

/// The parameters of a front that sends them in two maps, of which one has all values and one the last. A map may be
/// missing, and so may a key in the first.
pub(super) fn parameters<'a>(fields: &Fields<'a>) -> Result<Pairs<'a>, &'static str> {
    /// Fronts take a few KB of a query; each key of one map is looked for in the other.
    const MOST: usize = 1 << 24;
    let [mut all, single] = [fields.multi_query, fields.query].map(|map| fields::pairs(map).unwrap_or_default());
    let known = all.len();
    if known.saturating_mul(single.len()) > MOST {
        return Err("there are more query parameters than any front lets through");
    }
    for (key, value) in single {
        let is_of_key = |(other, _): &(Text<'_>, Text<'_>)| other.decode() == key.decode();
        if !all.iter().take(known).any(is_of_key) {
            all.push((key, value));
        }
    }
    Ok(all)
}
