//! Events: from the bytes of one to a [`Request`].
//!
//! One pass over the bytes ([`fields`]) finds what any front needs. The [`front`] whose shape that is says what it means, and
//! [`request`] makes the request of it. To add a front is to write its file, and to name it in the list in [`front`].

mod domain;
mod escape;
mod fields;
mod front;
mod fronts;
mod headers;
mod names;
mod rejection;
mod request;
mod uri;

use bytes::Bytes;
use tracing::Span;

use self::{
    fields::Fields,
    front::{DecodeError, Front},
    fronts::vercel,
};
use crate::{
    PathPrefix, Request, ResponseMode, Settings, Stage,
    json::read::Text,
    lambda::{Context, Event, FromEvent, RequestContext, reply::ReplyShape},
    path::reserved::Reserved,
    request::platform_headers,
};

pub(crate) use names::HeaderNameCache;
pub(crate) use rejection::Rejection;

/// What one has to know besides the event to make a request of it.
pub(crate) struct DecodeContext<'a> {
    pub(crate) context: &'a Context,
    /// Is told of the front.
    pub(crate) span: &'a Span,
    pub(crate) stage: Stage,
    pub(crate) response_mode: ResponseMode,
    pub(crate) base_path: Option<&'a str>,
    pub(crate) events_path: Option<&'a str>,
    pub(crate) websocket_path: Option<&'a str>,
    pub(crate) reserved: &'a Reserved,
    pub(crate) names: &'a mut HeaderNameCache,
}

impl<'a> DecodeContext<'a> {
    pub(crate) fn new(
        context: &'a Context,
        span: &'a Span,
        settings: &'a Settings,
        reserved: &'a Reserved,
        names: &'a mut HeaderNameCache,
    ) -> Self {
        Self {
            context,
            span,
            stage: settings.stage,
            response_mode: settings.response_mode,
            base_path: settings.base_path.as_deref(),
            events_path: settings.events_path.as_deref(),
            websocket_path: settings.websocket_path.as_deref(),
            reserved,
            names,
        }
    }
}

/// What is wrong with a request, in words for the client.
#[derive(Debug)]
struct BadRequest(String);

impl From<String> for BadRequest {
    fn from(why: String) -> Self {
        Self(why)
    }
}

impl From<&'static str> for BadRequest {
    fn from(why: &'static str) -> Self {
        Self(why.to_owned())
    }
}

/// The request that `event` stands for, the shape that its answer has to have, and the prefix that was removed from the
/// request's path.
///
/// # Errors
/// A [`Rejection`] is an answer too: to the client, where the front is known, else to the invocation.
pub(crate) fn read(
    event: &Bytes,
    asked: DecodeContext<'_>,
) -> Result<(Request, ReplyShape, Option<PathPrefix>), Rejection> {
    let fields = Fields::read(event).map_err(|malformed| Rejection::malformed(event, malformed))?;
    let Some(inner) = vercel::request_in(event, &fields) else {
        let front = Front::of(&fields).map_err(Rejection::unsupported)?;
        return read_as(front, event, event, &fields, asked);
    };
    let bad =
        |BadRequest(why)| Rejection::BadRequest(ReplyShape { style: vercel::FRONT.reply, without_body: false }, why);
    let inner = inner.map_err(bad)?;
    let fields = vercel::read(&inner).map_err(bad)?;
    let (mut request, shape, prefix) = read_as(&vercel::FRONT, event, &inner, &fields, asked)?;
    platform_headers::PlatformHeaders::read(&request).apply(&mut request, None);
    Ok((request, shape, prefix))
}

/// The request that `fields` stand for, which are those of `json`: the event, or what is in it.
fn read_as(
    front: &'static Front,
    event: &Bytes,
    json: &Bytes,
    fields: &Fields<'_>,
    mut asked: DecodeContext<'_>,
) -> Result<(Request, ReplyShape, Option<PathPrefix>), Rejection> {
    asked.span.record("front", front.short_name);
    let style = front.style(asked.response_mode, fields);
    let shape = |is_head| ReplyShape { style, without_body: is_head };
    let parts = (front.parts)(json, fields, &asked).map_err(|why| match why {
        DecodeError::BadRequest(BadRequest(why)) => Rejection::BadRequest(shape(false), why),
        DecodeError::Refused(refusal) => refusal,
    })?;
    let shape = shape(parts.method.as_deref() == Some(b"HEAD"));
    let (mut request, prefix) = request::of(json, fields, parts, front.is_http, &mut asked)
        .map_err(|BadRequest(why)| Rejection::BadRequest(shape, why))?;
    if front.is_http && !asked.reserved.admits(request.uri().path()) {
        return Err(Rejection::NotFound(shape));
    }
    let extensions = request.extensions_mut();
    if !front.is_http {
        extensions.insert(FromEvent);
    }
    if !fields.context.raw.is_empty() {
        extensions.insert(RequestContext::new(part(json, fields.context.raw)));
    }
    extensions.insert(asked.context.clone());
    extensions.insert(Event::new(event.clone()));
    Ok((request, shape, prefix))
}

/// The start of what came, for people to read: it may be megabytes.
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
