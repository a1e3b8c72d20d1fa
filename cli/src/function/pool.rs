//! The processes of a function on Lambda: one for each invocation at once, up to a limit.

use std::{
    io,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{Environment, LambdaSettings, Program};
use crate::{
    history::{History, Record},
    terminal::Terminal,
};

/// The processes of one version of a function.
#[derive(Debug)]
pub struct Pool {
    program: Program,
    settings: LambdaSettings,
    history: Arc<History>,
    terminal: Terminal,
    /// A permit for each invocation at once.
    permits: Arc<Semaphore>,
    /// The environments that may be invoked. On Managed Instances also the one that is busy.
    idle: Mutex<Vec<Arc<Environment>>>,
    /// Starts one process at a time on Managed Instances.
    starting: tokio::sync::Mutex<()>,
}

/// An environment for one invocation.
#[derive(Debug)]
pub struct Lease {
    environment: Arc<Environment>,
    pool: Arc<Pool>,
    permit: OwnedSemaphorePermit,
}

impl Pool {
    pub fn new(program: Program, settings: LambdaSettings, history: Arc<History>, terminal: Terminal) -> Arc<Self> {
        let at_once = match settings.runtime_api {
            Some(_) => 1,
            None => settings.concurrency.unwrap_or(settings.max_processes).get(),
        };
        Arc::new(Self {
            program,
            settings,
            history,
            terminal,
            permits: Arc::new(Semaphore::new(at_once)),
            idle: Mutex::default(),
            starting: tokio::sync::Mutex::default(),
        })
    }

    /// Starts the first process, and waits until it polls, fails or ends.
    ///
    /// # Errors
    /// The program cannot be started.
    pub async fn warm_up(&self) -> io::Result<()> {
        let environment = self.start().await?;
        if self.settings.runtime_api.is_some() {
            // The user starts the process later.
            self.idle().push(environment);
            return Ok(());
        }
        tokio::select! {
            () = environment.api.wait_for_polls(1) => {}
            error = environment.api.init_error() => return Err(io::Error::other(format!("the function cannot start: {error}"))),
            exit = environment.exited() => return Err(io::Error::other(exit)),
        }
        self.idle().push(environment);
        Ok(())
    }

    /// Waits for a free process, or starts one.
    ///
    /// # Errors
    /// The program cannot be started.
    pub async fn acquire(self: &Arc<Self>) -> io::Result<Lease> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(io::Error::other)?;
        let environment = match self.settings.concurrency {
            Some(_) => self.shared().await?,
            None => match self.take() {
                Some(environment) => environment,
                None => self.start().await?,
            },
        };
        Ok(Lease { environment, pool: Arc::clone(self), permit })
    }

    /// The one process of Managed Instances.
    async fn shared(&self) -> io::Result<Arc<Environment>> {
        let _starting = self.starting.lock().await;
        self.idle().retain(|environment| !environment.has_exited());
        if let Some(environment) = self.idle().first() {
            return Ok(Arc::clone(environment));
        }
        let environment = self.start().await?;
        self.idle().push(Arc::clone(&environment));
        Ok(environment)
    }

    fn take(&self) -> Option<Arc<Environment>> {
        let mut idle = self.idle();
        idle.retain(|environment| !environment.has_exited());
        idle.pop()
    }

    async fn start(&self) -> io::Result<Arc<Environment>> {
        let environment = Environment::start(&self.program, &self.settings, &self.history, &self.terminal).await?;
        Ok(Arc::new(environment))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Arc<Environment>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Returns the environment after a response, once the work after it has ended.
    ///
    /// An environment that cannot be invoked again ends: the process has failed to start, has ended, or still runs after its timeout.
    pub async fn finish(self, record: &Arc<Record>) {
        let environment = &self.environment;
        let is_delivered = record.read(|detail| detail.timing.queued_ms.is_some());
        let mut is_idle = true;
        if is_delivered && !environment.has_timed_out() {
            let work = environment.wait_for_work(self.pool.settings.concurrency.map_or(1, usize::from));
            // The timeout of a function includes the work after its reply.
            is_idle =
                timeout(self.pool.settings.timeout, work).await.is_ok() || self.pool.settings.runtime_api.is_some();
            record.finish_work();
        }
        environment.report_protocol_errors(record);
        environment.end(record);
        // The process has not polled in time. Another one may.
        let settings = &self.pool.settings;
        let has_one_process = settings.concurrency.is_some() || settings.runtime_api.is_some();
        is_idle &= is_delivered || has_one_process || environment.api.waiting_poll_count() > 0;
        if !is_idle || !environment.can_be_invoked() {
            self.pool.idle().retain(|idle| !Arc::ptr_eq(idle, environment));
        } else if self.pool.settings.concurrency.is_none() {
            self.pool.idle().push(Arc::clone(environment));
        }
        drop(self.permit);
    }
}

impl Deref for Lease {
    type Target = Environment;

    fn deref(&self) -> &Environment {
        &self.environment
    }
}
