//! The program as a server, or as a Vercel function: one process with a port.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use lodger_gateway::Function;
#[cfg(unix)]
use lodger_gateway::Vercel;
use tokio::time::timeout;

use super::{Program, process::Process};
use crate::{history::History, terminal::Terminal};

/// The time in which a server has to listen. A program may do much work first.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The process of a server. It ends on drop.
#[derive(Debug)]
pub struct LocalServer {
    pub address: SocketAddr,
    #[cfg(unix)]
    vercel: Option<Vercel>,
    process: Process,
}

impl LocalServer {
    /// Starts the program as a server on a free port, and waits until it listens.
    ///
    /// # Errors
    /// The program cannot be started, or does not log its address.
    pub async fn start(program: &Program, history: &Arc<History>, terminal: &Terminal) -> io::Result<Self> {
        let mut command = program.command();
        // Lodger reads `LODGER_ADDR`, and other servers read `PORT`.
        command.env("LODGER_ADDR", "127.0.0.1:0").env("LODGER_HOST", "server").env("PORT", "0");
        let function = Function::builder(command).on_line(lines(history, terminal)).spawn_server()?;
        let address = timeout(START_TIMEOUT, function.address()).await.map_err(|_| {
            let cause = "the program has not logged the line `listening on http://..`";
            io::Error::new(io::ErrorKind::TimedOut, format!("cannot find the address of the server: {cause}"))
        })??;
        Ok(Self::new(function, address))
    }

    /// Starts the program as a Vercel function, and waits until it reports its start.
    ///
    /// # Errors
    /// The program cannot be started, or reports that it cannot start.
    #[cfg(unix)]
    pub async fn start_on_vercel(program: &Program, history: &Arc<History>, terminal: &Terminal) -> io::Result<Self> {
        let vercel = Vercel::start()?;
        let builder = Function::builder(program.command()).on_line(lines(history, terminal));
        let mut function = builder.spawn_on_vercel(&vercel)?;
        let address = tokio::select! {
            address = timeout(START_TIMEOUT, vercel.address()) => address.map_err(|_| {
                io::Error::new(io::ErrorKind::TimedOut, "the program has not reported its start to Vercel")
            })??,
            status = function.wait() => return Err(io::Error::other(format!("the process ended: {}", status?))),
        };
        Ok(Self { vercel: Some(vercel), ..Self::new(function, address) })
    }

    fn new(function: Function, address: SocketAddr) -> Self {
        Self {
            address,
            #[cfg(unix)]
            vercel: None,
            process: Process::new(function),
        }
    }

    #[cfg(unix)]
    pub fn vercel(&self) -> Option<&Vercel> {
        self.vercel.as_ref()
    }

    pub fn has_exited(&self) -> bool {
        self.process.has_exited()
    }
}

fn lines(history: &Arc<History>, terminal: &Terminal) -> impl Fn(&str) + Send + Sync + 'static {
    let (history, terminal) = (Arc::clone(history), terminal.clone());
    move |line| {
        terminal.write(line);
        history.line(line);
    }
}
