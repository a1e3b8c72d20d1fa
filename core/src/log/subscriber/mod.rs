//! The log of a process, as its host wants it: events of `tracing`, each with the request that it happened in.
//!
//! | host | lines | levels |
//! |---|---|---|
//! | server | text on standard output | `RUST_LOG`, else `info` |
//! | Lambda | on standard output, without the time, which Lambda's log has: text, or JSON where `AWS_LAMBDA_LOG_FORMAT` is `JSON` | `RUST_LOG`, and none below `AWS_LAMBDA_LOG_LEVEL`; else that, else `info` |
//! | Vercel | the platform's log, by the socket that the platform gives the process | `RUST_LOG`, else `info` |
//!
//! The host is the one that the environment tells; what is set in code, for `run` alone, does not count here.
//!
//! `RUST_LOG` is a level, or levels of targets: `warn,my_app=debug`. Where it says targets alone, there are lines of these and of
//! Lodger, and of no others. What it says besides, as of the fields of spans, takes an
//! `EnvFilter` of your own.
//!
//! An event is of a request if it happens in the span that Lodger has around each, by the name `request` and of the target
//! `lodger`: in the handler, in whatever the handler awaits, while the body of the response is read, and in work after the
//! response. What a handler spawns is not, unless it takes the span along, by `tracing::Instrument::in_current_span`.
//!
//! A line of JSON has the members that Lambda's own runtimes write, and those that tracing has: `timestamp`, `level`,
//! `message`, `requestId`, `target`, `fields`, and `spans` from the outermost, each with its `name` and `fields`.
//!
//! What the crate `log` is given, as actix's `Logger` does, is among the events.
//!
//! One event is one line, because Lambda and other collectors of logs make an event of each line. In lines of text on Lambda, each
//! newline of a value is a carriage return, as in those of AWS's own runtimes. On a server, control characters are escaped,
//! unless standard output is a terminal. So no client can forge a line of another request.
//!
//! On Lambda and Vercel [`init`] also logs each panic as one event of its request, with its place in the source and, if `RUST_BACKTRACE`
//! asks for it, a backtrace.
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
mod text;

use std::io::{self, IsTerminal as _};

use tracing::{Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::{FilterExt as _, filter_fn},
    fmt,
    layer::SubscriberExt as _,
    registry::LookupSpan,
    util::SubscriberInitExt as _,
};

use crate::{Error, Host};

pub(crate) use fields::Fields;

/// Sets up the log of the process. Call it first in `main`, so that nothing is missing.
///
/// On Lambda and Vercel it also replaces the panic hook of the standard library, which writes several lines that no request is known of.
/// A hook that the app set before stays. A hook that is set later, such as that of an error reporter, may call this one.
///
/// # Errors
/// A subscriber of `tracing` has been set already, or a logger of the crate `log`.
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
        Error::new("the log cannot be set up: the process has one; take that out, or add `lodger::logs::layer()` to it")
            .with_source(error)
    };
    tracing_subscriber::registry().with(layer()).try_init().map_err(taken)?;
    if host() != Host::Server {
        panic_hook::set();
    }
    Ok(())
}

/// What [`init`] sets up, as a layer: for a registry of your own, with others beside it. Its levels are its own, so that
/// another layer may see more.
///
/// Make it in `main` before anything else: on Vercel lines are kept from then on until they can be sent.
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
        Host::Vercel => Box::new(crate::vercel::Lines::new()),
        Host::Lambda if levels::is_json(&var) => Box::new(json::Lines),
        // Lambda's log has the time of each line.
        Host::Lambda => Box::new(fmt::layer().with_ansi(false).without_time().with_writer(text::with_carriage_returns)),
        // Coloured if the feature `ansi` of tracing-subscriber is on.
        _ if io::stdout().is_terminal() => Box::new(fmt::layer()),
        _ => Box::new(fmt::layer().with_ansi(false).with_writer(text::escaped)),
    };
    let (targets, most) = levels::of(host, &var);
    crate::log::choose_level(levels::of_target("lodger", &targets, most));
    // Lines of any level are to have their request.
    let requests = filter_fn(is_of_request).with_max_level_hint(LevelFilter::DEBUG);
    lines.with_filter(targets.and(most).or(requests))
}

/// The host of the process. `run` reports one that is not valid.
fn host() -> Host {
    Host::current().unwrap_or(Host::Server)
}

/// Whether it is the span around a request.
pub(crate) fn is_of_request(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == "lodger" && metadata.name() == "request"
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_one_log() {
        crate::log::subscriber::init().unwrap();
        let error = crate::log::subscriber::init().unwrap_err();
        assert_eq!(
            error.to_string(),
            "the log cannot be set up: the process has one; take that out, or add `lodger::logs::layer()` to it"
        );
    }
}
