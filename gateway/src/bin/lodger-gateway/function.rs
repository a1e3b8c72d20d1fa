//! The function, as a process.

use std::{
    io,
    process::{ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};

use lodger_gateway::{FunctionResult, RuntimeApi};
#[cfg(unix)]
use lodger_gateway::{Vercel, VercelMessage};
use tokio::process::{Child, Command};

pub(crate) struct Function {
    child: Child,
    interrupts: Interrupts,
    /// Where there is one, it ends the function without a word unless that has an extension.
    api: Option<Arc<RuntimeApi>>,
}

impl Function {
    pub(crate) fn start(command: &[String], stdout: Stdio, api: &Arc<RuntimeApi>) -> io::Result<Self> {
        api.mark_start();
        let mut function = Self::start_with(command, stdout, environment(api))?;
        function.api = Some(Arc::clone(api));
        tokio::spawn(hint(Arc::clone(api)));
        Ok(function)
    }

    /// One on Vercel. What it logs there is shown.
    #[cfg(unix)]
    pub(crate) fn start_on_vercel(command: &[String], vercel: &Arc<Vercel>) -> io::Result<Self> {
        let variables = vec![("VERCEL", "1".to_owned()), ("VERCEL_IPC_PATH", vercel.ipc_path())];
        vercel.mark_start();
        let function = Self::start_with(command, Stdio::inherit(), variables)?;
        tokio::spawn(show(Arc::clone(vercel)));
        Ok(function)
    }

    fn start_with(command: &[String], stdout: Stdio, variables: Vec<(&str, String)>) -> io::Result<Self> {
        let Some((program, args)) = command.split_first() else { return Err(io::ErrorKind::InvalidInput.into()) };
        // Before there is a function that would be left behind.
        let interrupts = Interrupts::new()?;
        let mut command = Command::new(program);
        let child = command.args(args).envs(variables).stdout(stdout).kill_on_drop(true).spawn();
        let child = child.map_err(|error| io::Error::new(error.kind(), format!("{program}: {error}")))?;
        Ok(Self { child, interrupts, api: None })
    }

    /// Waits for its end, or ends it when the user wants to.
    pub(crate) async fn wait(mut self) -> io::Result<ExitCode> {
        let status = tokio::select! {
            status = self.child.wait() => status?,
            () = self.interrupts.next() => {
                self.end().await;
                return Ok(ExitCode::SUCCESS);
            }
        };
        eprintln!("lodger-gateway: the function ended: {status}");
        Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
    }

    /// Invokes it, and ends it.
    pub(crate) async fn invoke(mut self, event: Vec<u8>, api: &RuntimeApi) -> io::Result<FunctionResult> {
        let outcome = tokio::select! {
            // What it has said counts, although it has ended since.
            biased;
            outcome = api.invoke(event) => outcome?,
            status = self.child.wait() => {
                return Err(io::Error::other(format!("the function ended before it answered: {}", status?)));
            }
            () = self.interrupts.next() => {
                return Err(io::ErrorKind::Interrupted.into());
            }
        };
        // What it has left to do after its answer, it does before it asks for the next event.
        tokio::select! {
            () = asked(api, 2) => {}
            _ = self.child.wait() => {}
            () = self.interrupts.next() => {}
            () = tokio::time::sleep(Duration::from_secs(30)) => {}
        }
        self.end().await;
        Ok(outcome)
    }

    /// Ends it as its host does: by SIGTERM, with half a second for what it has left to do, or without that.
    async fn end(&mut self) {
        let is_told = self.api.as_ref().is_none_or(|api| !api.extensions().is_empty());
        if let (true, Some(id)) = (is_told && cfg!(unix), self.child.id()) {
            let told = Command::new("kill").args(["-TERM", &id.to_string()]).status().await;
            let ended = tokio::time::timeout(Duration::from_millis(500), self.child.wait());
            if told.is_ok_and(|status| status.success()) && ended.await.is_ok() {
                return;
            }
        }
        // If it has ended by itself, it got the signal as well.
        let _ = self.child.kill().await;
    }
}

/// Says so if the function does not do what a function does. It may still be building something.
async fn hint(api: Arc<RuntimeApi>) {
    if tokio::time::timeout(Duration::from_secs(3), asked(&api, 1)).await.is_err() {
        eprintln!(
            "lodger-gateway: the function has not asked for an event yet: is LODGER_HOST set, or is it no Lambda function?"
        );
    }
}

/// Shows what a function says on Vercel, and says so if it says nothing.
#[cfg(unix)]
async fn show(vercel: Arc<Vercel>) {
    if tokio::time::timeout(Duration::from_secs(3), vercel.message(0)).await.is_err() {
        eprintln!("lodger-gateway: the function has not said yet that it has started: is LODGER_HOST set?");
    }
    for index in 0.. {
        match vercel.message(index).await {
            VercelMessage::Log { request_id: 0, level, message, .. } => eprintln!("{level}: {message}"),
            VercelMessage::Log { request_id, level, message, .. } => {
                eprintln!("{level}: request {request_id}: {message}");
            }
            VercelMessage::UnrecoverableError { message, .. } => {
                eprintln!("lodger-gateway: the function cannot go on: {message}");
            }
            _ => {}
        }
    }
}

/// Waits until the function has asked for so many events.
async fn asked(api: &RuntimeApi, times: usize) {
    while api.poll_count() < times {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The user's wish to end, from the time that this is made.
pub(crate) struct Interrupts {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Interrupts {
    pub(crate) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}

/// What Lambda sets for a function of a custom runtime, without what is set already.
///
/// Source: [Environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime).
fn environment(api: &RuntimeApi) -> Vec<(&'static str, String)> {
    let here = std::env::current_dir().map(|dir| dir.display().to_string()).unwrap_or_default();
    let mut variables: Vec<_> = [
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_NAME", "test"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/test"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2025/03/12/[$LATEST]0123456789abcdef0123456789abcdef"),
        ("AWS_REGION", "us-east-1"),
        ("LAMBDA_TASK_ROOT", &here),
        ("TZ", ":UTC"),
        ("_HANDLER", "bootstrap"),
    ]
    .into_iter()
    .filter(|(name, _)| std::env::var_os(name).is_none())
    .map(|(name, value)| (name, value.to_owned()))
    .collect();
    variables.push(("AWS_LAMBDA_RUNTIME_API", api.address()));
    variables
}
