//! Log lines: those of a request go to the platform with its context, those of nobody's with none.

use std::{
    cell::RefCell,
    mem::replace,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tracing::Level;

use crate::vercel::{Context, ipc::Ipc};

/// The most that is kept of lines that cannot be sent, in bytes. What comes after that goes to standard error.
pub(crate) const MAX_KEPT: usize = 1_000_000;

thread_local! {
    /// The request that this thread is at work on.
    static CURRENT: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// A request, and whom it came from.
#[derive(Debug, Clone)]
pub(crate) struct Asked(Arc<Ipc>, Context);

impl Asked {
    /// The one that this thread is at work on.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
    }
}

/// What is known of the platform by those who log outside of any request. It is the process's, as subscribers are: they log
/// before there is a host.
static PROCESS: Mutex<Process> = Mutex::new(Process::IsElsewhere);

enum Process {
    /// It is not on Vercel, as far as has been found out, or no longer.
    IsElsewhere,
    /// Nothing may be sent yet.
    Starts {
        kept: Vec<(Level, String)>,
        bytes: usize,
    },
    HasStarted(Weak<Ipc>),
}

/// Calls `work` as the work on a request.
pub(crate) fn within<T>(ipc: &Arc<Ipc>, context: &Context, work: impl FnOnce() -> T) -> T {
    struct Before(Option<Asked>);
    impl Drop for Before {
        fn drop(&mut self) {
            set_current(self.0.take());
        }
    }
    let _before = Before(set_current(Some(Asked(Arc::clone(ipc), context.clone()))));
    work()
}

fn set_current(current: Option<Asked>) -> Option<Asked> {
    // Not where the thread is about to end, and its variables are gone.
    CURRENT.try_with(|cell| cell.replace(current)).unwrap_or_default()
}

/// Keeps lines from now on until they can be sent.
pub(crate) fn process_starts() {
    let mut process = lock();
    if matches!(*process, Process::IsElsewhere) {
        *process = Process::Starts { kept: Vec::new(), bytes: 0 };
    }
}

/// Sends what was kept, and all else as it comes.
pub(crate) fn process_has_started(ipc: &Arc<Ipc>) {
    let before = replace(&mut *lock(), Process::HasStarted(Arc::downgrade(ipc)));
    if let Process::Starts { kept, .. } = before {
        for (level, line) in kept {
            ipc.log(None, level, &line);
        }
    }
}

/// Nothing is sent to this platform from now on, and nothing kept: what was, is written to standard error.
pub(crate) fn process_ends(ipc: &Arc<Ipc>) {
    let process = lock();
    if matches!(&*process, Process::HasStarted(other) if !other.ptr_eq(&Arc::downgrade(ipc))) {
        // In a test, that of another.
        return;
    }
    drop(process);
    process_is_elsewhere();
}

/// There is no platform: what was kept for one is written to standard error, and nothing is kept from now on.
pub(crate) fn process_is_elsewhere() {
    let before = replace(&mut *lock(), Process::IsElsewhere);
    if let Process::Starts { kept, .. } = before {
        for (_, line) in kept {
            to_stderr(&line);
        }
    }
}

/// Writes what is still kept to standard error once the thread ends that this is called on, which is that of `main`: it may end
/// before there is a host.
#[cfg(feature = "logs")]
pub(crate) fn lose_none_at_exit() {
    struct AtExit;
    impl Drop for AtExit {
        fn drop(&mut self) {
            if let Process::Starts { kept, bytes } = &mut *lock() {
                *bytes = 0;
                kept.drain(..).for_each(|(_, line)| to_stderr(&line));
            }
        }
    }
    thread_local!(static AT_EXIT: AtExit = const { AtExit });
    AT_EXIT.with(|_| ());
}

/// Sends a line of the log, or sees to it that it is not lost; `false` if this is not Vercel, and nothing is done.
pub(crate) fn send(level: Level, line: &str) -> bool {
    send_of(Asked::current(), level, line)
}

/// Likewise, as one of a request if there is one.
pub(crate) fn send_of(asked: Option<Asked>, level: Level, line: &str) -> bool {
    if let Some(Asked(ipc, context)) = asked {
        ipc.log(Some(&context), level, line);
        return true;
    }
    let ipc = match &mut *lock() {
        Process::IsElsewhere => return false,
        Process::Starts { kept, bytes } if *bytes + line.len() <= MAX_KEPT => {
            *bytes += line.len();
            kept.push((level, line.to_owned()));
            return true;
        }
        Process::Starts { .. } => None,
        Process::HasStarted(ipc) => ipc.upgrade(),
    };
    match ipc {
        Some(ipc) => ipc.log(None, level, line),
        None => to_stderr(line),
    }
    true
}

/// Where a line goes that the platform cannot be told.
pub(crate) fn to_stderr(line: &str) {
    crate::log::to_stderr(format_args!("{line}"));
}

fn lock() -> MutexGuard<'static, Process> {
    PROCESS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lines among messages that have not been delivered, the first of which may have begun before.
pub(crate) fn undelivered(messages: &[u8]) -> Vec<String> {
    messages.split(|&byte| byte == 0).filter_map(crate::vercel::message::line_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_too_early_is_kept_up_to_a_bound() {
        assert!(!send(Level::INFO, "elsewhere"));
        process_starts();
        assert!(send(Level::INFO, &"x".repeat(MAX_KEPT)) && send(Level::INFO, "too much"));
        let Process::Starts { kept, bytes } = &*lock() else { panic!("it has not started") };
        assert_eq!((kept.len(), *bytes), (1, MAX_KEPT));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_request_within_another_leaves_that_as_it_was() {
        use crate::vercel::ipc::tests::{connected, context, read};

        let (ipc, mut platform) = connected().await;
        let (outer, inner) = (context(1), context(2));
        within(&ipc, &outer, || {
            assert!(send(Level::INFO, "before"));
            within(&ipc, &inner, || assert!(send(Level::INFO, "inner")));
            assert!(send(Level::INFO, "between"));
            // One that panics leaves as well.
            let panicking =
                std::panic::AssertUnwindSafe(|| within(&ipc, &inner, || std::panic::resume_unwind(Box::new(()))));
            assert!(std::panic::catch_unwind(panicking).is_err());
            assert!(send(Level::INFO, "after"));
        });
        assert!(CURRENT.with(|current| current.borrow().is_none()));
        let messages = read(&mut platform, 4).await;
        let ids: Vec<_> =
            messages.iter().map(|line| line["payload"]["context"]["requestId"].as_u64().unwrap()).collect();
        assert_eq!(ids, [1, 2, 1, 1]);
    }
}
