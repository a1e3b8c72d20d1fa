//! Times of records.

use std::time::{SystemTime, UNIX_EPOCH};

/// Formats a time as ISO 8601 in UTC with milliseconds, such as `2022-10-12T00:00:15.064Z`.
pub(super) fn timestamp(time: SystemTime) -> String {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (seconds, millis) = (since_epoch.as_secs(), since_epoch.subsec_millis());
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Returns year, month and day of a number of days since 1970-01-01.
fn date(mut days: u64) -> (u64, u64, u64) {
    let mut year = 1970;
    while days >= days_of_year(year) {
        days -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    (year, month, days + 1)
}

fn days_of_year(year: u64) -> u64 {
    if is_leap_year(year) { 366 } else { 365 }
}

fn days_of_month(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap_year(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn is_leap_year(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn formats_days_around_the_ends_of_months_and_years() {
        // The seconds are those of `date --date=... +%s`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.064Z"),
            (951_782_399, "2000-02-28T23:59:59.064Z"),
            (951_782_400, "2000-02-29T00:00:00.064Z"),
            (1_677_628_800, "2023-03-01T00:00:00.064Z"),
            (1_735_689_599, "2024-12-31T23:59:59.064Z"),
            (4_107_542_400, "2100-03-01T00:00:00.064Z"),
        ] {
            assert_eq!(timestamp(UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_millis(64)), text);
        }
    }
}
