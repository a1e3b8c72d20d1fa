//! Events that do not become a request, and the errors for them.

use crate::{
    json::read::Malformed,
    lambda::{reply::ReplyShape, source::EventSource},
};

/// The reason why an event does not become a request.
#[derive(Debug)]
pub(crate) enum Rejection {
    /// The front is known, so its client gets 400 with this reason.
    BadRequest(ReplyShape, String),
    /// The client requested a path that is reserved for events, and gets 404.
    NotFound(ReplyShape),
    /// The invocation fails: no client waits for a response, or the format of a response is unknown.
    Failed {
        /// In the form of the Runtime API: `Category.Reason`.
        error_type: &'static str,
        message: String,
    },
}

impl Rejection {
    pub(crate) fn malformed(event: &[u8], malformed: Malformed) -> Self {
        Self::Failed {
            error_type: "Runtime.MalformedEvent",
            message: format!("cannot read the event: invalid JSON at byte {} of {}", malformed.at, event.len()),
        }
    }

    /// Rejects an event that resembles an HTTP request.
    pub(crate) fn unsupported(name: &str, reason: &str) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "cannot serve {name}: {reason}; supported are complete events of REST APIs, HTTP APIs, WebSocket APIs, \
                 Function URLs, Application Load Balancers, VPC Lattice and Vercel"
            ),
        }
    }

    /// Rejects an event that is not HTTP, because the app has no route for events.
    pub(crate) fn unrouted(event: &[u8]) -> Self {
        let name = EventSource::read(event)
            .map_or_else(|| "an event that is not JSON".to_owned(), |source| source.to_string());
        Self::no_route(&name, "LODGER_EVENTS_PATH", "/events")
    }

    /// Rejects an event that needs a route of the app, because `variable` is not set.
    pub(crate) fn no_route(name: &str, variable: &str, example: &str) -> Self {
        Self::Failed {
            error_type: "Runtime.UnsupportedEvent",
            message: format!(
                "cannot serve {name}: it is not an HTTP request, and the app has no route for it; set {variable}, for example \
                 to {example}, to POST such events to the app, or add a handler with `Lodger::on`"
            ),
        }
    }
}
