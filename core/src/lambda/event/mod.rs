//! Events: decodes the JSON of an event into a [`Request`].
//!
//! [`fields`] reads the event in one pass, [`fronts`] finds the front that sent it, which extracts the parts of the request,
//! and [`request`] builds the request from them. A new front is a file in [`fronts`] and a line in the list there.

mod client;
mod decode_context;
mod domain;
mod error;
mod escape;
mod fields;
mod front;
mod fronts;
mod handled;
mod header_names;
mod headers;
mod own_keys;
mod parts;
mod query;
mod rejection;
mod request;
mod text;
mod uri;

use bytes::Bytes;

use self::{
    error::{BadRequest, DecodeError},
    fields::EventFields,
    front::EventFormat,
};
use crate::{
    PathPrefix, Request,
    lambda::{Event, HandlerFuture, RequestContext, SyntheticRequest, reply::ReplyShape},
};

pub(crate) use decode_context::DecodeContext;
pub(crate) use header_names::HeaderNameCache;
pub(crate) use rejection::Rejection;

/// The receiver of an event.
#[expect(clippy::large_enum_variant, reason = "a box would allocate for every request")]
pub(crate) enum Recipient {
    /// The app.
    App(DecodedEvent),
    /// A handler, with its future.
    Handler(HandlerFuture),
}

/// An event as a request.
pub(crate) struct DecodedEvent {
    pub(crate) request: Request,
    /// The form of the reply.
    pub(crate) shape: ReplyShape,
    /// The prefix that was removed from the path.
    pub(crate) prefix: Option<PathPrefix>,
}

/// Decodes an event, or passes it to a handler.
///
/// # Errors
/// The event does not become a request, and no handler takes it. The [`Rejection`] contains the response to the client if the
/// front is known.
pub(crate) fn read(event: &Bytes, context: DecodeContext<'_>) -> Result<Recipient, Rejection> {
    if let Some(future) = handled::by_whole_function(event, &context) {
        return Ok(Recipient::Handler(future));
    }
    let keys = fronts::keys();
    let fields = EventFields::read(event, keys).map_err(|malformed| Rejection::malformed(event, malformed))?;
    let recognized = fronts::recognize(&fields);
    if let Some(handled) = handled::by_handlers(event, &recognized, &context) {
        return handled.map(Recipient::Handler);
    }
    let format = recognized?;
    let bad_request =
        |BadRequest(reason)| Rejection::BadRequest(ReplyShape { format: format.reply, without_body: false }, reason);
    let (inner, inner_fields);
    let (json, fields) = match &format.wrapper {
        None => (event, &fields),
        Some(wrapper) => {
            inner = (wrapper.unwrap)(event, &fields).map_err(bad_request)?;
            inner_fields = (wrapper.read)(&inner, keys).map_err(bad_request)?;
            (&inner, &inner_fields)
        }
    };
    let mut decoded = decode(format, event, json, fields, context)?;
    if let Some(wrapper) = &format.wrapper {
        (wrapper.finish)(&mut decoded.request);
    }
    Ok(Recipient::App(decoded))
}

/// Decodes the request that `json` contains: the event, or the request inside of its wrapper.
fn decode(
    format: &'static EventFormat,
    event: &Bytes,
    json: &Bytes,
    fields: &EventFields<'_>,
    mut context: DecodeContext<'_>,
) -> Result<DecodedEvent, Rejection> {
    context.span.record("front", format.log_name);
    let reply_format = format.reply_format(context.response_mode, fields);
    let shape = |is_head| ReplyShape { format: reply_format, without_body: is_head };
    let parts = (format.parts)(json, fields, &context).map_err(|error| match error {
        DecodeError::BadRequest(BadRequest(reason)) => Rejection::BadRequest(shape(false), reason),
        DecodeError::Rejected(rejection) => rejection,
    })?;
    let shape = shape(parts.method.as_deref() == Some(b"HEAD"));
    let (mut request, prefix) = request::build(json, fields, parts, format.is_http, &mut context)
        .map_err(|BadRequest(reason)| Rejection::BadRequest(shape, reason))?;
    if format.is_http && !context.reserved.admits(request.uri().path()) {
        return Err(Rejection::NotFound(shape));
    }
    let extensions = request.extensions_mut();
    if !format.is_http {
        extensions.insert(SyntheticRequest);
    }
    if !fields.context.raw.is_empty() {
        extensions.insert(RequestContext::new(text::slice(json, fields.context.raw), json.clone()));
    }
    extensions.insert(context.invocation.clone());
    extensions.insert(Event::new(event.clone()));
    Ok(DecodedEvent { request, shape, prefix })
}

#[cfg(test)]
mod tests;
