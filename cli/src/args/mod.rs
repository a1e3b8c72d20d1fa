//! The command line.

mod binary;
mod dev;
mod doctor;
mod invoke;
mod package;
mod target;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand};

pub use self::{
    binary::BinaryArgs,
    dev::DevArgs,
    doctor::DoctorArgs,
    invoke::InvokeArgs,
    package::PackageArgs,
    target::{AuthorizerArgs, TargetArgs, VariableArgs},
};
use crate::terminal::Color;

/// Runs functions for AWS Lambda and Vercel on this machine, packages them, and checks them.
#[derive(Debug, Parser)]
#[command(name = "cargo-lodger", bin_name = "cargo lodger", version, about, styles = clap_styles())]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// When the output has colours.
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub color: Color,
    /// Writes warnings and errors only.
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Builds and starts a function, and serves it behind every front, with an inspector in the browser.
    Dev(Box<DevArgs>),
    /// Invokes a function once with an event, and prints its reply.
    Invoke(Box<InvokeArgs>),
    /// Builds a function, and writes the zip file for Lambda or the folder for Vercel.
    Package(Box<PackageArgs>),
    /// Checks a binary, a package and templates for mistakes that a host would report after the deployment, or never.
    Doctor(Box<DoctorArgs>),
}

/// Removes the first argument `lodger`, with which cargo starts the program.
pub fn without_subcommand(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<_> = arguments.collect();
    if arguments.get(1).is_some_and(|argument| argument == "lodger") {
        arguments.remove(1);
    }
    arguments
}

fn clap_styles() -> clap::builder::Styles {
    use anstyle::AnsiColor;
    clap::builder::Styles::styled()
        .header(AnsiColor::Green.on_default().bold())
        .usage(AnsiColor::Green.on_default().bold())
        .literal(AnsiColor::Cyan.on_default().bold())
        .placeholder(AnsiColor::Cyan.on_default())
}

/// Parses a number of seconds.
fn seconds(value: &str) -> Result<std::time::Duration, String> {
    let seconds = value.parse().ok().and_then(|seconds| std::time::Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|seconds| !seconds.is_zero());
    seconds.ok_or_else(|| "expected a number of seconds, such as 3 or 0.5".to_owned())
}

/// Parses a host name without a port.
fn host_name(value: &str) -> Result<String, String> {
    let is_valid = !value.is_empty() && !value.contains(|char: char| "/:@".contains(char) || char.is_whitespace());
    if is_valid { Ok(value.to_owned()) } else { Err("expected a host name without a scheme or a port".to_owned()) }
}

/// Parses a media type, such as `image/*`.
fn media_type(value: &str) -> Result<String, String> {
    let is_valid = value.split_once('/').is_some_and(|(main, sub)| !main.is_empty() && !sub.is_empty());
    if is_valid {
        Ok(value.to_owned())
    } else {
        Err("expected a media type, such as image/png, image/* or */*".to_owned())
    }
}

/// Parses a route and a binary.
fn route(value: &str) -> Result<(String, String), String> {
    match value.rsplit_once('=') {
        Some((route, binary)) if !route.is_empty() && !binary.is_empty() => Ok((route.to_owned(), binary.to_owned())),
        _ => Err("expected ROUTE=BIN, such as 'GET /pets/{id}=pets'".to_owned()),
    }
}

/// Parses `NAME=VALUE`.
fn variable(value: &str) -> Result<(String, String), String> {
    match value.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn removes_the_name_of_the_subcommand_once() {
        let without = |arguments: &[&str]| without_subcommand(arguments.iter().map(OsString::from));
        assert_eq!(without(&["cargo-lodger", "lodger", "dev"]), ["cargo-lodger", "dev"]);
        assert_eq!(without(&["cargo-lodger", "dev", "lodger"]), ["cargo-lodger", "dev", "lodger"]);
        assert_eq!(without(&[]), [""; 0]);
    }
}
