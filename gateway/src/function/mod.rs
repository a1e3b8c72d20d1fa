//! Functions as child processes.

mod environment;
mod output;

use std::{
    io,
    net::SocketAddr,
    process::{Command, ExitStatus},
    sync::Arc,
    time::Duration,
};

use tokio::process::Child;

use self::output::Output;
#[cfg(unix)]
use crate::Vercel;
use crate::{RuntimeApi, runtime_api::SharedState};

/// The time between SIGTERM and SIGKILL on Lambda and on Vercel.
const FUNCTION_GRACE: Duration = Duration::from_millis(500);

/// The time between SIGTERM and SIGKILL of a server, which is the default of Kubernetes.
const SERVER_GRACE: Duration = Duration::from_secs(30);

/// A function that runs as a child process, for a test of the program that is deployed. Needs the feature `process`.
///
/// The same program can also run [as a server](Self::spawn_server). The drop kills the process.
///
/// A stream that the command sets to [`Stdio::piped`](std::process::Stdio::piped) is captured: [`output`](Self::output) returns its
/// text, and [`wait_for_line`](Self::wait_for_line) waits for a line. All other streams go where the command sends them.
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
}

#[derive(Debug)]
enum Host {
    Lambda(Arc<SharedState>),
    #[cfg(unix)]
    Vercel,
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
        for (name, value) in environment::lambda(&command, &api.address(), &state) {
            command.env(name, value);
        }
        api.mark_start();
        Self::spawn_on(Host::Lambda(state), command)
    }

    /// Starts a function of Vercel's runtime `executable`, in the current tokio runtime. Unix only.
    ///
    /// The process gets the variables `VERCEL` and `VERCEL_IPC_PATH`.
    ///
    /// # Errors
    /// The program cannot be started.
    #[cfg(unix)]
    pub fn spawn_on_vercel(mut command: Command, vercel: &Vercel) -> io::Result<Self> {
        command.env("VERCEL", "1").env("VERCEL_IPC_PATH", vercel.ipc_path());
        vercel.mark_start();
        Self::spawn_on(Host::Vercel, command)
    }

    /// Starts the program as a server, in the current tokio runtime.
    ///
    /// The process gets no additional variables. Set `PORT` to `0` or the variable of the program to get a free port, and pipe
    /// the stream with the address for [`address`](Self::address).
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn_server(command: Command) -> io::Result<Self> {
        Self::spawn_on(Host::Server, command)
    }

    fn spawn_on(host: Host, command: Command) -> io::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = tokio::process::Command::from(command).kill_on_drop(true).spawn();
        let mut child =
            child.map_err(|error| io::Error::new(error.kind(), format!("cannot start {program}: {error}")))?;
        let output = Output::capture(child.stdout.take(), child.stderr.take());
        Ok(Self { child, output, host })
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

    /// The process id, or `None` after [`wait`](Self::wait) has returned.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the process has ended and the captured output is complete.
    ///
    /// # Errors
    /// The operating system does not return the exit status.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.output.wait_for_end().await;
        Ok(status)
    }

    /// Shuts the process down as its host does, and returns its exit status.
    ///
    /// Lambda kills the process at once, unless the function has an [extension](RuntimeApi::extensions). All other processes get
    /// SIGTERM. If a process does not end in time, it is killed: after half a second on Lambda and Vercel, and after 30 seconds as
    /// a server. Windows has no SIGTERM, so the process is killed there.
    ///
    /// # Errors
    /// The operating system does not return the exit status.
    pub async fn shut_down(&mut self) -> io::Result<ExitStatus> {
        let grace = match &self.host {
            Host::Lambda(state) if state.lock().extensions.is_empty() => None,
            Host::Lambda(_) => Some(FUNCTION_GRACE),
            #[cfg(unix)]
            Host::Vercel => Some(FUNCTION_GRACE),
            Host::Server => Some(SERVER_GRACE),
        };
        if let Some(grace) = grace
            && self.terminate().await.is_ok()
            && let Ok(status) = tokio::time::timeout(grace, self.wait()).await
        {
            return status;
        }
        // Fails only if the process has ended on its own, and then there is a status.
        let _ = self.child.start_kill();
        // Without the rest of the output: a child of the process may still hold the streams.
        self.child.wait().await
    }

    /// Sends SIGTERM to the process. Unix only: on other systems this is an error.
    ///
    /// # Errors
    /// The process has ended, or the command `kill` failed.
    pub async fn terminate(&self) -> io::Result<()> {
        let id = self.id().ok_or_else(|| io::Error::other("cannot send SIGTERM: the process has ended"))?;
        if cfg!(not(unix)) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let status = tokio::process::Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
        if !status.success() {
            return Err(io::Error::other(format!("cannot send SIGTERM to process {id}: kill ended with {status}")));
        }
        Ok(())
    }
}
