//! Values of options.

use std::time::Duration;

/// Parses a list of media types.
pub(crate) fn media_types(option: &str, value: &str) -> Result<Vec<String>, String> {
    let is_valid = |entry: &&str| entry.split_once('/').is_some_and(|(main, sub)| !main.is_empty() && !sub.is_empty());
    let entries: Vec<_> = value.split(',').map(str::trim).collect();
    if entries.iter().all(is_valid) {
        return Ok(entries.into_iter().map(str::to_owned).collect());
    }
    Err(invalid(option, value, "media types such as image/png, image/* or */*, separated by commas"))
}

/// Parses a number of seconds.
pub(crate) fn seconds(option: &str, value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|seconds| !seconds.is_zero());
    seconds.ok_or_else(|| invalid(option, value, "a number of seconds, such as 3 or 0.5"))
}

/// Checks that a value is a host and a port. The host is resolved later.
pub(crate) fn address(option: &str, value: String) -> Result<String, String> {
    let is_valid = value.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_valid { Ok(value) } else { Err(invalid(option, &value, "a host and a port, such as 127.0.0.1:3000")) }
}

/// Checks that a value is a host name.
pub(crate) fn host_name(option: &str, value: String) -> Result<String, String> {
    if value.is_empty() || value.contains(|char: char| "/:@".contains(char) || char.is_whitespace()) {
        return Err(invalid(option, &value, "a host name without a scheme or a port, such as app.test"));
    }
    Ok(value)
}

fn invalid(option: &str, value: &str, expected: &str) -> String {
    format!("invalid {option} {value:?}: expected {expected}")
}
