//! Panics as events of the log.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    fmt,
    panic::{self, PanicHookInfo},
    ptr, thread,
};

use tracing::Level;

use crate::{log::emit, util::catch_panic::message_of};

/// Logs each panic as one event of the request that it happens in, in place of the lines of the standard library. A hook of the
/// app's own stays.
pub(crate) fn set() {
    // The second call returns the hook of the standard library, because the first has taken out any other.
    let (hook, default) = (panic::take_hook(), panic::take_hook());
    if !ptr::eq(&*hook, &*default) {
        return panic::set_hook(hook);
    }
    panic::set_hook(Box::new(move |panic| {
        // Not every panic can be logged: levels may be off, and threads that end have no subscriber.
        if !emit(Level::ERROR, format_args!("{}", Report(panic))) {
            default(panic);
        }
    }));
}

/// A panic, in the words of the standard library.
struct Report<'a>(&'a PanicHookInfo<'a>);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread '{}' panicked", thread::current().name().unwrap_or("<unnamed>"))?;
        if let Some(location) = self.0.location() {
            write!(f, " at {location}")?;
        }
        write!(f, ": {}", message_of(self.0.payload()).unwrap_or("no message"))?;
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            write!(f, "\nstack backtrace:\n{backtrace}")?;
        }
        Ok(())
    }
}
