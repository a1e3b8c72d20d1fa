use std::{ops::RangeInclusive, time::Duration};

use crate::Error;

/// How Lambda collects records before it sends them. Lambda sends a batch once any of the limits is reached.
///
/// The defaults are those of Lambda. Memory for buffers counts towards the memory of the function.
///
/// Source: [buffering](https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html#telemetry-api-buffering).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffering {
    /// The maximum number of records in a batch: 1,000 to 10,000. The default is 10,000.
    pub max_items: u32,
    /// The maximum size of the records in a batch, in bytes: 262,144 to 1,048,576. The default is 262,144.
    pub max_bytes: u32,
    /// The maximum time before a batch is sent, in whole milliseconds: 25 ms to 30 s. The default is 1 s.
    pub timeout: Duration,
}

impl Default for Buffering {
    fn default() -> Self {
        Self { max_items: 10_000, max_bytes: 256 * 1024, timeout: Duration::from_secs(1) }
    }
}

impl Buffering {
    pub(super) fn timeout_ms(&self) -> u32 {
        u32::try_from(self.timeout.as_millis()).unwrap_or(u32::MAX)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let check = |name: &str, value: u32, range: RangeInclusive<u32>| {
            if range.contains(&value) {
                return Ok(());
            }
            let (least, most) = (range.start(), range.end());
            Err(Error::setting(format!("invalid buffering {name} {value}: expected {least} to {most}")))
        };
        check("max_items", self.max_items, 1_000..=10_000)?;
        check("max_bytes", self.max_bytes, 262_144..=1_048_576)?;
        check("timeout in milliseconds", self.timeout_ms(), 25..=30_000)
    }

    /// The largest number of records in a batch, with room for another way to count.
    pub(super) fn max_records(&self) -> usize {
        usize::try_from(self.max_items).unwrap_or(usize::MAX).saturating_mul(2)
    }

    /// The largest body that Lambda sends: twice the size of the records, and about a hundred bytes around each record.
    pub(super) fn max_body(&self) -> usize {
        let items = usize::try_from(self.max_items).unwrap_or(usize::MAX);
        let bytes = usize::try_from(self.max_bytes).unwrap_or(usize::MAX);
        bytes.saturating_mul(2).saturating_add(items.saturating_mul(256))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_the_limits_of_lambda() {
        let ms = Duration::from_millis;
        let buffering = |max_items, max_bytes, timeout| Buffering { max_items, max_bytes, timeout };
        for valid in [Buffering::default(), buffering(1_000, 262_144, ms(25)), buffering(10_000, 1_048_576, ms(30_000))]
        {
            valid.check().unwrap();
        }
        for (invalid, message) in [
            (buffering(999, 262_144, ms(25)), "invalid buffering max_items 999: expected 1000 to 10000"),
            (buffering(10_001, 262_144, ms(25)), "invalid buffering max_items 10001: expected 1000 to 10000"),
            (buffering(1_000, 262_143, ms(25)), "invalid buffering max_bytes 262143: expected 262144 to 1048576"),
            (buffering(1_000, 1_048_577, ms(25)), "invalid buffering max_bytes 1048577: expected 262144 to 1048576"),
            (buffering(1_000, 262_144, ms(24)), "invalid buffering timeout in milliseconds 24: expected 25 to 30000"),
            (buffering(1_000, 262_144, Duration::MAX), "milliseconds 4294967295: expected 25 to 30000"),
        ] {
            let error = invalid.check().unwrap_err().to_string();
            assert!(error.ends_with(message), "{error}");
        }
    }
}
