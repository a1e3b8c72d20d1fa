use std::fmt;

/// One line of the log of Lodger itself: an event for `tracing`, or where no subscriber is set a line on standard error, on Vercel
/// one of the platform's log, because a lost request must be seen by somebody who has not set up logging either.
///
/// For adapters: an app that failed is reported by this.
pub fn log(level: tracing::Level, message: fmt::Arguments<'_>) {
    if !tracing::dispatcher::has_been_set() {
        #[cfg(feature = "vercel")]
        if level <= tracing::Level::INFO && crate::vercel::send(level, &message.to_string()) {
            return;
        }
        return to_stderr(level, message);
    }
    match level {
        tracing::Level::ERROR => tracing::error!(target: "lodger", "{message}"),
        tracing::Level::WARN => tracing::warn!(target: "lodger", "{message}"),
        tracing::Level::INFO => tracing::info!(target: "lodger", "{message}"),
        tracing::Level::DEBUG => tracing::debug!(target: "lodger", "{message}"),
        tracing::Level::TRACE => tracing::trace!(target: "lodger", "{message}"),
    }
}

#[expect(clippy::print_stderr, reason = "the one place where Lodger speaks without a subscriber")]
fn to_stderr(level: tracing::Level, message: fmt::Arguments<'_>) {
    match level {
        tracing::Level::ERROR => eprintln!("lodger: error: {message}"),
        tracing::Level::WARN => eprintln!("lodger: warning: {message}"),
        tracing::Level::INFO => eprintln!("lodger: {message}"),
        // Detail is for those who ask for it, and there is nobody to ask.
        tracing::Level::DEBUG | tracing::Level::TRACE => {}
    }
}

/// [`log`] as the hosts write it: a level and a message with its arguments.
macro_rules! say {
    ($level:ident, $($message:tt)+) => {
        $crate::log(tracing::Level::$level, format_args!($($message)+))
    };
}
pub(crate) use say;
