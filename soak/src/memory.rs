//! The memory of a process over time, and whether it grows.

use crate::Result;

/// The growth over a long run that is accepted, in KB. A leak of one allocation for each request is many times as much.
const ACCEPTED: f64 = 1_024.0;

/// The growth over a short run that is accepted, in KB. The allocator's pools for several threads still grow.
const ACCEPTED_SHORT: f64 = 16_384.0;

/// The number of requests of a long run.
const LONG: f64 = 100_000.0;

/// The part of the samples that is ignored: caches and pools fill.
const WARM_UP: f64 = 0.3;

/// Samples of the memory in use.
#[derive(Debug, Default)]
pub struct Memory {
    /// The number of requests so far, and KB.
    samples: Vec<(f64, f64)>,
}

impl Memory {
    pub fn add(&mut self, requests: u64, kilobytes: u64) {
        self.samples.push((requests as f64, kilobytes as f64));
    }

    /// Prints the growth, and returns an error if it is more than is accepted.
    ///
    /// The growth is the slope of a line through the samples after the warm-up, times the number of requests. Its error is twice the
    /// standard error of the slope.
    pub fn check(&self, name: &str) -> Result<()> {
        let (first, last) =
            self.samples.first().zip(self.samples.last()).map_or((0.0, 0.0), |(first, last)| (first.0, last.0));
        let count = last - first;
        let samples: Vec<_> =
            self.samples.iter().filter(|sample| sample.0 >= first + WARM_UP * count).copied().collect();
        if samples.len() < 3 {
            return Err(format!("{name}: too few samples of the memory").into());
        }
        let (slope, error) = slope(&samples);
        let (growth, error) = (slope * count, 2.0 * error * count);
        let peak = samples.iter().map(|sample| sample.1).fold(0.0, f64::max);
        println!("{name}: memory {peak:.0} KB, growth over {count:.0} requests {growth:+.0} ± {error:.0} KB");
        let accepted = if count < LONG { ACCEPTED_SHORT } else { ACCEPTED };
        match growth - error > accepted {
            true => {
                Err(format!("{name}: the memory grows by {growth:.0} ± {error:.0} KB over {count:.0} requests").into())
            }
            false => Ok(()),
        }
    }
}

/// Returns the slope of the line with the least squares, and its standard error.
fn slope(samples: &[(f64, f64)]) -> (f64, f64) {
    let count = samples.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|sample| sample.0), mean(|sample| sample.1));
    let spread: f64 = samples.iter().map(|sample| (sample.0 - x).powi(2)).sum();
    let slope = samples.iter().map(|sample| (sample.0 - x) * (sample.1 - y)).sum::<f64>() / spread;
    let residue: f64 = samples.iter().map(|sample| (sample.1 - y - slope * (sample.0 - x)).powi(2)).sum();
    (slope, (residue / (count - 2.0) / spread).sqrt())
}
