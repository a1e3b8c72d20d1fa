//! The record that describes a front and the formats of its events.

use bytes::Bytes;

use crate::{
    Request, ResponseMode,
    json::read::Text,
    lambda::{
        event::{
            decode_context::DecodeContext,
            domain::is_of_api_gateway,
            error::{BadRequest, DecodeError},
            fields::EventFields,
            own_keys::{KeyTable, OwnKeys},
            parts::RequestParts,
        },
        reply::ReplyFormat,
    },
};

/// A front: a service that invokes the function with events, such as API Gateway.
pub(crate) struct FrontSpec {
    /// The name of its events in errors, with an article.
    pub(crate) name: &'static str,
    pub(crate) keys: OwnKeys,
    /// Decides whether an event is of this front.
    pub(crate) recognize: fn(&EventFields<'_>) -> Recognition,
}

/// The decision of a front about an event.
pub(crate) enum Recognition {
    /// The event is not of this front.
    No,
    /// The event is of this front and cannot be served, for this reason. It is rejected: the route for events must not get
    /// it, because an app trusts events more than clients.
    Broken(&'static str),
    Yes(&'static EventFormat),
}

/// A format of events, and of the replies to them.
pub(crate) struct EventFormat {
    /// The name of the front in log lines.
    pub(crate) log_name: &'static str,
    /// Whether an event is an HTTP request of a client. Other events become requests to paths that no client can request.
    pub(crate) is_http: bool,
    /// The wrapper around the request, if the event has one.
    pub(crate) wrapper: Option<Wrapper>,
    /// Extracts the parts of the request.
    pub(crate) parts:
        for<'a> fn(&'a Bytes, &'a EventFields<'a>, &DecodeContext<'_>) -> Result<RequestParts<'a>, DecodeError>,
    pub(crate) reply: &'static ReplyFormat,
    /// The format of replies to API Gateway itself, if emulators of it need another one.
    pub(crate) reply_to_api_gateway: Option<&'static ReplyFormat>,
    /// How the front streams responses, if it can.
    pub(crate) streaming: Option<StreamSupport>,
}

/// An event that contains the request as a string of JSON.
pub(crate) struct Wrapper {
    /// Returns the JSON of the request.
    pub(crate) unwrap: fn(&Bytes, &EventFields<'_>) -> Result<Bytes, BadRequest>,
    /// Reads the JSON of the request.
    pub(crate) read: for<'a> fn(&'a Bytes, &KeyTable) -> Result<EventFields<'a>, BadRequest>,
    /// Completes the request.
    pub(crate) finish: fn(&mut Request),
}

/// Streamed responses of a front.
pub(crate) struct StreamSupport {
    /// The JSON before the body.
    pub(crate) prelude: &'static ReplyFormat,
    /// Whether the mode enables streaming for the front. The event does not contain the mode.
    pub(crate) is_enabled: fn(ResponseMode) -> bool,
}

impl EventFormat {
    /// Returns the format of the reply to an event.
    pub(crate) fn reply_format(&self, mode: ResponseMode, fields: &EventFields<'_>) -> &'static ReplyFormat {
        if let Some(streaming) = &self.streaming
            && (streaming.is_enabled)(mode)
        {
            return streaming.prelude;
        }
        let [domain, prefix] = [fields.context.domain, fields.context.domain_prefix]
            .map(|text| text.and_then(Text::verbatim).unwrap_or_default());
        match self.reply_to_api_gateway {
            Some(format) if is_of_api_gateway(domain, prefix) => format,
            _ => self.reply,
        }
    }
}
