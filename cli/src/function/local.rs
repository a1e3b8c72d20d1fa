//! The program as an HTTP server on a port: a server, a Vercel function or a Lambda Web Function.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use lodger_gateway::{Function, WebFunction};
#[cfg(unix)]
use lodger_gateway::{Vercel, VercelMessage};
use tokio::{task::JoinSet, time::timeout};

use super::{Program, process::Process};
use crate::{history::History, terminal::Terminal};

/// The time in which a server has to listen. A program may do much work first.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A host that passes requests to a port of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalHost {
    Server,
    #[cfg(unix)]
    Vercel,
    WebFunctions,
}

/// The platform between clients and the process.
#[derive(Debug)]
pub enum LocalPlatform {
    /// None: the client would connect to this address.
    Server(SocketAddr),
    #[cfg(unix)]
    Vercel(Arc<Vercel>),
    WebFunction(Box<WebFunction>),
}

/// The process of a server. It ends on drop.
#[derive(Debug)]
pub struct LocalServer {
    pub platform: LocalPlatform,
    process: Process,
    /// Tasks that end with the server.
    _tasks: JoinSet<()>,
}

impl LocalServer {
    /// Starts the program on a host, and waits until it listens.
    ///
    /// # Errors
    /// The program cannot be started, or does not listen in time.
    pub async fn start(
        host: LocalHost,
        program: &Program,
        request_timeout: Duration,
        history: &Arc<History>,
        terminal: &Terminal,
    ) -> io::Result<Self> {
        if program.command.is_empty() {
            return Err(io::Error::other(
                "cannot start the program: --runtime-api is for Lambda functions that you start",
            ));
        }
        let lines = lines(history, terminal);
        match host {
            LocalHost::Server => Self::start_server(program, lines).await,
            #[cfg(unix)]
            LocalHost::Vercel => Self::start_on_vercel(program, lines, terminal).await,
            LocalHost::WebFunctions => Self::start_web_function(program, request_timeout, lines).await,
        }
    }

    async fn start_server(program: &Program, lines: impl Fn(&str) + Send + Sync + 'static) -> io::Result<Self> {
        let mut command = program.command();
        // Lodger reads `LODGER_ADDR`, and other servers read `PORT`.
        command.env("LODGER_ADDR", "127.0.0.1:0").env("LODGER_HOST", "server").env("PORT", "0");
        let function = Function::builder(command).process_group().on_line(lines).spawn_server()?;
        let address = timeout(START_TIMEOUT, function.address()).await.map_err(|_| {
            let cause = "the program has not logged the line `listening on http://..`";
            io::Error::new(io::ErrorKind::TimedOut, format!("cannot find the address of the server: {cause}"))
        })??;
        Ok(Self { platform: LocalPlatform::Server(address), process: Process::new(function), _tasks: JoinSet::new() })
    }

    #[cfg(unix)]
    async fn start_on_vercel(
        program: &Program,
        lines: impl Fn(&str) + Clone + Send + Sync + 'static,
        terminal: &Terminal,
    ) -> io::Result<Self> {
        let vercel = Arc::new(Vercel::start()?);
        let mut tasks = JoinSet::new();
        tasks.spawn(print_messages(Arc::clone(&vercel), lines.clone(), terminal.clone()));
        let mut function =
            Function::builder(program.command()).process_group().on_line(lines).spawn_on_vercel(&vercel)?;
        tokio::select! {
            address = timeout(START_TIMEOUT, vercel.address()) => address.map_err(|_| {
                io::Error::new(io::ErrorKind::TimedOut, "the program has not reported its start to Vercel")
            })??,
            status = function.wait() => return Err(io::Error::other(format!("the process ended: {}", status?))),
        };
        Ok(Self { platform: LocalPlatform::Vercel(vercel), process: Process::new(function), _tasks: tasks })
    }

    async fn start_web_function(
        program: &Program,
        request_timeout: Duration,
        lines: impl Fn(&str) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let web_function = WebFunction::new()?.timeout(request_timeout);
        let mut function =
            Function::builder(program.command()).process_group().on_line(lines).spawn_web_function(&web_function)?;
        tokio::select! {
            ready = web_function.wait_until_ready() => ready?,
            status = function.wait() => return Err(io::Error::other(format!("the process ended: {}", status?))),
        }
        let platform = LocalPlatform::WebFunction(Box::new(web_function));
        Ok(Self { platform, process: Process::new(function), _tasks: JoinSet::new() })
    }

    pub fn has_exited(&self) -> bool {
        self.process.has_exited()
    }
}

/// Writes each line of the process, and reports it.
fn lines(history: &Arc<History>, terminal: &Terminal) -> impl Fn(&str) + Clone + Send + Sync + 'static + use<> {
    let (history, terminal) = (Arc::clone(history), terminal.clone());
    move |line| {
        terminal.write(line);
        history.line(line);
    }
}

/// Writes the log lines that a process sends to Vercel, and its violations of the protocol.
#[cfg(unix)]
async fn print_messages(vercel: Arc<Vercel>, lines: impl Fn(&str), terminal: Terminal) {
    let mut reported = 0;
    for index in 0.. {
        if let VercelMessage::Log { level, message, .. } = vercel.message(index).await {
            lines(&format!("{level}: {message}\n"));
        }
        let errors = vercel.protocol_errors();
        for error in errors.iter().skip(reported) {
            terminal.warning(&format!("the function violates the protocol of Vercel: {error}"));
        }
        reported = errors.len();
    }
}
