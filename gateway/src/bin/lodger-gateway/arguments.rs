//! The command line.

use std::{path::PathBuf, time::Duration};

use crate::{
    frontend::{FrontOptions, Frontend},
    usage::usage,
};

const DEFAULT_LISTEN: &str = "127.0.0.1:3000";
const VERSION: &str = concat!("lodger-gateway ", env!("CARGO_PKG_VERSION"), "\n");

/// A parsed command line.
#[derive(Debug)]
pub(crate) enum CommandLine {
    /// Print this text, and exit.
    Print(String),
    Run(Box<Arguments>),
}

#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) task: Task,
    pub(crate) runtime_api: String,
    pub(crate) timeout: Option<Duration>,
    /// The allowed host names, including those of the addresses.
    pub(crate) hosts: Vec<String>,
    /// Whether to write no line for each invocation.
    pub(crate) is_quiet: bool,
    pub(crate) function: FunctionOptions,
}

/// The function that the command starts.
#[derive(Debug, Default)]
pub(crate) struct FunctionOptions {
    /// The program of the function and its arguments.
    pub(crate) command: Vec<String>,
    /// The folder with the external extensions.
    pub(crate) extensions: Option<PathBuf>,
    /// Whether the processes stop between invocations.
    pub(crate) is_freezing: bool,
}

#[derive(Debug)]
pub(crate) enum Task {
    /// Serve a Lambda function behind a front.
    Serve { frontend: Frontend, listen: String },
    /// Serve a Vercel function.
    ServeVercel { listen: String },
    /// Serve a Web Function of Lambda.
    ServeWebFunction { listen: String },
    /// Invoke a Lambda function once, with the event in a file.
    Invoke { file: String },
}

/// The options that select the task.
#[derive(Debug, Default)]
struct TaskOptions {
    front: FrontOptions,
    listen: Option<String>,
    event: Option<String>,
    is_vercel: bool,
    is_web_function: bool,
}

impl CommandLine {
    /// Parses the arguments after the name of the program.
    ///
    /// # Errors
    /// A message for the user.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut task = TaskOptions::default();
        let (mut timeout, mut hosts, mut is_quiet) = (None, Vec::new(), false);
        let mut runtime_api = "127.0.0.1:0".to_owned();
        let mut function = FunctionOptions::default();
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("missing value for {option}"));
            match option.as_str() {
                "--" => break,
                "--help" | "-h" => return Ok(Self::Print(usage())),
                "--version" | "-V" => return Ok(Self::Print(VERSION.to_owned())),
                "--front" => task.front.name = Some(value()?),
                "--stage" => task.front.stage = Some(value()?),
                "--custom-domain" => task.front.custom_domain = Some(value()?),
                "--binary-media-types" => task.front.binary_media_types = Some(media_types(&option, &value()?)?),
                "--stream" => task.front.stream = true,
                "--route-responses" => task.front.route_responses = true,
                "--listen" => task.listen = Some(address(&option, value()?)?),
                "--runtime-api" => runtime_api = address(&option, value()?)?,
                "--allow-host" => hosts.push(host_name(&option, value()?)?),
                "--timeout" => timeout = Some(seconds(&option, &value()?)?),
                "--vercel" => task.is_vercel = true,
                "--web-function" => task.is_web_function = true,
                "--quiet" => is_quiet = true,
                "--extensions" => function.extensions = Some(value()?.into()),
                "--freeze" => function.is_freezing = true,
                "--event" => task.event = Some(value()?),
                _ => return Err(format!("unknown option {option:?}; put the command of the function after --")),
            }
        }
        function.command = arguments.collect();
        let addresses = task.listen.iter().chain([&runtime_api]);
        hosts.extend(addresses.filter_map(|address| Some(address.rsplit_once(':')?.0.to_owned())));
        let task = task.into_task(timeout.is_some(), &function)?;
        Ok(Self::Run(Box::new(Arguments { task, runtime_api, timeout, hosts, is_quiet, function })))
    }
}

impl TaskOptions {
    fn into_task(self, has_timeout: bool, function: &FunctionOptions) -> Result<Task, String> {
        let Self { front, listen, event, is_vercel, is_web_function } = self;
        if is_web_function {
            if !front.is_empty() || event.is_some() || is_vercel || function.is_lambda_only() {
                return Err(
                    "cannot use --web-function with --vercel, the options of an AWS front, --event, --extensions or --freeze"
                        .to_owned(),
                );
            }
            check_command("--web-function", function)?;
            return Ok(Task::ServeWebFunction { listen: listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()) });
        }
        if is_vercel {
            if !front.is_empty() || event.is_some() || has_timeout || function.is_lambda_only() {
                return Err(
                    "cannot use --vercel with the options of an AWS front, --event, --timeout, --extensions or \
                            --freeze"
                        .to_owned(),
                );
            }
            check_command("--vercel", function)?;
            return Ok(Task::ServeVercel { listen: listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned()) });
        }
        if let Some(file) = event {
            if !front.is_empty() || listen.is_some() {
                return Err("cannot use --event with the options of a front or --listen: it serves no HTTP".to_owned());
            }
            check_command("--event", function)?;
            return Ok(Task::Invoke { file });
        }
        if function.is_lambda_only() {
            check_command(if function.is_freezing { "--freeze" } else { "--extensions" }, function)?;
        }
        let listen = listen.unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
        Ok(Task::Serve { frontend: front.into_frontend()?, listen })
    }
}

impl FunctionOptions {
    /// Whether there are options that only Lambda has.
    fn is_lambda_only(&self) -> bool {
        self.extensions.is_some() || self.is_freezing
    }
}

fn check_command(option: &str, function: &FunctionOptions) -> Result<(), String> {
    if !function.command.is_empty() {
        return Ok(());
    }
    Err(format!("missing command for {option}; put the command of the function after --"))
}

/// Parses a list of media types.
fn media_types(option: &str, value: &str) -> Result<Vec<String>, String> {
    let is_valid = |entry: &&str| entry.split_once('/').is_some_and(|(main, sub)| !main.is_empty() && !sub.is_empty());
    let entries: Vec<_> = value.split(',').map(str::trim).collect();
    if entries.iter().all(is_valid) {
        return Ok(entries.into_iter().map(str::to_owned).collect());
    }
    Err(invalid(option, value, "media types such as image/png, image/* or */*, separated by commas"))
}

/// Parses a number of seconds.
fn seconds(option: &str, value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let seconds = seconds.filter(|seconds| !seconds.is_zero());
    seconds.ok_or_else(|| invalid(option, value, "a number of seconds, such as 3 or 0.5"))
}

/// Checks that a value is a host and a port. The host is resolved later.
fn address(option: &str, value: String) -> Result<String, String> {
    let is_valid = value.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    if is_valid { Ok(value) } else { Err(invalid(option, &value, "a host and a port, such as 127.0.0.1:3000")) }
}

/// Checks that a value is a host name.
fn host_name(option: &str, value: String) -> Result<String, String> {
    if value.is_empty() || value.contains(|char: char| "/:@".contains(char) || char.is_whitespace()) {
        return Err(invalid(option, &value, "a host name without a scheme or a port, such as app.test"));
    }
    Ok(value)
}

fn invalid(option: &str, value: &str, expected: &str) -> String {
    format!("invalid {option} {value:?}: expected {expected}")
}

#[cfg(test)]
mod tests;
