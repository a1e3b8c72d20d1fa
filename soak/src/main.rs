//! Runs an app under Lodger for a long time: on Lambda, on a server and on Vercel. `just soak` sends a million requests to each.
//!
//! Each request has a number, and its response is checked. Some requests panic, fail in the middle of a stream, or come from a client
//! that leaves. At the end, the memory of the app must not have grown, and each request must have one response.

mod app;
mod child;
mod event;
mod http;
mod lambda;
mod memory;
mod server;
mod vercel;
mod websocket;
mod work;

use std::process::ExitCode;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

const USAGE: &str =
    "usage: soak [COUNT] [lambda|server|vercel]...    COUNT is the number of requests to each host, by default 1000000";

/// The number of requests to each host by default.
const COUNT: u64 = 1_000_000;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        [app::ARGUMENT] => app::run().await,
        [count, hosts @ ..] if count.parse::<u64>().is_ok() => soak(count.parse().unwrap_or(COUNT), hosts).await,
        hosts => soak(COUNT, hosts).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(count: u64, hosts: &[&str]) -> Result<()> {
    for host in if hosts.is_empty() { &["lambda", "server", "vercel"] } else { hosts } {
        match *host {
            "lambda" => lambda::soak(count).await?,
            "server" => server::soak(count).await?,
            "vercel" => vercel::soak(count).await?,
            _ => return Err(USAGE.into()),
        }
    }
    Ok(())
}
