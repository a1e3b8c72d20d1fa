//! An execution environment of Lambda: a process, and its Runtime API.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use lodger_gateway::{Function, RuntimeApi};

use super::{LambdaSettings, Program, process::Process};
use crate::{
    history::{History, Record},
    terminal::Terminal,
};

/// The invocations in flight, or the last one: its lines may arrive after the poll for the next one.
#[derive(Debug, Default)]
struct Running {
    in_flight: Vec<Arc<Record>>,
    last: Option<Arc<Record>>,
}

/// An execution environment. The process ends on drop.
#[derive(Debug)]
pub struct Environment {
    pub api: Arc<RuntimeApi>,
    /// The invocations to which the lines of the process belong.
    running: Arc<Mutex<Running>>,
    /// The number of invocations that the process has completed, with the work after them.
    completed: AtomicUsize,
    process: Process,
}

impl Environment {
    /// Starts the process, and waits until all of its extensions have registered.
    ///
    /// # Errors
    /// The program or an extension cannot be started.
    pub async fn start(
        program: &Program,
        settings: &LambdaSettings,
        history: &Arc<History>,
        terminal: &Terminal,
    ) -> io::Result<Self> {
        let mut api = RuntimeApi::start().await?.timeout(settings.timeout);
        if let Some(slots) = settings.concurrency {
            api = api.max_concurrency(slots.get());
        }
        let running: Arc<Mutex<Running>> = Arc::default();
        let mut command = program.command();
        command.env("AWS_LAMBDA_FUNCTION_NAME", &program.name);
        command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.memory.to_string());
        let mut builder = Function::builder(command).on_line(line_handler(&running, history, terminal));
        if let Some(folder) = &settings.extensions {
            builder = builder.extensions(folder);
        }
        if settings.is_freezing {
            builder = builder.freeze();
        }
        let function = builder.spawn(&api).await?;
        let process = Process::new(function);
        Ok(Self { api: Arc::new(api), running, completed: AtomicUsize::new(0), process })
    }

    /// Waits for the end of the process, and returns a text about it.
    pub async fn exited(&self) -> String {
        self.process.exited().await
    }

    /// Whether the last invocation has exceeded its time, and the process still handles it.
    pub fn has_timed_out(&self) -> bool {
        self.api.has_timed_out() && self.api.waiting_poll_count() == 0
    }

    /// Whether the process runs, and waits for an invocation or handles one in time.
    pub fn can_be_invoked(&self) -> bool {
        !self.has_exited() && !self.has_timed_out() && !self.api.has_failed_to_start()
    }

    pub fn has_exited(&self) -> bool {
        self.process.has_exited()
    }

    /// Ends the process and its extensions, and waits until they have ended.
    pub async fn stop(self) {
        self.process.stop().await;
    }

    /// Makes the lines of the process belong to an invocation too.
    pub fn begin(&self, record: &Arc<Record>) {
        let mut running = lock(&self.running);
        running.last = None;
        running.in_flight.push(Arc::clone(record));
    }

    /// Waits until the process polls again after an invocation: the work after the response has ended.
    pub async fn wait_for_work(&self, slots: usize) {
        let completed = self.completed.fetch_add(1, SeqCst) + 1;
        tokio::select! {
            // Each slot polls once before its first invocation, and once after each.
            () = self.api.wait_for_polls(completed + slots) => {}
            _ = self.exited() => {}
        }
    }

    pub fn end(&self, record: &Arc<Record>) {
        let mut running = lock(&self.running);
        running.in_flight.retain(|in_flight| in_flight.id() != record.id());
        running.last = Some(Arc::clone(record));
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes each line of the process, and adds it to its invocation.
fn line_handler(
    running: &Arc<Mutex<Running>>,
    history: &Arc<History>,
    terminal: &Terminal,
) -> impl Fn(&str) + Send + Sync + 'static {
    let (running, history, terminal) = (Arc::clone(running), Arc::clone(history), terminal.clone());
    move |line| {
        terminal.write(line);
        let running = lock(&running);
        match (&*running.in_flight, &running.last) {
            ([], None) => history.line(line),
            ([], Some(last)) => last.add_line(line),
            // Several at once: only a request id could tell them apart, and few lines have one.
            (records, _) => records.iter().for_each(|record| record.add_line(line)),
        }
    }
}
