//! Panics as events of the log.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    fmt,
    panic::{self, PanicHookInfo},
    ptr, thread,
};

use tracing::Level;

use crate::{log::emit, util::catch_panic::panic_message};

/// Logs each panic as one event of its request, instead of the lines of the standard library. A hook that the app has set stays.
pub(crate) fn set() {
    // The second call returns the hook of the standard library, because the first call has removed any other hook.
    let (hook, default) = (panic::take_hook(), panic::take_hook());
    if !ptr::eq(&*hook, &*default) {
        return panic::set_hook(hook);
    }
    panic::set_hook(Box::new(move |panic| {
        // Some panics cannot be logged: the level may be off, and a thread that ends has no subscriber.
        if !emit(Level::ERROR, format_args!("{}", PanicReport(panic))) {
            default(panic);
        }
    }));
}

/// The report of a panic, in the words of the standard library.
struct PanicReport<'a>(&'a PanicHookInfo<'a>);

impl fmt::Display for PanicReport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread '{}' panicked", thread::current().name().unwrap_or("<unnamed>"))?;
        if let Some(location) = self.0.location() {
            write!(f, " at {location}")?;
        }
        write!(f, ": {}", panic_message(self.0.payload()).unwrap_or("no message"))?;
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            write!(f, "\nstack backtrace:\n{backtrace}")?;
        }
        Ok(())
    }
}
