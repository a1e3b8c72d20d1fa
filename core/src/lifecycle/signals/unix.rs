mod pipe;

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

use self::pipe::SignalPipe;
use crate::{Error, lifecycle::signals::SAME_SIGNAL};

/// The exit status of a process that a signal ended, without the number of the signal, like in a shell.
const SIGNALLED: i32 = 128;

/// SIGINT and SIGTERM. They do not end the process while a value of this type exists, and do so again after that.
pub(crate) struct UnixSignals {
    interrupt: SignalPipe,
    terminate: SignalPipe,
    /// The number of the last signal, and its time.
    last: Option<(i32, Instant)>,
    hold: Option<Hold>,
}

impl UnixSignals {
    /// # Errors
    /// The operating system does not support these signals, or has no handle left for them.
    pub(crate) fn new() -> Result<Self, Error> {
        let listen = |number, name| SignalPipe::new(number).map_err(|error| cannot_listen(name, error));
        Ok(Self {
            interrupt: listen(SIGINT, "SIGINT")?,
            terminate: listen(SIGTERM, "SIGTERM")?,
            last: None,
            hold: Some(Hold::try_new()?),
        })
    }

    /// Waits for a signal.
    pub(crate) async fn next(&mut self) {
        let number = poll_fn(|cx| match self.interrupt.poll_next(cx) {
            Poll::Ready(()) => Poll::Ready(SIGINT),
            Poll::Pending => self.terminate.poll_next(cx).map(|()| SIGTERM),
        })
        .await;
        self.last = Some((number, Instant::now()));
    }

    /// Ends the process in the same way as the last signal does by default.
    #[cfg(feature = "server")]
    pub(crate) fn end_process(&self) {
        let number = self.last.map_or(SIGTERM, |(number, _)| number);
        if is_first_process() {
            signal_hook::low_level::exit(SIGNALLED + number);
        }
        // This fails for invalid numbers only.
        let _ = signal_hook::low_level::emulate_default_handler(number);
    }
}

impl Drop for UnixSignals {
    fn drop(&mut self) {
        let hold = self.hold.take();
        let Some(left) = self.last.and_then(|(_, at)| SAME_SIGNAL.checked_sub(at.elapsed())) else { return };
        // A signal that was sent twice must not end the code that follows `run`. This is a thread, because the runtime may end
        // first. If the thread cannot be started, signals end the process from now on.
        let let_go = move || {
            thread::sleep(left);
            drop(hold);
        };
        drop(thread::Builder::new().name("lodger-signals".to_owned()).spawn(let_go));
    }
}

impl fmt::Debug for UnixSignals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("last", &self.last).finish_non_exhaustive()
    }
}

/// Whether a signal ends the process. It does while there is no [`Hold`].
///
/// signal-hook never removes its signal handlers. Without this flag, a signal would have no effect after `run`.
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

/// Registers a handler that ends the process while [`IS_FREE`] is set.
fn end_process_by(number: i32, name: &str) -> Result<(), Error> {
    let registered = match is_first_process() {
        true => flag::register_conditional_shutdown(number, SIGNALLED + number, &IS_FREE),
        false => flag::register_conditional_default(number, &IS_FREE),
    };
    registered.map(drop).map_err(|error| cannot_listen(name, error))
}

/// Returns whether this is the first process of a container. No signal ends it by default (`man 2 kill`, under Notes).
fn is_first_process() -> bool {
    process::id() == 1
}

fn cannot_listen(name: &str, error: std::io::Error) -> Error {
    Error::new(format!("cannot listen for {name}")).with_source(error)
}
