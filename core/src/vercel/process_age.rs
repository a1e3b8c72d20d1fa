//! The age of the process.

use std::time::{Duration, Instant};

/// Returns the age of the process, or the time since `since` if the operating system does not report the age.
pub(crate) fn process_age(since: Instant) -> Duration {
    let at_least = since.elapsed();
    from_proc().filter(|age| *age >= at_least).unwrap_or(at_least)
}

/// Reads the age from `/proc`, with a resolution of 10 ms ([proc(5)](https://man7.org/linux/man-pages/man5/proc.5.html)).
fn from_proc() -> Option<Duration> {
    // `sysconf(_SC_CLK_TCK)` returns 100 per second on every architecture that Vercel uses: the value is part of Linux's interface.
    const TICK: Duration = Duration::from_millis(10);
    if !cfg!(target_os = "linux") {
        return None;
    }
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in brackets, which may contain any character. Field 22 is the start, in ticks since boot.
    let started: u32 = stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(19)?.parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let now = Duration::try_from_secs_f64(uptime.split_ascii_whitespace().next()?.parse().ok()?).ok()?;
    now.checked_sub(TICK.checked_mul(started)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_between_the_elapsed_time_and_a_plausible_maximum() {
        let since = Instant::now();
        std::thread::sleep(Duration::from_millis(5));
        assert!(process_age(since) >= Duration::from_millis(5));
        assert!(process_age(since) < Duration::from_secs(600), "{:?}", process_age(since));
        #[cfg(target_os = "linux")]
        assert!(from_proc().is_some());
    }
}
