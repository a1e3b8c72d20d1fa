use std::{
    fmt,
    future::poll_fn,
    process,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::Poll,
    thread,
    time::Instant,
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Error, lifecycle::signals::SAME_SIGNAL};

/// The exit status of a process that a signal ended is this and the number of the signal, as shells have it.
const SIGNALLED: i32 = 128;

/// The signals, which end nothing by themselves while this lives. Once no value is left, they end the process again.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// The last signal, and when it came.
    last: Option<(i32, Instant)>,
    hold: Option<Hold>,
}

impl Signals {
    /// # Errors
    /// The operating system does not have these signals, or has no handle left for them.
    pub(crate) fn new() -> Result<Self, Error> {
        let listen = |kind, name| signal(kind).map_err(|error| cannot_listen(name, error));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt(), "SIGINT")?,
            terminate: listen(SignalKind::terminate(), "SIGTERM")?,
            last: None,
            hold: Some(Hold::try_new()?),
        })
    }

    /// Waits for a signal.
    pub(crate) async fn next(&mut self) {
        let number = poll_fn(|cx| match self.interrupt.poll_recv(cx) {
            Poll::Ready(_) => Poll::Ready(SIGINT),
            Poll::Pending => self.terminate.poll_recv(cx).map(|_| SIGTERM),
        })
        .await;
        self.last = Some((number, Instant::now()));
    }

    /// Ends the process as the last signal does by default.
    #[cfg(feature = "server")]
    pub(crate) fn end_process(&self) {
        let number = self.last.map_or(SIGTERM, |(number, _)| number);
        if is_first_process() {
            signal_hook::low_level::exit(SIGNALLED + number);
        }
        // It fails for numbers that are no signal's.
        let _ = signal_hook::low_level::emulate_default_handler(number);
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let hold = self.hold.take();
        let Some(left) = self.last.and_then(|(_, at)| SAME_SIGNAL.checked_sub(at.elapsed())) else { return };
        // A signal that was sent twice must not end the code that follows `run`. This is a thread, because the runtime may end
        // first. If no thread can be started, the signals end the process from now on.
        let let_go = move || {
            thread::sleep(left);
            drop(hold);
        };
        drop(thread::Builder::new().name("lodger-signals".to_owned()).spawn(let_go));
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("last", &self.last).finish_non_exhaustive()
    }
}

/// Whether a signal ends the process: as long as there is no [`Hold`]. The handlers that tokio installs stay for ever, and
/// with them alone a signal would have no effect any more.
static IS_FREE: AtomicBool = AtomicBool::new(false);

static HOLDS: Mutex<Holds> = Mutex::new(Holds { count: 0, is_registered: false });

struct Holds {
    count: usize,
    is_registered: bool,
}

/// Keeps signals from ending the process.
struct Hold;

impl Hold {
    fn try_new() -> Result<Self, Error> {
        let mut holds = holds();
        if !holds.is_registered {
            end_process_by(SIGINT, "SIGINT")?;
            end_process_by(SIGTERM, "SIGTERM")?;
            holds.is_registered = true;
        }
        holds.count += 1;
        IS_FREE.store(false, SeqCst);
        Ok(Self)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut holds = holds();
        holds.count = holds.count.saturating_sub(1);
        IS_FREE.store(holds.count == 0, SeqCst);
    }
}

fn holds() -> MutexGuard<'static, Holds> {
    HOLDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has a signal end the process while [`IS_FREE`].
fn end_process_by(number: i32, name: &str) -> Result<(), Error> {
    let registered = match is_first_process() {
        true => flag::register_conditional_shutdown(number, SIGNALLED + number, &IS_FREE),
        false => flag::register_conditional_default(number, &IS_FREE),
    };
    registered.map(drop).map_err(|error| cannot_listen(name, error))
}

/// Whether this is the first process of a container, which no signal ends by default (`man 2 kill`, under Notes).
fn is_first_process() -> bool {
    process::id() == 1
}

fn cannot_listen(name: &str, error: std::io::Error) -> Error {
    Error::new(format!("cannot listen for {name}")).with_source(error)
}
