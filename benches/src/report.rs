//! Figures of several rounds, and the files with them in `docs/figures`, from which `docs/plots.py` makes tables and plots.

use std::{fs, process::Command};

use serde_json::{Value, json};

use crate::{
    Result,
    app::{root, rustc_version},
};

/// The figures of one program, a number for each round.
pub type Rounds = Vec<f64>;

/// Returns the value below which a share of the values are: 0.5 for the median.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * (sorted.len().saturating_sub(1)) as f64;
    let at = |place: f64| sorted.get(place as usize).copied().unwrap_or_default();
    at(place.floor()) + (at(place.ceil()) - at(place.floor())) * place.fract()
}

/// Returns a row of a table. The first program is the one to compare with, and the ratio is the median of those of the rounds: a noisy
/// moment hits the programs of one round alike. `low` and `high` are the quartiles.
pub fn row(name: &str, unit: &str, programs: &[Rounds]) -> Value {
    let first = programs.first().map(Vec::as_slice).unwrap_or_default();
    let cells = programs.iter().map(|values| {
        let ratios: Vec<f64> = values.iter().zip(first).map(|(value, first)| value / first).collect();
        let [low, median, high] = [0.25, 0.5, 0.75].map(|share| round(quantile(values, share)));
        json!({"median": median, "low": low, "high": high, "ratio": round(quantile(&ratios, 0.5))})
    });
    json!({"name": name, "unit": unit, "cells": cells.collect::<Vec<_>>()})
}

/// Rounds to four digits.
fn round(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return 0.0;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    // A power with a negative exponent is not exact.
    match digits {
        0.. => (value * 10_f64.powi(digits)).round() / 10_f64.powi(digits),
        _ => (value / 10_f64.powi(-digits)).round() * 10_f64.powi(-digits),
    }
}

/// Prints a row, and returns it.
pub fn print(row: Value) -> Value {
    let cells = row["cells"].as_array().into_iter().flatten();
    let cells =
        cells.map(|cell| format!("{} ({} to {}), ratio {}", cell["median"], cell["low"], cell["high"], cell["ratio"]));
    println!("  {} [{}]: {}", text(&row["name"]), text(&row["unit"]), cells.collect::<Vec<_>>().join(" | "));
    row
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Writes the figures of a part.
pub fn write(part: &str, rounds: usize, figures: Value) -> Result<()> {
    let date = Command::new("date").args(["-u", "+%Y-%m-%d"]).output()?;
    let commit = Command::new("git").args(["rev-parse", "--short=7", "HEAD"]).current_dir(root()).output()?;
    let document = json!({
        "date": String::from_utf8(date.stdout)?.trim(),
        "commit": String::from_utf8(commit.stdout)?.trim(),
        "rustc": rustc_version()?,
        "arch": std::env::consts::ARCH,
        "rounds": rounds,
        "figures": figures,
    });
    let path = root().join("docs/figures").join(format!("{part}.json"));
    fs::create_dir_all(root().join("docs/figures"))?;
    fs::write(&path, format!("{document:#}\n"))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_four_digits() {
        assert_eq!([0.0, 0.012345, 12.345, 117_712_345.0].map(round), [0.0, 0.01235, 12.35, 117_700_000.0]);
    }

    #[test]
    fn compares_the_programs_round_by_round() {
        // The second round was slow for both.
        let row = row("CPU time", "µs", &[vec![10.0, 40.0, 10.0], vec![5.0, 20.0, 5.0]]);
        assert_eq!(row["cells"][1], json!({"median": 5.0, "low": 5.0, "high": 12.5, "ratio": 0.5}));
    }
}
