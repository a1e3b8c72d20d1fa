//! The input of decoding, besides the event.

use std::sync::Arc;

use http::Extensions;
use tracing::Span;

use crate::{
    ResponseMode, Settings, Stage,
    lambda::{Context, EventHandler, event::header_names::HeaderNameCache},
    path::reserved::Reserved,
};

/// The invocation, the settings and the caches that decoding an event needs.
pub(crate) struct DecodeContext<'a> {
    pub(crate) invocation: &'a Context,
    /// The span of the invocation, in which the front is recorded.
    pub(crate) span: &'a Span,
    pub(crate) stage: Stage,
    pub(crate) response_mode: ResponseMode,
    pub(crate) base_path: Option<&'a str>,
    pub(crate) events_path: Option<&'a str>,
    pub(crate) websocket_path: Option<&'a str>,
    pub(crate) handlers: &'a [Arc<dyn EventHandler>],
    pub(crate) reserved: &'a Reserved,
    pub(crate) names: &'a mut HeaderNameCache,
    /// The extensions of a new request: none, with room for some.
    pub(crate) extensions: &'a Extensions,
}

impl<'a> DecodeContext<'a> {
    pub(crate) fn new(
        invocation: &'a Context,
        span: &'a Span,
        settings: &'a Settings,
        handlers: &'a [Arc<dyn EventHandler>],
        reserved: &'a Reserved,
        names: &'a mut HeaderNameCache,
        extensions: &'a Extensions,
    ) -> Self {
        Self {
            invocation,
            span,
            stage: settings.stage,
            response_mode: settings.response_mode,
            base_path: settings.base_path.as_deref(),
            events_path: settings.events_path.as_deref(),
            websocket_path: settings.websocket_path.as_deref(),
            handlers,
            reserved,
            names,
            extensions,
        }
    }
}
