//! The log of a process in the format of its host: events of `tracing`, each with its request.
//!
//! | host | lines | levels |
//! |---|---|---|
//! | server | text on standard output | `RUST_LOG`, else `info` |
//! | Lambda | text on standard output, or JSON if `AWS_LAMBDA_LOG_FORMAT` is `JSON`. Text has no timestamp: Lambda adds one | `RUST_LOG`, limited by `AWS_LAMBDA_LOG_LEVEL`; else `AWS_LAMBDA_LOG_LEVEL`, else `info` |
//! | Vercel | the platform's log, over the socket that Vercel provides | `RUST_LOG`, else `info` |
//!
//! The environment decides the host. A host that is set in code, for `run` alone, does not change the log.
//!
//! `RUST_LOG` is a level, or a list of levels for targets: `warn,my_app=debug`. If the list names targets only, it shows the lines
//! of these targets and of Lodger. Filters on the fields of spans need an `EnvFilter` of your own.
//!
//! An event belongs to a request if it happens inside Lodger's span of the request, which has the name `request` and the target
//! `lodger`. That span covers the handler, the futures that the handler awaits, reading the response body, and work after the
//! response. A task that the handler spawns is outside of the span, unless it uses `tracing::Instrument::in_current_span`.
//!
//! A line of JSON has the members that Lambda's own runtimes and `tracing` write: `timestamp`, `level`, `message`, `requestId`,
//! `target`, `fields`, and `spans` from the outermost one, each with its `name` and `fields`.
//!
//! Records of the crate `log`, for example from actix's `Logger`, are events too.
//!
//! One event is one line, because Lambda and other log collectors make an event of each line. On Lambda, newlines in a text line
//! become carriage returns, like in AWS's own runtimes. On a server, control characters are escaped unless standard output is a
//! terminal. So a client cannot forge a line of another request.
//!
//! On Lambda and Vercel, [`init`] also logs each panic as one event of its request, with its place in the source. If
//! `RUST_BACKTRACE` is set, the event contains a backtrace.
//!
//! Lodger's own lines have the target `lodger`. `RUST_LOG=info,lodger=off` drops them.
//!
//! Sources: [Lambda's advanced logging controls][controls]; [logs on Vercel](https://vercel.com/docs/logs/runtime).
//!
//! [controls]: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html

mod fields;
mod json;
mod levels;
mod panic_hook;
#[cfg(feature = "vercel")]
mod sink_layer;
mod text;

use std::io::{self, IsTerminal as _};

use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt as _, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::{Error, Host, log::span::is_request};

pub(crate) use fields::LogFields;

/// Sets up the log of the process. Call it first in `main`, so that no event is missing.
///
/// On Lambda and Vercel it also replaces the panic hook of the standard library, whose lines do not name the request. A hook that
/// the app has set before stays. A hook that is set later, for example by an error reporter, may call this one.
///
/// # Errors
/// The process already has a subscriber of `tracing`, or a logger of the crate `log`.
///
/// # Example
///
/// ```no_run
/// # use lodger_core as lodger;
/// fn main() -> Result<(), lodger::Error> {
///     lodger::logs::init()?;
///     tracing::info!("up");
///     Ok(())
/// }
/// ```
pub fn init() -> Result<(), Error> {
    let taken = |error| {
        Error::new(
            "cannot set up the log: the process already has a subscriber or logger; remove it, or add \
             `lodger::logs::layer()` to it",
        )
        .with_source(error)
    };
    tracing_subscriber::registry().with(layer()).try_init().map_err(taken)?;
    if host() != Host::Server {
        panic_hook::set();
    }
    Ok(())
}

/// Creates the layer that [`init`] installs, for a registry with other layers.
///
/// The layer filters its events by itself, so that other layers may see more.
///
/// Create it in `main` before anything else. On Vercel, it buffers lines until Lodger can send them.
///
/// # Example
///
/// ```no_run
/// # use lodger_core as lodger;
/// use tracing_subscriber::prelude::*;
///
/// # let opentelemetry = tracing_subscriber::layer::Identity::new();
/// tracing_subscriber::registry().with(lodger::logs::layer()).with(opentelemetry).init();
/// ```
pub fn layer<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let var = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let host = host();
    let lines: Box<dyn Layer<S> + Send + Sync> = match host {
        #[cfg(feature = "vercel")]
        Host::Vercel => Box::new(sink_layer::SinkLayer::new()),
        Host::Lambda if levels::is_json(&var) => Box::new(json::JsonLayer),
        // Lambda adds the time to each line.
        Host::Lambda => Box::new(fmt::layer().with_ansi(false).without_time().with_writer(text::with_carriage_returns)),
        // Coloured if the feature `ansi` of tracing-subscriber is on.
        _ if io::stdout().is_terminal() => Box::new(fmt::layer()),
        _ => Box::new(fmt::layer().with_ansi(false).with_writer(text::escaped)),
    };
    let (targets, max) = levels::read(host, &var);
    crate::log::choose_level(levels::level_of("lodger", &targets, max));
    // The span of the request is always recorded, so that lines of every level have their request.
    let requests = filter_fn(is_request).with_max_level_hint(LevelFilter::DEBUG);
    lines.with_filter(targets.and(max).or(requests))
}

/// The host of the process. `run` reports an invalid host.
fn host() -> Host {
    Host::current().unwrap_or(Host::Server)
}

#[cfg(test)]
mod tests {
    #[test]
    fn rejects_a_second_log() {
        crate::log::subscriber::init().unwrap();
        let error = crate::log::subscriber::init().unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot set up the log: the process already has a subscriber or logger; remove it, or add \
             `lodger::logs::layer()` to it"
        );
    }
}
