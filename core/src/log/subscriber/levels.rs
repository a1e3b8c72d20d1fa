//! Which events become lines, as the environment says.

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::filter::Targets;

use crate::{Host, log};

/// Whether Lambda was told to have lines of JSON.
pub(crate) fn is_json(var: &impl Fn(&str) -> Option<String>) -> bool {
    var("AWS_LAMBDA_LOG_FORMAT").is_some_and(|format| format.eq_ignore_ascii_case("json"))
}

/// The levels of targets, and the most that there is of any.
pub(crate) fn of(host: Host, var: &impl Fn(&str) -> Option<String>) -> (Targets, LevelFilter) {
    let most = match host {
        Host::Lambda => var("AWS_LAMBDA_LOG_LEVEL").and_then(|level| of_lambda(&level)),
        _ => None,
    };
    let all = Targets::new().with_default(most.unwrap_or(LevelFilter::INFO));
    let targets = match var("RUST_LOG").map(|said| said.parse::<Targets>().map_err(|error| (said, error))) {
        None => all,
        // What becomes of a request that is lost is seen unless somebody says otherwise.
        Some(Ok(targets)) if targets.default_level().is_none() && !targets.iter().any(is_of_lodger) => {
            targets.with_target("lodger", LevelFilter::INFO)
        }
        Some(Ok(targets)) => targets,
        Some(Err((said, error))) => {
            log::warn!(
                "RUST_LOG is {said:?}, which is not understood: {error}; it is a level, or `target=level,..`; it is \
                 as if it were not set"
            );
            all
        }
    };
    (targets, most.unwrap_or(LevelFilter::TRACE))
}

/// The level of the lines of `target`, as it comes from [`of`].
pub(crate) fn of_target(target: &str, targets: &Targets, most: LevelFilter) -> LevelFilter {
    let levels = [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR];
    levels.into_iter().find(|level| *level <= most && targets.would_enable(target, level)).into()
}

fn is_of_lodger((target, _): (&str, LevelFilter)) -> bool {
    target.starts_with("lodger")
}

fn of_lambda(level: &str) -> Option<LevelFilter> {
    Some(match level.to_ascii_uppercase().as_str() {
        "TRACE" => LevelFilter::TRACE,
        "DEBUG" => LevelFilter::DEBUG,
        "INFO" => LevelFilter::INFO,
        "WARN" => LevelFilter::WARN,
        // There is nothing above an error here.
        "ERROR" | "FATAL" => LevelFilter::ERROR,
        _ => {
            log::warn!(
                "AWS_LAMBDA_LOG_LEVEL is {level:?}; it is `TRACE`, `DEBUG`, `INFO`, `WARN`, `ERROR` or `FATAL`, and as if it were not set"
            );
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The levels that are lines: of the app, and of another crate.
    fn levels(host: Host, vars: &[(&str, &str)]) -> [Option<Level>; 2] {
        let var = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        let (targets, most) = of(host, &var);
        ["my_app", "other"].map(|target| of_target(target, &targets, most).into_level())
    }

    #[test]
    fn lambda_has_the_last_word_on_lambda() {
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
    fn what_is_lost_is_seen_unless_somebody_says_otherwise() {
        let of_lodger = |said: &str| {
            let (targets, _) = of(Host::Server, &|name: &str| (name == "RUST_LOG").then(|| said.to_owned()));
            targets.would_enable("lodger", &Level::ERROR)
        };
        assert_eq!(["my_app=debug", "inof", "warn,my_app=debug"].map(of_lodger), [true; 3]);
        assert_eq!(["off", "off,my_app=debug", "my_app=debug,lodger=off"].map(of_lodger), [false; 3]);
    }

    #[test]
    fn what_is_not_understood_leaves_the_default() {
        let info = [Some(Level::INFO); 2];
        assert_eq!(levels(Host::Lambda, &[("AWS_LAMBDA_LOG_LEVEL", "loud")]), info);
        assert_eq!(levels(Host::Server, &[("RUST_LOG", "my_app=loud")]), info);
    }

    #[test]
    fn the_format_is_the_one_that_lambda_was_told() {
        let is = |format: &str| is_json(&|name| (name == "AWS_LAMBDA_LOG_FORMAT").then(|| format.to_owned()));
        assert_eq!(["JSON", "json", "Text", ""].map(is), [true, true, false, false]);
        assert!(!is_json(&|_| None));
    }
}
