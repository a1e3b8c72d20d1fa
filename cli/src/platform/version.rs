//! One build of the function, and its processes.

use std::{io, sync::Arc, time::Duration};

use tokio::sync::Mutex;

use crate::{
    function::{LambdaSettings, LocalHost, LocalServer, Pool, Program},
    history::History,
    terminal::Terminal,
};

/// A process that starts at the first request to its host.
type LazyServer = Mutex<Option<Arc<LocalServer>>>;

/// A build of the function. Its processes end with the last request to them.
#[derive(Debug)]
pub struct Version {
    /// The number of the build, from 1.
    pub number: u64,
    pub pool: Arc<Pool>,
    program: Program,
    timeout: Duration,
    history: Arc<History>,
    terminal: Terminal,
    server: LazyServer,
    #[cfg(unix)]
    vercel: LazyServer,
    web_function: LazyServer,
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
            timeout: settings.timeout,
            pool: Pool::new(program.clone(), settings, Arc::clone(&history), terminal.clone()),
            program,
            history,
            terminal,
            server: Mutex::default(),
            #[cfg(unix)]
            vercel: Mutex::default(),
            web_function: Mutex::default(),
        }
    }

    /// The name of the function.
    pub fn name(&self) -> &str {
        &self.program.name
    }

    /// The process on a host, which starts if it does not run. The start goes on if the caller leaves.
    ///
    /// # Errors
    /// The process cannot be started.
    pub async fn local_server(self: &Arc<Self>, host: LocalHost) -> io::Result<Arc<LocalServer>> {
        let version = Arc::clone(self);
        tokio::spawn(async move { version.find_or_start(host).await }).await.map_err(io::Error::other)?
    }

    async fn find_or_start(&self, host: LocalHost) -> io::Result<Arc<LocalServer>> {
        let server = match host {
            LocalHost::Server => &self.server,
            #[cfg(unix)]
            LocalHost::Vercel => &self.vercel,
            LocalHost::WebFunctions => &self.web_function,
        };
        let mut server = server.lock().await;
        if let Some(running) = server.as_ref().filter(|running| !running.has_exited()) {
            return Ok(Arc::clone(running));
        }
        let started = LocalServer::start(host, &self.program, self.timeout, &self.history, &self.terminal).await?;
        Ok(Arc::clone(server.insert(Arc::new(started))))
    }
}
