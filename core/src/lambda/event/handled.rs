//! Events that a handler takes instead of the app.

use bytes::Bytes;

use crate::lambda::{
    Event, EventSource, HandlerFuture, HandlerScope, IncomingEvent,
    event::{decode_context::DecodeContext, front::EventFormat, fronts, rejection::Rejection},
};

/// Returns the future of a handler that is the whole function.
pub(crate) fn by_whole_function(event: &Bytes, context: &DecodeContext<'_>) -> Option<HandlerFuture> {
    let is_function = context.handlers.iter().any(|handler| handler.is_whole_function());
    if is_function { handle(event, context, HandlerScope::Named) } else { None }
}

/// Returns the future of the first handler that takes the event. Handlers take neither HTTP requests nor events that have a route
/// of their own.
///
/// # Errors
/// No handler takes the event, and the app has no route for events.
pub(crate) fn by_handlers(
    event: &Bytes,
    recognized: &Result<&'static EventFormat, Rejection>,
    context: &DecodeContext<'_>,
) -> Option<Result<HandlerFuture, Rejection>> {
    if context.handlers.is_empty() {
        return None;
    }
    let is_plain_event = match recognized {
        Ok(format) if format.is_http => return None,
        Ok(format) if fronts::is_event_route(format) => true,
        // An event of a WebSocket API.
        Ok(_) if context.websocket_path.is_some() => return None,
        Ok(_) | Err(_) => false,
    };
    let scope = if is_plain_event { HandlerScope::All } else { HandlerScope::Typed };
    match handle(event, context, scope) {
        Some(future) => Some(Ok(future)),
        None if is_plain_event && context.events_path.is_none() => Some(Err(unhandled(event, context))),
        None => None,
    }
}

fn handle(event: &Bytes, context: &DecodeContext<'_>, scope: HandlerScope) -> Option<HandlerFuture> {
    let event = Event::new(event.clone());
    let incoming = IncomingEvent { event: &event, context: context.invocation, scope };
    let future = context.handlers.iter().find_map(|handler| handler.handle(&incoming))?;
    context.span.record("front", "event");
    Some(future)
}

/// Rejects an event that no handler takes.
fn unhandled(event: &Bytes, context: &DecodeContext<'_>) -> Rejection {
    let source = EventSource::read(event).map_or_else(|| "the event".to_owned(), |source| source.to_string());
    let types: Vec<String> = context.handlers.iter().flat_map(|handler| handler.event_types()).collect();
    Rejection::Failed {
        error_type: "Runtime.UnsupportedEvent",
        message: format!(
            "cannot handle {source}: no handler takes the event; there are handlers for {}; add one with `Lodger::on`, \
             `Lodger::on_source` or `Lodger::on_any`",
            types.join(", ")
        ),
    }
}
