//! Events: from the bytes of one to a [`Request`].
//!
//! One pass over the bytes ([`fields`]) finds what any front needs; the front whose shape that is makes the request.

mod fields;
mod headers;
mod json;
mod names;
mod payload_v2;
mod refusal;
mod uri;

use bytes::Bytes;

use self::{fields::Fields, json::Text};
use super::{Context, Event, RequestContext, reply::Shape};
use crate::{Request, Settings, Stage};

pub(super) use names::Names;
pub(super) use refusal::Refusal;

/// What one has to know besides the event to make a request of it.
pub(super) struct Asked<'a> {
    pub(super) context: &'a Context,
    pub(super) stage: Stage,
    pub(super) base_path: Option<&'a str>,
    pub(super) names: &'a mut Names,
}

impl<'a> Asked<'a> {
    pub(super) fn new(context: &'a Context, settings: &'a Settings, names: &'a mut Names) -> Self {
        Self { context, stage: settings.stage, base_path: settings.base_path.as_deref(), names }
    }
}

/// What is wrong with a request, in words for the client.
#[derive(Debug)]
struct Bad(String);

impl From<String> for Bad {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&'static str> for Bad {
    fn from(why: &'static str) -> Self {
        Self(why.to_owned())
    }
}

/// The request that `event` stands for, and the shape that its answer has to have.
///
/// # Errors
/// A [`Refusal`] is an answer too: to the client, where the front is known, else to the invocation.
pub(super) fn read(event: &Bytes, mut asked: Asked<'_>) -> Result<(Request, Shape), Refusal> {
    let fields = Fields::read(event).map_err(|malformed| Refusal::malformed(event, malformed))?;
    if !payload_v2::is_this(&fields) {
        return Err(Refusal::unsupported(event));
    }
    let mut request = payload_v2::request(event, &fields, &mut asked).map_err(|Bad(why)| Refusal::BadRequest(why))?;
    let shape = Shape { without_body: request.method() == http::Method::HEAD };
    let extensions = request.extensions_mut();
    extensions.insert(asked.context.clone());
    extensions.insert(RequestContext::new(part(event, fields.context.raw)));
    extensions.insert(Event::new(event.clone()));
    Ok((request, shape))
}

/// The begin of what came, for people to read: it may be megabytes.
fn quoted(bytes: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(bytes.get(..40).unwrap_or(bytes)))
}

/// What `text` stands for, without a copy where it stands so in the event.
fn owned(event: &Bytes, text: Text<'_>) -> Option<Bytes> {
    match text.verbatim() {
        Some(raw) => Some(part(event, raw)),
        None => text.decode().map(|decoded| decoded.into_owned().into()),
    }
}

/// A part of `event` as one that lives by itself.
fn part(event: &Bytes, part: &[u8]) -> Bytes {
    // An empty part may stand anywhere.
    if part.is_empty() { Bytes::new() } else { event.slice_ref(part) }
}

#[cfg(test)]
mod tests;
