//! `cargo lodger`: local work on functions for AWS Lambda and Vercel.

#![allow(unreachable_pub, reason = "a program has no public items")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command prints its results")]

mod args;
mod authorizer;
mod binary;
mod complaints;
mod dev;
mod doctor;
mod error;
mod examples;
mod function;
mod history;
mod inspector;
mod invoke;
mod package;
mod platform;
mod project;
mod signals;
mod size;
mod terminal;

use std::process::ExitCode;

use clap::Parser as _;

pub use self::error::{Error, Result};
use crate::{
    args::{Cli, Command},
    terminal::Terminal,
};

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse_from(args::without_subcommand(std::env::args_os()));
    let terminal = Terminal::new(cli.global.color, cli.global.quiet);
    let done = match cli.command {
        Command::Dev(args) => dev::run(*args, &terminal).await,
        Command::Invoke(args) => invoke::run(*args, &terminal).await,
        Command::Package(args) => package::run(*args, &terminal).await,
        Command::Doctor(args) => doctor::run(&args, &terminal),
    };
    tokio::select! {
        () = function::end_all() => {}
        // A second signal.
        () = signals::signal() => {}
    }
    match done {
        Ok(code) => code,
        Err(error) => {
            terminal.error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
