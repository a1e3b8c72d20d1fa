//! The levels and the format of the log, from the environment.

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::filter::Targets;

use crate::{Host, log};

/// Returns whether Lambda is configured for lines of JSON.
pub(crate) fn is_json(var: &impl Fn(&str) -> Option<String>) -> bool {
    var("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"))
}

/// Reads the levels of targets, and the maximum level of all targets.
pub(crate) fn read(host: Host, var: &impl Fn(&str) -> Option<String>) -> (Targets, LevelFilter) {
    let max = match host {
        Host::Lambda => var("AWS_LAMBDA_LOG_LEVEL").and_then(|level| parse_lambda_level(&level)),
        _ => None,
    };
    let default = Targets::new().with_default(max.unwrap_or(LevelFilter::INFO));
    let targets = match var("RUST_LOG").map(|value| value.parse::<Targets>().map_err(|error| (value, error))) {
        None => default,
        // Lodger's warnings about lost requests are shown unless `RUST_LOG` turns them off.
        Some(Ok(targets)) if targets.default_level().is_none() && !targets.iter().any(is_of_lodger) => {
            targets.with_target("lodger", LevelFilter::INFO)
        }
        Some(Ok(targets)) => targets,
        Some(Err((value, error))) => {
            log::warn!("ignoring invalid RUST_LOG {value:?}: {error}; expected a level, or `target=level,..`");
            default
        }
    };
    (targets, max.unwrap_or(LevelFilter::TRACE))
}

/// The level of the lines of `target`, for the levels that [`read`] returned.
pub(crate) fn level_of(target: &str, targets: &Targets, max: LevelFilter) -> LevelFilter {
    let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
    levels.into_iter().find(|level| *level <= max && targets.would_enable(target, level)).into()
}

fn is_of_lodger((target, _): (&str, LevelFilter)) -> bool {
    target.starts_with("lodger")
}

fn parse_lambda_level(level: &str) -> Option<LevelFilter> {
    Some(match level.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" => LevelFilter::WARN,
        // `tracing` has no level above `ERROR`.
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => {
            log::warn!(
                "ignoring invalid AWS_LAMBDA_LOG_LEVEL {level:?}: expected `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`"
            );
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most detailed levels that are logged, of the app and of another crate.
    fn levels(host: Host, vars: &[(&str, &str)]) -> [Option<Level>; 2] {
        let var = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let (targets, max) = read(host, &var);
        ["my_app", "other"].map(|target| level_of(target, &targets, max).into_level())
    }

    #[test]
    fn the_level_of_lambda_limits_rust_log() {
        let (info, warn, debug) = (Some(Level::INFO), Some(Level::WARN), Some(Level::DEBUG));
        let lambda = ("AWS_LAMBDA_LOG_LEVEL", "DEBUG");
        let rust = ("RUST_LOG", "warn,my_app=trace");
        assert_eq!(levels(Host::Lambda, &[]), [info, info]);
        assert_eq!(levels(Host::Lambda, &[lambda]), [debug, debug]);
        assert_eq!(levels(Host::Lambda, &[lambda, rust]), [debug, warn]);
        assert_eq!(levels(Host::Server, &[lambda]), [info, info]);
        assert_eq!(levels(Host::Vercel, &[lambda, rust]), [Some(Level::TRACE), warn]);
        assert_eq!(levels(Host::Lambda, &[("AWS_LAMBDA_LOG_LEVEL", "fatal")]), [Some(Level::ERROR); 2]);
    }

    #[test]
    fn shows_lodgers_errors_unless_rust_log_turns_them_off() {
        let is_shown = |value: &str| {
            let (targets, _) = read(Host::Server, &|name: &str| (name == "RUST_LOG").then(|| value.to_owned()));
            targets.would_enable("lodger", &Level::ERROR)
        };
        assert_eq!(["my_app=debug", "inof", "warn,my_app=debug"].map(is_shown), [true; 3]);
        assert_eq!(["off", "off,my_app=debug", "my_app=debug,lodger=off"].map(is_shown), [false; 3]);
    }

    #[test]
    fn ignores_invalid_levels() {
        let info = [Some(Level::INFO); 2];
        assert_eq!(levels(Host::Lambda, &[("AWS_LAMBDA_LOG_LEVEL", "loud")]), info);
        assert_eq!(levels(Host::Server, &[("RUST_LOG", "my_app=loud")]), info);
    }

    #[test]
    fn reads_the_format_of_lambda() {
        let is = |format: &str| is_json(&|name| (name == "AWS_LAMBDA_LOG_FORMAT").then(|| format.to_owned()));
        assert_eq!(["JSON", "json", "Text", ""].map(is), [true, true, false, false]);
        assert!(!is_json(&|_| None));
    }
}
