//! `cargo lodger invoke`: one event for the function.

mod running;
mod start;

use std::{
    io::{self, Read as _, Write as _},
    path::Path,
    process::ExitCode,
    time::Duration,
};

use crate::{
    Result,
    args::InvokeArgs,
    examples,
    project::Project,
    signals::signal,
    terminal::{Terminal, human_duration},
};

/// The result of an invocation.
#[derive(Debug)]
struct Outcome {
    /// The reply, or the error that the function has reported.
    reply: std::result::Result<Vec<u8>, String>,
    duration: Duration,
}

/// Whether an option asks for a process, which a running command has started without the option.
fn starts_process(args: &InvokeArgs) -> bool {
    let (target, variables) = (&args.target, &args.variables);
    let build = &target.binary;
    args.start
        || target.release
        || build.all_features
        || build.no_default_features
        || !(build.features.is_empty() && variables.env.is_empty() && variables.env_file.is_empty())
}

/// Invokes the function once, and prints its reply.
///
/// # Errors
/// The event is not JSON, or the function cannot be built or started.
pub async fn run(args: InvokeArgs, terminal: &Terminal) -> Result<ExitCode> {
    let event = match (&args.example, &args.file) {
        (Some(name), _) => examples::example(name).ok_or_else(|| format!("cannot find the example {name:?}"))?,
        (None, Some(file)) => {
            read_event(file).map_err(|error| format!("cannot read the event {}: {error}", file.display()))?
        }
        (None, None) => return Err("missing event".into()),
    };
    if args.print_event {
        write_line(&event)?;
        return Ok(ExitCode::SUCCESS);
    }
    let project = if args.target.command.is_empty() { Some(Project::find(&args.target.binary)?) } else { None };
    let running = match &project {
        Some(project) if !starts_process(&args) => {
            running::find(args.dev, &project.name, args.target.binary.bin.as_deref()).await
        }
        _ => None,
    };
    let outcome = match running {
        Some(running) => {
            terminal.status("Invoking", format!("the function of cargo lodger dev at {}", args.dev));
            running.invoke(args.target.binary.bin.as_deref(), event, args.timeout, terminal).await?
        }
        None => tokio::select! {
            outcome = start::invoke(&args, project.as_ref(), event, terminal) => outcome?,
            () = signal() => return Err("a signal ended the command before the reply".into()),
        },
    };
    terminal.status("Finished", format!("in {}", human_duration(outcome.duration)));
    match outcome.reply {
        Ok(reply) => {
            write_line(&reply)?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            terminal.error(&error);
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Reads an event, and checks that it is JSON.
fn read_event(file: &Path) -> io::Result<Vec<u8>> {
    let mut event = Vec::new();
    if file.as_os_str() == "-" {
        io::stdin().read_to_end(&mut event)?;
    } else {
        event = std::fs::read(file)?;
    }
    serde_json::from_slice::<serde::de::IgnoredAny>(&event)?;
    Ok(event)
}

/// Writes a line to standard output, which has the reply only. The reader may close it early, such as `head`.
fn write_line(line: &[u8]) -> io::Result<()> {
    let end: &[u8] = if line.ends_with(b"\n") { b"" } else { b"\n" };
    let written = io::stdout().lock().write_all(&[line, end].concat()).and_then(|()| io::stdout().flush());
    written.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}
