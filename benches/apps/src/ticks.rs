//! A task beside the app that ticks each millisecond, and notes how late it is.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

static COUNT: AtomicU64 = AtomicU64::new(0);
/// The longest time between two ticks since the last report, in microseconds.
static LONGEST: AtomicU64 = AtomicU64::new(0);

static START: LazyLock<()> = LazyLock::new(|| {
    tokio::spawn(async {
        let mut interval = tokio::time::interval(Duration::from_millis(1));
        let mut last = Instant::now();
        loop {
            interval.tick().await;
            LONGEST.fetch_max(last.elapsed().as_micros() as u64, Ordering::Relaxed);
            last = Instant::now();
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
    });
});

/// Returns the ticks since the last report, and the longest time between two of them in microseconds. The first call starts the task.
pub fn report() -> String {
    LazyLock::force(&START);
    format!("{} {}", COUNT.swap(0, Ordering::Relaxed), LONGEST.swap(0, Ordering::Relaxed))
}
