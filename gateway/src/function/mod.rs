//! Functions as child processes.

mod builder;
mod environment;
mod extension;
mod freezer;
mod output;
mod shutdown;
mod signal;

use std::{
    io,
    net::SocketAddr,
    process::{Command, ExitStatus},
    sync::Arc,
    time::Duration,
};

use tokio::{process::Child, time::timeout};

pub use self::builder::FunctionBuilder;
use self::{
    extension::ExtensionProcess,
    freezer::Freezer,
    output::{OnLine, Output},
};
#[cfg(unix)]
use crate::Vercel;
use crate::{
    RuntimeApi, WebFunction,
    runtime_api::{Freeze, SharedState},
};

/// The time in which the rest of the output arrives after the end of a process.
const OUTPUT_TIMEOUT: Duration = Duration::from_millis(100);

/// A function that runs as a child process, for a test of the program that is deployed. Needs the feature `process`.
///
/// The same program can also run [as a server](Self::spawn_server). The drop kills the process.
///
/// A stream that the command sets to [`Stdio::piped`](std::process::Stdio::piped) is captured: [`output`](Self::output) returns the
/// last 10,000 lines, and [`wait_for_line`](Self::wait_for_line) waits for a line. All other streams go where the command sends them.
///
/// ```
/// use std::process::{Command, Stdio};
/// use lodger_gateway::{Function, RuntimeApi};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// # if cfg!(windows) { return Ok(()) }
/// let api = RuntimeApi::start().await?;
/// // For an app: Command::new(env!("CARGO_BIN_EXE_my-app"))
/// let mut command = Command::new("sh");
/// command.args(["-c", "echo I am $AWS_LAMBDA_FUNCTION_NAME, and poll $AWS_LAMBDA_RUNTIME_API"]).stdout(Stdio::piped());
///
/// let mut function = Function::spawn(command, &api)?;
/// // An app would reply to `api.send(..)` now.
/// assert!(function.wait().await?.success());
/// assert_eq!(function.output(), format!("I am test, and poll {}\n", api.address()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Function {
    child: Child,
    output: Arc<Output>,
    host: Host,
    extensions: Vec<ExtensionProcess>,
    extension_output: Arc<Output>,
    freezer: Option<Freezer>,
    /// The process group that the process leads, if it does.
    group: Option<String>,
}

#[derive(Debug)]
enum Host {
    Lambda(Arc<SharedState>),
    #[cfg(unix)]
    Vercel,
    WebFunction,
    Server,
}

impl Function {
    /// Starts a Lambda function that polls `api`, in the current tokio runtime.
    ///
    /// The process gets the [environment variables](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html) of
    /// Lambda. Variables of the command and of the current process keep their values, except `AWS_LAMBDA_RUNTIME_API`.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn(mut command: Command, api: &RuntimeApi) -> io::Result<Self> {
        let state = Arc::clone(api.state());
        let variables = environment::lambda(&command, &api.address(), &state);
        environment::set_function_info(&variables, &command, &state);
        command.envs(variables);
        state.lock().restart();
        api.mark_start();
        let on_line = builder::function_lines(&state, &OnLine::default());
        let function = Self::spawn_on(Host::Lambda(Arc::clone(&state)), command, &on_line)?;
        state.lock().function.process_id = function.id();
        Ok(function)
    }

    /// Starts a Lambda function with external extensions, or one that is frozen between invocations.
    pub fn builder(command: Command) -> FunctionBuilder {
        FunctionBuilder::new(command)
    }

    /// Starts a function of Vercel's runtime `executable`, in the current tokio runtime. Unix only.
    ///
    /// The process gets the variables `VERCEL` and `VERCEL_IPC_PATH`.
    ///
    /// # Errors
    /// The program cannot be started.
    #[cfg(unix)]
    pub fn spawn_on_vercel(command: Command, vercel: &Vercel) -> io::Result<Self> {
        Self::builder(command).spawn_on_vercel(vercel)
    }

    /// Starts the process of a Lambda Web Function, in the current tokio runtime.
    ///
    /// The process gets the variables of Lambda that Web Functions have: `AWS_LAMBDA_HTTP_ENDPOINT`, `AWS_LAMBDA_INITIALIZATION_TYPE`
    /// and `AWS_LAMBDA_RUNTIME_API`, which leads nowhere here. `PORT` is removed, because Lambda does not set it.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn_web_function(command: Command, function: &WebFunction) -> io::Result<Self> {
        Self::builder(command).spawn_web_function(function)
    }

    /// Starts the program as a server, in the current tokio runtime.
    ///
    /// The process gets no additional variables. Set `PORT` to `0` or the variable of the program to get a free port, and pipe
    /// the stream with the address for [`address`](Self::address).
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn_server(command: Command) -> io::Result<Self> {
        Self::builder(command).spawn_server()
    }

    fn spawn_on(host: Host, command: Command, on_line: &OnLine) -> io::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        let mut child =
            child.map_err(|error| io::Error::new(error.kind(), format!("cannot start {program}: {error}")))?;
        let output = Arc::new(Output::default());
        output.capture(child.stdout.take(), child.stderr.take(), on_line);
        let (extensions, extension_output) = Default::default();
        Ok(Self { child, output, host, extensions, extension_output, freezer: None, group: None })
    }

    /// Waits for the line `listening on http://..` in the captured output, and returns the address.
    ///
    /// An address that stands for all interfaces, such as `0.0.0.0`, becomes the loopback address.
    ///
    /// # Errors
    /// No stream is captured, the process has closed its output, or the line has no valid address.
    pub async fn address(&self) -> io::Result<SocketAddr> {
        let line = self.wait_for_line("listening on http://").await?;
        let (_, address) = line.split_once("listening on http://").unwrap_or_default();
        let address = address.split([' ', '/', ',']).next().unwrap_or_default();
        let mut address: SocketAddr = address.parse().map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidData, format!("cannot read the address in {line:?}: {error}"))
        })?;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        Ok(address)
    }

    /// Waits until a captured line contains `text`, and returns the first such line.
    ///
    /// # Errors
    /// No stream is captured, or the process has closed its output without such a line.
    pub async fn wait_for_line(&self, text: &str) -> io::Result<String> {
        self.output.wait_for_line(text).await
    }

    /// The captured output so far, in the order in which the lines arrived.
    pub fn output(&self) -> String {
        self.output.text()
    }

    /// The output of the extensions so far, in the order in which the lines arrived.
    pub fn extension_output(&self) -> String {
        self.extension_output.text()
    }

    /// Waits until the processes are [frozen](FunctionBuilder::freeze). Waits forever without that setting.
    pub async fn wait_for_freeze(&self) {
        match &self.freezer {
            Some(freezer) => freezer.wait_for(Freeze::Frozen).await,
            None => std::future::pending().await,
        }
    }

    /// The process id, or `None` after [`wait`](Self::wait) has returned.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the process has ended and the captured output is complete.
    ///
    /// A child of the process may hold its output. This method then waits for the child too, and [`exited`](Self::exited) does not.
    ///
    /// # Errors
    /// The operating system does not return the exit status.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.output.wait_for_end().await;
        Ok(status)
    }

    /// Waits until the process has ended, and up to 100 ms for the rest of the captured output.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub async fn exited(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        let _ = timeout(OUTPUT_TIMEOUT, self.output.wait_for_end()).await;
        Ok(status)
    }
}
