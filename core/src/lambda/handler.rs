//! The interface between event handlers and the runtime: handlers do not know the Runtime API.

use std::{fmt, pin::Pin};

use http::HeaderValue;

use crate::{
    Body,
    lambda::{Context, Event},
};

/// Handles events of Lambda beside an app, or instead of one.
///
/// The runtime passes each event that is not an HTTP request to its handlers, before the route for events.
pub trait EventHandler: Send + Sync + 'static {
    /// Returns the future of the result, or `None` if this handler does not take the event.
    fn handle(&self, incoming: &IncomingEvent<'_>) -> Option<HandlerFuture>;

    /// The types of events that the handler takes, for errors.
    fn event_types(&self) -> Vec<String>;

    /// Whether this handler replaces the app and receives HTTP requests as events.
    fn is_whole_function(&self) -> bool {
        false
    }
}

/// The future of a handler.
pub type HandlerFuture = Pin<Box<dyn Future<Output = HandlerResult> + Send>>;

/// An event for an [`EventHandler`].
#[derive(Debug)]
#[non_exhaustive]
pub struct IncomingEvent<'a> {
    /// The JSON.
    pub event: &'a Event,
    /// The metadata of the invocation.
    pub context: &'a Context,
    /// The handlers that may take the event.
    pub scope: HandlerScope,
}

/// The handlers that may take an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandlerScope {
    /// All handlers.
    All,
    /// All handlers except one for any event. The event is for a handler that replaces the app.
    Named,
    /// Handlers for the type of the event. The event resembles an HTTP request that Lodger cannot serve, such as an event of an
    /// authorizer.
    Typed,
}

/// The result of a handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandlerResult {
    /// The result of the invocation, in JSON.
    Json(Vec<u8>),
    /// A result that is streamed to the caller, who invokes the function with response streaming.
    Stream {
        /// The media type of the bytes.
        content_type: HeaderValue,
        /// The bytes.
        body: Body,
    },
    /// The invocation failed.
    Error(ErrorReport),
}

/// The report of a failed invocation, as Lambda returns it to the caller.
///
/// Source: [the `error` method of the Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorReport {
    /// The short name of the error's type, such as `OutOfStock`.
    pub error_type: String,
    /// The text of the error.
    pub message: String,
    /// The causes of the error, the nearest first.
    pub stack_trace: Vec<String>,
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)?;
        self.stack_trace.iter().try_for_each(|cause| write!(f, ": {cause}"))
    }
}
