//! What a front has to say for itself: how its events are told from others, what they hold, how to answer them.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;

use crate::{
    ResponseMode,
    json::read::Text,
    lambda::{
        event::{
            BadRequest, DecodeContext, Rejection,
            domain::{is_of_api_gateway, shows_stage},
            escape::Escape,
            fields::{Fields, Pairs},
        },
        reply::ReplyFormat,
    },
};

/// All of them, in the order in which an event is held against them: several shapes hold a part of another's.
const FRONTS: &[Front] = &[
    crate::lambda::event::fronts::alb::MULTI_VALUE,
    crate::lambda::event::fronts::alb::SINGLE_VALUE,
    crate::lambda::event::fronts::lattice_v2::FRONT,
    crate::lambda::event::fronts::lattice_v1::FRONT,
    crate::lambda::event::fronts::websocket::CONNECT,
    crate::lambda::event::fronts::websocket::MESSAGE,
    crate::lambda::event::fronts::payload_v2::FUNCTION_URL,
    crate::lambda::event::fronts::payload_v2::EMULATED,
    crate::lambda::event::fronts::payload_v2::HTTP_API,
    crate::lambda::event::fronts::payload_v1::HTTP_API,
    crate::lambda::event::fronts::payload_v1::REST_API,
    crate::lambda::event::fronts::vercel::FRONT,
];

/// One shape of events, and of the replies to them.
pub(crate) struct Front {
    /// What its events are called, for people.
    pub(crate) name: &'static str,
    /// What it is called in the log.
    pub(crate) short_name: &'static str,
    /// Whether the event can be read as one of it.
    pub(crate) is_this: fn(&Fields<'_>) -> bool,
    /// Whether anything about the event is as in one of it and in no others: what cannot be read and yet is like this is never
    /// handed to the route for events, which an app trusts more than clients.
    pub(crate) is_like_this: fn(&Fields<'_>) -> bool,
    /// Whether its events stand for HTTP requests of clients. The others are made requests that no client can make.
    pub(crate) is_http: bool,
    pub(crate) parts:
        for<'a> fn(&'a Bytes, &'a Fields<'a>, &DecodeContext<'_>) -> Result<RequestParts<'a>, DecodeError>,
    pub(crate) reply: &'static ReplyFormat,
    /// The same for an event that no emulator can have made, where that makes a difference.
    pub(crate) reply_to_api_gateway: Option<&'static ReplyFormat>,
    /// How it streams, if it can.
    pub(crate) stream: Option<Streams>,
}

/// How a front streams.
pub(crate) struct Streams {
    /// What goes before the body.
    pub(crate) prelude: &'static ReplyFormat,
    /// Whether it was set up so.
    pub(crate) is_on: fn(ResponseMode) -> bool,
}

impl Front {
    /// How its replies look in a mode: the event does not tell whether the front was set up to stream.
    pub(crate) fn style(&self, mode: ResponseMode, fields: &Fields<'_>) -> &'static ReplyFormat {
        if let Some(streams) = &self.stream
            && (streams.is_on)(mode)
        {
            return streams.prelude;
        }
        let [domain, prefix] = [fields.context.domain, fields.context.domain_prefix]
            .map(|text| text.and_then(Text::verbatim).unwrap_or_default());
        match self.reply_to_api_gateway {
            Some(style) if is_of_api_gateway(domain, prefix) => style,
            _ => self.reply,
        }
    }

    /// The front whose event this is, or the route for events if it is nobody's.
    ///
    /// # Errors
    /// What the event is called, if it may be taken for an HTTP request and is none.
    pub(crate) fn of(fields: &Fields<'_>) -> Result<&'static Self, &'static str> {
        if fields.is_authorizer() {
            // It looks like a request in all else.
            return Err("an event of an authorizer");
        }
        if fields.is_edge {
            return Err("an event of Lambda@Edge");
        }
        if let Some(front) = FRONTS.iter().find(|front| (front.is_this)(fields)) {
            return Ok(front);
        }
        match FRONTS.iter().find(|front| (front.is_like_this)(fields)) {
            Some(front) => Err(front.name),
            None => Ok(&crate::lambda::event::fronts::event_route::FRONT),
        }
    }
}

/// Why there are no parts.
pub(crate) enum DecodeError {
    /// What the client sent is bad.
    BadRequest(BadRequest),
    /// The event is not to be served here.
    Refused(Rejection),
}

impl<T: Into<BadRequest>> From<T> for DecodeError {
    fn from(bad: T) -> Self {
        Self::BadRequest(bad.into())
    }
}

/// What an event says of a request, in the manner of its front.
#[derive(Default)]
pub(crate) struct RequestParts<'a> {
    pub(crate) method: Option<Cow<'a, [u8]>>,
    pub(crate) path: Cow<'a, [u8]>,
    pub(crate) path_is: PathIs,
    pub(crate) stage: StagePlace<'a>,
    pub(crate) query: Query<'a>,
    /// The headers, and those that count where the first have none of the name.
    pub(crate) headers: [&'a [(Text<'a>, Text<'a>)]; 2],
    pub(crate) cookies: &'a [Text<'a>],
    /// Of a body that has no type of its own.
    pub(crate) content_type: Option<HeaderValue>,
    /// Where it is another than the event's `body`.
    pub(crate) body: Option<Bytes>,
    pub(crate) client: Client<'a>,
    pub(crate) protocol: Option<Text<'a>>,
}

/// What the front has done to the path.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathIs {
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
pub(crate) enum StagePlace<'a> {
    #[default]
    None,
    /// Before the path, if the path begins with it.
    BeforePath(Text<'a>),
    /// Likewise, or behind a base path that the domain has been mapped with.
    BeforePathOrAfterBase(Text<'a>),
    /// Nowhere in the path: the front has taken it off.
    TakenOff(Text<'a>),
}

/// Where the stage of an HTTP API stands, in either payload format version.
pub(crate) fn stage_of_http_api<'a>(fields: &Fields<'a>) -> StagePlace<'a> {
    match fields.context.stage {
        Some(stage) if stage.verbatim() != Some(b"$default") && shows_stage(&domain(fields)) => {
            StagePlace::BeforePath(stage)
        }
        _ => StagePlace::None,
    }
}

/// The domain that the front was called by; empty if the event has none.
pub(crate) fn domain<'a>(fields: &Fields<'a>) -> Cow<'a, [u8]> {
    decoded(fields.context.domain).unwrap_or_default()
}

/// A query, in one piece or in many.
pub(crate) enum Query<'a> {
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
pub(crate) enum Client<'a> {
    #[default]
    Unknown,
    /// Whom the front says.
    Said(Option<Text<'a>>),
    /// Whom the front has put last into `x-forwarded-for`: what stands before is the client's own word.
    LastForwarded,
}

/// What a string stands for; one that is not there is an empty one.
pub(crate) fn decoded(text: Option<Text<'_>>) -> Option<Cow<'_, [u8]>> {
    text.map_or(Some(Cow::default()), Text::decode)
}

/// Splits a path that carries the query into the path and, if there is one, the query behind the first `?`. A path that is
/// as the client sent it holds no other `?`.
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

/// The headers of a front that sends them in two maps, of which one has all values and one the last: if there is no first,
/// the second has all there is.
pub(crate) fn headers<'a>(fields: &'a Fields<'a>) -> [&'a [(Text<'a>, Text<'a>)]; 2] {
    match fields.multi_headers.as_deref() {
        None | Some([]) => [&fields.headers, &[]],
        Some(all) => [all, &fields.headers],
    }
}

/// The parameters of such a front. A map may be missing, and so may a key in the first.
pub(crate) fn parameters<'a>(fields: &Fields<'a>) -> Pairs<'a> {
    let [mut all, single] = [fields.multi_query, fields.query].map(Pairs::read);
    // Sorted, because to look through all of them for each would take a time that whoever writes the query could choose.
    let mut known: Vec<_> = all.iter().map(|(key, _)| key.decode()).collect();
    known.sort_unstable();
    for (key, value) in single.iter() {
        if known.binary_search(&key.decode()).is_err() {
            all.push(*key, *value);
        }
    }
    all
}
