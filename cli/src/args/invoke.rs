use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{ArgGroup, Args};

use super::{TargetArgs, VariableArgs, seconds};
use crate::examples::example_names;

/// The arguments of `cargo lodger invoke`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("event").required(true))]
#[command(after_help = "\
Standard output has the reply only, and standard error the log of the function. The exit status is 1 if the function fails.

    cargo lodger invoke event.json
    cargo lodger invoke --example sqs
    echo '{\"id\": 1}' | cargo lodger invoke -

If `cargo lodger dev` runs for the same package and binary, its process receives the event, and the inspector shows the invocation.
Options that set a variable or change the build start a process of their own.")]
pub struct InvokeArgs {
    /// A file with the event in JSON. `-` reads standard input.
    #[arg(group = "event", value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// An event with made-up data, by the name of its source.
    #[arg(short, long, group = "event", value_name = "NAME", value_parser = example_names())]
    pub example: Option<String>,
    /// Writes the event to standard output, and does not invoke the function.
    #[arg(long)]
    pub print_event: bool,
    #[command(flatten)]
    pub target: TargetArgs,
    /// The timeout in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, default_value = "30")]
    pub timeout: Duration,
    #[command(flatten)]
    pub variables: VariableArgs,
    /// The address of a running `cargo lodger dev`.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4000")]
    pub dev: SocketAddr,
    /// Starts the function, even if `cargo lodger dev` runs.
    #[arg(long)]
    pub start: bool,
}
