//! One build of the function, and its processes.

use std::{io, sync::Arc};

use tokio::sync::Mutex;

use crate::{
    function::{LambdaSettings, LocalServer, Pool, Program},
    history::History,
    terminal::Terminal,
};

/// A build of the function. Its processes end with the last request to them.
#[derive(Debug)]
pub struct Version {
    /// The number of the build, from 1.
    pub number: u64,
    pub pool: Arc<Pool>,
    program: Program,
    history: Arc<History>,
    terminal: Terminal,
    /// The processes of these hosts start at the first request.
    server: Mutex<Option<Arc<LocalServer>>>,
    #[cfg(unix)]
    vercel: Mutex<Option<Arc<LocalServer>>>,
}

impl Version {
    pub fn new(
        number: u64,
        program: Program,
        settings: LambdaSettings,
        history: Arc<History>,
        terminal: Terminal,
    ) -> Self {
        Self {
            number,
            pool: Pool::new(program.clone(), settings, Arc::clone(&history), terminal.clone()),
            program,
            history,
            terminal,
            server: Mutex::default(),
            #[cfg(unix)]
            vercel: Mutex::default(),
        }
    }

    pub fn name(&self) -> &str {
        &self.program.name
    }

    /// The process as a server, which starts if it does not run.
    ///
    /// # Errors
    /// The process cannot be started.
    pub async fn server(&self) -> io::Result<Arc<LocalServer>> {
        let mut server = self.server.lock().await;
        if let Some(running) = server.as_ref().filter(|running| !running.has_exited()) {
            return Ok(Arc::clone(running));
        }
        let started = LocalServer::start(&self.program, &self.history, &self.terminal).await?;
        Ok(Arc::clone(server.insert(Arc::new(started))))
    }

    /// The process on Vercel, which starts if it does not run.
    ///
    /// # Errors
    /// The process cannot be started.
    #[cfg(unix)]
    pub async fn vercel(&self) -> io::Result<Arc<LocalServer>> {
        let mut vercel = self.vercel.lock().await;
        if let Some(running) = vercel.as_ref().filter(|running| !running.has_exited()) {
            return Ok(Arc::clone(running));
        }
        let started = LocalServer::start_on_vercel(&self.program, &self.history, &self.terminal).await?;
        Ok(Arc::clone(vercel.insert(Arc::new(started))))
    }
}
