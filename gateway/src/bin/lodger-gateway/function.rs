//! The function of the command line.

use std::{
    io,
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use lodger_gateway::{Function, FunctionResult, RuntimeApi, WebFunction};
#[cfg(unix)]
use lodger_gateway::{Vercel, VercelMessage};
use tokio::time::timeout;

use crate::{arguments::FunctionOptions, signals::Signals};

/// The time until the command reports that the function has not started. A function may compile something first.
const START_TIMEOUT: Duration = Duration::from_secs(3);

/// The timeout of the work that a function does after its reply.
const WORK_TIMEOUT: Duration = Duration::from_secs(30);

/// A function, and the signals that end the command.
pub(crate) struct RunningFunction {
    function: Function,
    signals: Signals,
}

impl RunningFunction {
    pub(crate) async fn start(options: &FunctionOptions, stdout: Stdio, api: &Arc<RuntimeApi>) -> io::Result<Self> {
        let (mut command, mut signals) = prepare(&options.command, stdout)?;
        if options.extensions.is_some() {
            // Telemetry has the output, so this process passes it on.
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        let mut builder = Function::builder(command).on_line(|line| eprint!("{line}"));
        if let Some(folder) = &options.extensions {
            builder = builder.extensions(folder);
        }
        if options.is_freezing {
            builder = builder.freeze();
        }
        let function = tokio::select! {
            function = builder.spawn(api) => function?,
            () = signals.next() => return Err(io::ErrorKind::Interrupted.into()),
        };
        tokio::spawn(report_missing_poll(Arc::clone(api)));
        Ok(Self { function, signals })
    }

    /// Starts a function on Vercel, and prints its log.
    #[cfg(unix)]
    pub(crate) fn start_on_vercel(command: &[String], vercel: &Arc<Vercel>) -> io::Result<Self> {
        let (command, signals) = prepare(command, Stdio::inherit())?;
        let function = Function::spawn_on_vercel(command, vercel)?;
        tokio::spawn(print_messages(Arc::clone(vercel)));
        Ok(Self { function, signals })
    }

    /// Starts a Web Function, and prints an error if it does not listen.
    pub(crate) fn start_web_function(command: &[String], web_function: &Arc<WebFunction>) -> io::Result<Self> {
        let (command, signals) = prepare(command, Stdio::inherit())?;
        let function = Function::spawn_web_function(command, web_function)?;
        let web_function = Arc::clone(web_function);
        tokio::spawn(async move {
            if let Err(error) = web_function.wait_until_ready().await {
                eprintln!("lodger-gateway: {error}; unset LODGER_HOST if it is set");
            }
        });
        Ok(Self { function, signals })
    }

    /// Waits until the function ends, or shuts it down after a signal.
    pub(crate) async fn wait(mut self) -> io::Result<ExitCode> {
        let status = tokio::select! {
            status = self.function.wait() => {
                // Extensions receive SHUTDOWN.
                self.function.shut_down().await?;
                status?
            }
            () = self.signals.next() => {
                let _ = self.function.shut_down().await;
                return Ok(ExitCode::SUCCESS);
            }
        };
        eprintln!("lodger-gateway: the function ended: {status}");
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
    }

    /// Invokes the function once, and shuts it down.
    pub(crate) async fn invoke(mut self, event: Vec<u8>, api: &RuntimeApi) -> io::Result<FunctionResult> {
        let result = tokio::select! {
            // In this order: a reply counts even if the process has ended since.
            biased;
            result = api.invoke(event) => result?,
            status = self.function.wait() => {
                return Err(io::Error::other(format!("the function ended before it replied: {}", status?)));
            }
            () = self.signals.next() => return Err(io::ErrorKind::Interrupted.into()),
        };
        // A function polls again when its work after the reply is done.
        tokio::select! {
            () = api.wait_for_polls(2) => {}
            _ = self.function.wait() => {}
            () = self.signals.next() => {}
            () = tokio::time::sleep(WORK_TIMEOUT) => {}
        }
        let _ = self.function.shut_down().await;
        Ok(result)
    }
}

/// Prepares the start of a program.
fn prepare(command: &[String], stdout: Stdio) -> io::Result<(Command, Signals)> {
    let Some((program, arguments)) = command.split_first() else { return Err(io::ErrorKind::InvalidInput.into()) };
    // Before the start: an error would leave the function behind.
    let signals = Signals::new()?;
    let mut command = Command::new(program);
    command.args(arguments).stdout(stdout);
    Ok((command, signals))
}

/// Prints a hint if the function does not poll.
async fn report_missing_poll(api: Arc<RuntimeApi>) {
    if timeout(START_TIMEOUT, api.wait_for_polls(1)).await.is_err() {
        eprintln!(
            "lodger-gateway: the function has not polled for {}s; unset LODGER_HOST if it is set, and check that the program is a \
             Lambda function",
            START_TIMEOUT.as_secs()
        );
    }
}

/// Prints the messages of a function on Vercel, and a hint if there are none.
#[cfg(unix)]
async fn print_messages(vercel: Arc<Vercel>) {
    if timeout(START_TIMEOUT, vercel.message(0)).await.is_err() {
        eprintln!(
            "lodger-gateway: the function has not reported its start for {}s; unset LODGER_HOST if it is set",
            START_TIMEOUT.as_secs()
        );
    }
    for index in 0.. {
        match vercel.message(index).await {
            VercelMessage::Log { request_id: 0, level, message, .. } => eprintln!("{level}: {message}"),
            VercelMessage::Log { request_id, level, message, .. } => {
                eprintln!("{level}: request {request_id}: {message}");
            }
            VercelMessage::UnrecoverableError { message, .. } => {
                eprintln!("lodger-gateway: the function reported an unrecoverable error: {message}");
            }
            _ => {}
        }
    }
}
