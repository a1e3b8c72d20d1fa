//! The program as an HTTP server on a port: a server, a Vercel function or a Lambda Web Function.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

#[cfg(unix)]
use lodger_gateway::Vercel;
use lodger_gateway::{Function, WebFunction};
use tokio::time::timeout;

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
    Vercel(Vercel),
    WebFunction(Box<WebFunction>),
}

/// The process of a server. It ends on drop.
#[derive(Debug)]
pub struct LocalServer {
    pub platform: LocalPlatform,
    process: Process,
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
            return Err(io::Error::other("cannot start the program: --runtime-api is for a process of yours"));
        }
        let lines = lines(history, terminal);
        match host {
            LocalHost::Server => Self::start_server(program, lines).await,
            #[cfg(unix)]
            LocalHost::Vercel => Self::start_on_vercel(program, lines).await,
            LocalHost::WebFunctions => Self::start_web_function(program, request_timeout, lines).await,
        }
    }

    async fn start_server(program: &Program, lines: impl Fn(&str) + Send + Sync + 'static) -> io::Result<Self> {
        let mut command = program.command();
        // Lodger reads `LODGER_ADDR`, and other servers read `PORT`.
        command.env("LODGER_ADDR", "127.0.0.1:0").env("LODGER_HOST", "server").env("PORT", "0");
        let function = Function::builder(command).on_line(lines).spawn_server()?;
        let address = timeout(START_TIMEOUT, function.address()).await.map_err(|_| {
            let cause = "the program has not logged the line `listening on http://..`";
            io::Error::new(io::ErrorKind::TimedOut, format!("cannot find the address of the server: {cause}"))
        })??;
        Ok(Self { platform: LocalPlatform::Server(address), process: Process::new(function) })
    }

    #[cfg(unix)]
    async fn start_on_vercel(program: &Program, lines: impl Fn(&str) + Send + Sync + 'static) -> io::Result<Self> {
        let vercel = Vercel::start()?;
        let mut function = Function::builder(program.command()).on_line(lines).spawn_on_vercel(&vercel)?;
        tokio::select! {
            address = timeout(START_TIMEOUT, vercel.address()) => address.map_err(|_| {
                io::Error::new(io::ErrorKind::TimedOut, "the program has not reported its start to Vercel")
            })??,
            status = function.wait() => return Err(io::Error::other(format!("the process ended: {}", status?))),
        };
        Ok(Self { platform: LocalPlatform::Vercel(vercel), process: Process::new(function) })
    }

    async fn start_web_function(
        program: &Program,
        request_timeout: Duration,
        lines: impl Fn(&str) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let web_function = WebFunction::new()?.timeout(request_timeout);
        let mut function = Function::builder(program.command()).on_line(lines).spawn_web_function(&web_function)?;
        tokio::select! {
            ready = web_function.wait_until_ready() => ready?,
            status = function.wait() => return Err(io::Error::other(format!("the process ended: {}", status?))),
        }
        let platform = LocalPlatform::WebFunction(Box::new(web_function));
        Ok(Self { platform, process: Process::new(function) })
    }

    pub fn has_exited(&self) -> bool {
        self.process.has_exited()
    }
}

/// Writes each line of the process, and reports it.
fn lines(history: &Arc<History>, terminal: &Terminal) -> impl Fn(&str) + Send + Sync + 'static {
    let (history, terminal) = (Arc::clone(history), terminal.clone());
    move |line| {
        terminal.write(line);
        history.line(line);
    }
}
