//! The start of a function with extensions.

use std::{ffi::OsString, io, path::PathBuf, process::Command, sync::Arc};

use super::{
    Function, Host, environment,
    extension::{self, ExtensionProcess},
    freezer::Freezer,
    output::{OnLine, Output},
    signal,
};
use crate::{RuntimeApi, WebFunction, runtime_api::SharedState};

/// The start of a Lambda function with external extensions, or with a freeze between invocations. Needs the feature `process`.
///
/// ```no_run
/// use std::process::Command;
/// use lodger_gateway::{Function, RuntimeApi};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// let api = RuntimeApi::start().await?;
/// let function = Function::builder(Command::new("target/debug/my-app"));
/// // The folder has an executable for each extension, like `/opt/extensions`.
/// let mut function = function.extensions("target/extensions").freeze().spawn(&api).await?;
///
/// api.invoke(r#"{"any": "event"}"#).await?.unwrap();
/// // The function and the extensions are done, and stand still until the next invocation.
/// function.wait_for_freeze().await;
///
/// // The extensions receive SHUTDOWN.
/// function.shut_down().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder starts nothing before `spawn`"]
pub struct FunctionBuilder {
    command: Command,
    extensions: Option<PathBuf>,
    is_freezing: bool,
    leads_group: bool,
    on_line: OnLine,
}

impl FunctionBuilder {
    pub(super) fn new(command: Command) -> Self {
        Self { command, extensions: None, is_freezing: false, leads_group: false, on_line: OnLine::default() }
    }

    /// Starts each file of a folder as an external extension, before the function.
    ///
    /// The name of an extension is the name of its file. The process gets the variables of the function except those that
    /// [Lambda keeps from extensions](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html#runtimes-extensions-registration-api-e),
    /// such as `_HANDLER`. Its output is captured.
    pub fn extensions(mut self, folder: impl Into<PathBuf>) -> Self {
        self.extensions = Some(folder.into());
        self
    }

    /// Stops the processes between invocations, as Lambda does. Unix only: on other systems this has no effect.
    ///
    /// The processes get SIGSTOP when the function and all extensions wait for the next invocation, and SIGCONT before it. This
    /// includes the child processes in the same process group. Telemetry waits for the next invocation too. Functions with
    /// [`max_concurrency`](RuntimeApi::max_concurrency) do not stop.
    pub fn freeze(mut self) -> Self {
        self.is_freezing = cfg!(unix);
        self.process_group()
    }

    /// Starts the function in a process group of its own. Unix only: on other systems this has no effect.
    ///
    /// Ctrl-C in a terminal then reaches only the calling program, which can [shut the function down](Function::shut_down) as its host does.
    /// The shutdown ends all processes of the group, such as the children of a shell script.
    pub fn process_group(mut self) -> Self {
        self.leads_group = cfg!(unix);
        self
    }

    /// Calls `print` with each line of the captured output of the function and the extensions, with its line break.
    pub fn on_line(mut self, print: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.on_line = OnLine::new(print);
        self
    }

    /// Starts the extensions and, when all of them have registered, the function, in the current tokio runtime.
    ///
    /// # Errors
    /// A program cannot be started, the folder cannot be read, or an extension ends or does not register within ten seconds.
    pub async fn spawn(mut self, api: &RuntimeApi) -> io::Result<Function> {
        let state = Arc::clone(api.state());
        let variables = environment::lambda(&self.command, &api.address(), &state);
        environment::set_function_info(&variables, &self.command, &state);
        state.lock().restart();
        api.mark_start();

        let extension_output = Arc::new(Output::default());
        let mut extensions = self.spawn_extensions(&variables, &state, &extension_output)?;
        for extension in &mut extensions {
            extension.wait_for_registration(&state).await?;
        }

        self.command.envs(variables);
        self.on_line = function_lines(&state, &self.on_line);
        let is_freezing = self.is_freezing;
        let mut function = self.spawn_on(Host::Lambda(Arc::clone(&state)))?;
        state.lock().function.process_id = function.id();
        if let (true, Some(group)) = (is_freezing, function.group.clone()) {
            let groups = extensions.iter().map(ExtensionProcess::group).chain([group]);
            function.freezer = Some(Freezer::start(&state, groups.collect()));
        }
        (function.extensions, function.extension_output) = (extensions, extension_output);
        Ok(function)
    }

    /// Starts a function of Vercel's runtime `executable`, like [`Function::spawn_on_vercel`]. Settings of Lambda have no effect.
    ///
    /// # Errors
    /// The program cannot be started.
    #[cfg(unix)]
    pub fn spawn_on_vercel(mut self, vercel: &crate::Vercel) -> io::Result<Function> {
        self.command.env("VERCEL", "1").env("VERCEL_IPC_PATH", vercel.ipc_path());
        vercel.mark_start();
        self.spawn_on(Host::Vercel)
    }

    /// Starts the process of a Web Function, like [`Function::spawn_web_function`]. Settings of Lambda have no effect.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn_web_function(mut self, function: &WebFunction) -> io::Result<Function> {
        environment::set_web_function(&mut self.command, function);
        self.spawn_on(Host::WebFunction)
    }

    /// Starts the program as a server, like [`Function::spawn_server`]. Settings of Lambda have no effect.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn_server(self) -> io::Result<Function> {
        self.spawn_on(Host::Server)
    }

    fn spawn_on(self, host: Host) -> io::Result<Function> {
        let Self { mut command, leads_group, on_line, .. } = self;
        if leads_group {
            lead_group(&mut command);
        }
        let mut function = Function::spawn_on(host, command, &on_line)?;
        function.group = function.id().filter(|_| leads_group).map(signal::group);
        Ok(function)
    }

    fn spawn_extensions(
        &self,
        variables: &[(&'static str, OsString)],
        state: &Arc<SharedState>,
        output: &Arc<Output>,
    ) -> io::Result<Vec<ExtensionProcess>> {
        let Some(folder) = &self.extensions else { return Ok(Vec::new()) };
        let on_line = extension_lines(state, &self.on_line);
        let spawn = |path: PathBuf| {
            let mut command = tokio::process::Command::new(&path);
            environment::for_extension(&mut command, &self.command, variables);
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            ExtensionProcess::spawn(name, command, state, output, &on_line)
        };
        extension::files(folder)?.into_iter().map(spawn).collect()
    }
}

#[cfg(unix)]
fn lead_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn lead_group(_: &mut Command) {}

/// Sends the lines of a function to telemetry too.
pub(super) fn function_lines(state: &Arc<SharedState>, on_line: &OnLine) -> OnLine {
    let (state, on_line) = (Arc::clone(state), on_line.clone());
    OnLine::new(move |line| {
        state.send_function_log(line);
        on_line.call(line);
    })
}

/// Sends the lines of an extension to telemetry too.
fn extension_lines(state: &Arc<SharedState>, on_line: &OnLine) -> OnLine {
    let (state, on_line) = (Arc::clone(state), on_line.clone());
    OnLine::new(move |line| {
        state.send_extension_log(line);
        on_line.call(line);
    })
}
