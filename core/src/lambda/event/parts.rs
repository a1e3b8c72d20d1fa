//! The parts of a request, as a front extracts them from its event.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderValue;

use crate::{
    json::read::Text,
    lambda::event::{
        client::ClientSource,
        domain::shows_stage,
        escape::Escape,
        fields::{BodyMember, EventFields},
        query::Query,
    },
};

/// The parts of a request.
pub(crate) struct RequestParts<'a> {
    pub(crate) method: Option<Cow<'a, [u8]>>,
    pub(crate) path: Cow<'a, [u8]>,
    pub(crate) path_encoding: PathEncoding,
    pub(crate) stage: StagePlace<'a>,
    pub(crate) query: Query<'a>,
    pub(crate) headers: HeaderPairs<'a>,
    /// Cookies that the front sends apart from the headers.
    pub(crate) cookies: &'a [Text<'a>],
    /// The type of the body if the headers contain none.
    pub(crate) content_type: Option<HeaderValue>,
    pub(crate) body: BodySource<'a>,
    pub(crate) client: ClientSource<'a>,
    pub(crate) protocol: Option<Text<'a>>,
}

impl<'a> RequestParts<'a> {
    /// Creates parts with the single-value headers, the cookies and the body of the event. The others are empty or unknown.
    pub(crate) fn new(fields: &'a EventFields<'a>) -> Self {
        Self {
            method: None,
            path: Cow::default(),
            path_encoding: PathEncoding::AsSent,
            stage: StagePlace::None,
            query: Query::Raw(Cow::default()),
            headers: HeaderPairs { pairs: &fields.headers, fallback: &[] },
            cookies: &[],
            content_type: None,
            body: BodySource::Member { value: fields.body.clone(), is_base64: fields.is_base64 },
            client: ClientSource::Unknown,
            protocol: None,
        }
    }
}

/// Names and values of headers.
#[derive(Clone, Copy)]
pub(crate) struct HeaderPairs<'a> {
    pub(crate) pairs: &'a [(Text<'a>, Text<'a>)],
    /// Headers that count if `pairs` contains none of the name.
    pub(crate) fallback: &'a [(Text<'a>, Text<'a>)],
}

impl<'a> HeaderPairs<'a> {
    /// The headers of a front that sends two maps: one with all values, one with the last value. Either may be missing.
    pub(crate) fn from_both_maps(fields: &'a EventFields<'a>) -> Self {
        match fields.multi_headers.as_deref() {
            None | Some([]) => Self { pairs: &fields.headers, fallback: &[] },
            Some(all) => Self { pairs: all, fallback: &fields.headers },
        }
    }

    /// The headers of `fallback`, without most of those that `pairs` contains.
    ///
    /// Both maps of an event have the same names in the same order, so that comparing neighbors saves parsing each name and
    /// looking it up: a fifth of the instructions of a small request.
    pub(crate) fn missing(self) -> impl Iterator<Item = &'a (Text<'a>, Text<'a>)> {
        /// The number of values after which a name is no neighbor. Comparing all would take quadratic time.
        const NEIGHBORS: usize = 8;
        let mut rest = self.pairs;
        self.fallback.iter().filter(move |(name, _)| {
            let neighbor = rest.iter().take(NEIGHBORS).position(|(other, _)| other.raw() == name.raw());
            rest = neighbor.and_then(|at| rest.get(at + 1..)).unwrap_or(rest);
            neighbor.is_none()
        })
    }
}

/// The source of the body.
pub(crate) enum BodySource<'a> {
    /// A member of the event.
    Member { value: BodyMember<'a>, is_base64: bool },
    /// The event itself.
    Event(Bytes),
}

/// The encoding of the path in the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathEncoding {
    /// As the client sent it.
    AsSent,
    /// Percent-decoded or as the client sent it: the sources disagree, or emulators differ.
    Unknown,
    /// Percent-decoded.
    Decoded,
}

impl From<PathEncoding> for Escape {
    fn from(encoding: PathEncoding) -> Self {
        match encoding {
            PathEncoding::AsSent => Self::Verbatim,
            PathEncoding::Unknown => Self::Tolerant,
            PathEncoding::Decoded => Self::Decoded,
        }
    }
}

/// The place of the API's stage relative to the path.
pub(crate) enum StagePlace<'a> {
    /// There is no stage.
    None,
    /// The path may begin with the stage.
    BeforePath(Text<'a>),
    /// The path may begin with the stage, or with the base path of a domain mapping and the stage.
    BeforePathOrAfterBase(Text<'a>),
    /// The front has removed the stage from the path.
    Removed(Text<'a>),
}

impl<'a> StagePlace<'a> {
    /// The place of the stage of an HTTP API, in either payload format version.
    pub(crate) fn for_http_api(fields: &EventFields<'a>) -> Self {
        match fields.context.stage {
            Some(stage) if stage.verbatim() != Some(b"$default") && shows_stage(&fields.domain()) => {
                Self::BeforePath(stage)
            }
            _ => Self::None,
        }
    }

    /// The name of the stage, decoded, except `$default`, which no path contains.
    pub(crate) fn name(&self) -> Option<Cow<'a, [u8]>> {
        let (Self::BeforePath(name) | Self::BeforePathOrAfterBase(name) | Self::Removed(name)) = self else {
            return None;
        };
        name.decode().filter(|name| !name.is_empty() && **name != *b"$default")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::read::Reader;

    #[test]
    fn no_path_contains_an_empty_stage_or_the_default_one() {
        for (stage, name) in [(r#""""#, None), (r#""$default""#, None), (r#""prod""#, Some(&b"prod"[..]))] {
            let stage = Reader::new(stage.as_bytes()).string().unwrap().unwrap();
            for place in
                [StagePlace::BeforePath(stage), StagePlace::BeforePathOrAfterBase(stage), StagePlace::Removed(stage)]
            {
                assert_eq!(place.name().as_deref(), name);
            }
        }
    }
}
