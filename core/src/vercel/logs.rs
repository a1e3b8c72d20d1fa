//! Events of `tracing`, as lines of the log.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::layer::{Context, Layer};

use super::log;
use crate::Host;

/// On Vercel, a layer that sends events to the platform's log: each with its level, and with the request that it happened in.
/// `None` elsewhere.
///
/// A line is the event's message and its fields. An event is of a request if it happens where the request is answered: in the
/// handler, in whatever the handler awaits, and while the body of the response is read. What a handler spawns is nobody's. Lines
/// that come before the server has started are sent after that, up to 1 MB; what cannot be sent goes to standard error. Call it in
/// `main`, so that this holds where `main` ends before there is a server.
///
/// # Example
///
/// ```no_run
/// # use lodger_core as lodger;
/// use tracing_subscriber::{filter::LevelFilter, prelude::*};
///
/// let logs = lodger::vercel::logs();
/// // Elsewhere lines go to standard output.
/// let lines = logs.is_none().then(tracing_subscriber::fmt::layer);
/// tracing_subscriber::registry().with(logs).with(lines).with(LevelFilter::INFO).init();
/// ```
pub fn logs() -> Option<Logs> {
    // A host that cannot be found out is told of by `run`.
    if !matches!(Host::current(), Ok(Host::Vercel)) {
        return None;
    }
    log::process_starts();
    log::lose_none_at_exit();
    Some(Logs { _private: () })
}

/// A layer for `tracing_subscriber`, made by [`logs`].
#[derive(Debug)]
pub struct Logs {
    _private: (),
}

impl<S: Subscriber> Layer<S> for Logs {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let line = line.message + &line.fields;
        if !log::send(*event.metadata().level(), line.trim_start()) {
            log::to_stderr(&line);
        }
    }
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // To write to a string cannot fail; what a value does may.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            _ => self.record_debug(field, &value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_there_on_vercel_alone() {
        assert!(logs().is_none());
    }
}
