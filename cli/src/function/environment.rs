//! An execution environment of Lambda: a process, and its Runtime API.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use lodger_gateway::{Function, RuntimeApi};

use super::{LambdaSettings, Program, process::Process};
use crate::{
    history::{Complaint, History, Record},
    terminal::Terminal,
};

/// The invocations in flight, or the last one: its lines may arrive after the poll for the next one.
#[derive(Debug, Default)]
struct Running {
    in_flight: Vec<Arc<Record>>,
    last: Option<Arc<Record>>,
}

/// The time between two checks for a restart of a process that the user starts.
const RESTART_CHECK: Duration = Duration::from_millis(100);

/// An execution environment. The process ends on drop.
#[derive(Debug)]
pub struct Environment {
    pub api: Arc<RuntimeApi>,
    /// The invocations to which the lines of the process belong.
    running: Arc<Mutex<Running>>,
    /// The number of invocations that the process has completed, with the work after them.
    completed: AtomicUsize,
    /// The number of violations of the protocol that are in the history.
    reported_errors: AtomicUsize,
    /// `None` if the user starts it.
    process: Option<Process>,
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
        let api = runtime_api(settings).await?;
        let running: Arc<Mutex<Running>> = Arc::default();
        let process = if settings.runtime_api.is_some() {
            None
        } else {
            let mut command = program.command();
            for (name, value) in [
                ("AWS_LAMBDA_FUNCTION_NAME", program.name.clone()),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", settings.memory.to_string()),
            ] {
                if !program.variables.iter().any(|(of, _)| of == name) {
                    command.env(name, value);
                }
            }
            let mut builder = Function::builder(command).process_group();
            builder = builder.on_line(line_handler(&running, history, terminal));
            if let Some(folder) = &settings.extensions {
                builder = builder.extensions(folder);
            }
            if settings.is_freezing {
                builder = builder.freeze();
            }
            Some(Process::new(builder.spawn(&api).await?))
        };
        let (completed, reported_errors) = Default::default();
        Ok(Self { api: Arc::new(api), running, completed, reported_errors, process })
    }

    /// Waits for the end of the process, and returns a text about it.
    ///
    /// A process of the user has ended if another one polls before it has replied.
    pub async fn exited(&self) -> String {
        if let Some(process) = &self.process {
            return process.exited().await;
        }
        let is_delivered = || lock(&self.running).in_flight.iter().any(|record| record.request_id().is_some());
        while self.api.waiting_poll_count() == 0 || !is_delivered() {
            tokio::time::sleep(RESTART_CHECK).await;
        }
        "another process has polled".to_owned()
    }

    /// Whether the last invocation has exceeded its time, and the process still handles it.
    pub fn has_timed_out(&self) -> bool {
        self.api.has_timed_out() && self.api.waiting_poll_count() == 0
    }

    /// Whether the process runs, and waits for an invocation or handles one in time.
    pub fn can_be_invoked(&self) -> bool {
        self.process.is_none() || !self.has_exited() && !self.has_timed_out() && !self.api.has_failed_to_start()
    }

    pub fn has_exited(&self) -> bool {
        self.process.as_ref().is_some_and(Process::has_exited)
    }

    /// Ends the process and its extensions, and waits until they have ended.
    pub async fn stop(self) {
        if let Some(process) = self.process {
            process.stop().await;
        }
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

    /// Adds the violations of the protocol since the last call to an invocation.
    pub fn report_protocol_errors(&self, record: &Arc<Record>) {
        let errors = self.api.protocol_errors();
        let reported = self.reported_errors.swap(errors.len(), SeqCst);
        for error in errors.iter().skip(reported) {
            record.complain(Complaint {
                level: "error",
                text: format!("the function violates the protocol of the Runtime API: {error}"),
                link: "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html",
            });
        }
    }

    pub fn end(&self, record: &Arc<Record>) {
        let mut running = lock(&self.running);
        running.in_flight.retain(|in_flight| in_flight.id() != record.id());
        running.last = Some(Arc::clone(record));
    }
}

/// Starts the Runtime API of an environment.
async fn runtime_api(settings: &LambdaSettings) -> io::Result<RuntimeApi> {
    let api = match settings.runtime_api {
        None => RuntimeApi::start().await?,
        Some(address) => RuntimeApi::start_on(address).await.map_err(|error| {
            let text = format!("cannot listen on {address}: {error}; choose another address with --runtime-api");
            io::Error::new(error.kind(), text)
        })?,
    };
    let mut api = api.random_ids().timeout(settings.timeout);
    api = settings.allowed_hosts.iter().fold(api, |api, name| api.allow_host(name));
    if let Some(slots) = settings.concurrency {
        api = api.max_concurrency(slots.get());
    }
    if settings.has_snap_start {
        // The restore follows the snapshot at once.
        api = api.snap_start();
        api.restore();
    }
    Ok(api)
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
            (records, _) => {
                let is_own = |record: &&Arc<Record>| record.request_id().is_some_and(|id| line.contains(&id));
                match records.iter().find(is_own) {
                    Some(record) => record.add_line(line),
                    // A line without the request id belongs to any of those in flight.
                    None => records.iter().for_each(|record| record.add_line(line)),
                }
            }
        }
    }
}
