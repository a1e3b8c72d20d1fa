//! Measures Lodger beside other crates. `just bench` runs all parts, and `just bench growth` one of them.
//!
//! A part builds the programs of `benches/apps` that it needs, starts them, plays the other side of their protocol, checks every
//! response, and writes its figures to `docs/figures`. `docs/plots.py` makes the tables and plots of the book from these files.

mod app;
mod callgrind;
mod client;
mod compare;
mod events;
mod growth;
mod http;
mod instructions;
mod local;
mod process;
mod report;
mod runtime_api;
mod scenario;
mod session;
mod threads;

use std::process::ExitCode;

/// The result of a measurement.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const USAGE: &str = "usage: bench [PART...] [--rounds N]    parts: lambda, vercel, server, growth, threads, local; by default all of them\n       \
                     bench instructions [--update]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["instructions"] => instructions::check(),
        ["instructions", "--update"] => instructions::update(),
        [parts @ .., "--rounds", rounds] => {
            rounds.parse().map_err(|_| USAGE.into()).and_then(|rounds| run(parts, rounds))
        }
        parts => run(parts, 7),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(parts: &[&str], rounds: usize) -> Result<()> {
    let all = ["lambda", "vercel", "server", "growth", "threads", "local"];
    for part in if parts.is_empty() { &all } else { parts } {
        match *part {
            "lambda" | "vercel" | "server" => compare::measure(part, rounds)?,
            "growth" => growth::measure()?,
            "threads" => threads::measure(rounds)?,
            "local" => local::measure(rounds)?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(())
}
