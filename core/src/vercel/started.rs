//! When the process started.

use std::time::{Duration, Instant};

/// How long ago the process started, or at least `since`, where the operating system does not tell.
pub(crate) fn ago(since: Instant) -> Duration {
    let at_least = since.elapsed();
    told().filter(|told| *told >= at_least).unwrap_or(at_least)
}

/// What Linux tells, to a hundredth of a second ([proc(5)](https://man7.org/linux/man-pages/man5/proc.5.html)).
fn told() -> Option<Duration> {
    // The same on every architecture that Vercel has: what `sysconf(_SC_CLK_TCK)` gives is part of Linux's interface.
    const TICK: Duration = Duration::from_millis(10);
    if !cfg!(target_os = "linux") {
        return None;
    }
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in brackets, in which anything may stand; the 22nd is the start, in ticks since boot.
    let started: u32 = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let now = Duration::try_from_secs_f64(uptime.split_ascii_whitespace().next()?.parse().ok()?).ok()?;
    now.checked_sub(TICK.checked_mul(started)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_before_the_process_nor_after_what_is_known() {
        let since = Instant::now();
        std::thread::sleep(Duration::from_millis(5));
        assert!(ago(since) >= Duration::from_millis(5));
        assert!(ago(since) < Duration::from_secs(600), "{:?}", ago(since));
        #[cfg(target_os = "linux")]
        assert!(told().is_some());
    }
}
