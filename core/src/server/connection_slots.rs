//! The maximum number of connections of a server.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::listener::{ServerListener, ServerSocket};
use crate::log;

/// The slots of a server, one for each connection. At the limit new connections wait in the kernel.
#[derive(Debug)]
pub(crate) struct ConnectionSlots {
    /// `None` without a limit.
    slots: Option<Arc<Semaphore>>,
    max: usize,
    has_warned: AtomicBool,
}

/// The slot of one connection, which is free again on drop.
#[derive(Debug)]
pub(crate) struct ConnectionSlot {
    _permit: OwnedSemaphorePermit,
}

impl ConnectionSlots {
    /// Creates slots. Without a number, seven eighths of the files that the process may open are for connections.
    pub(crate) fn new(max: Option<usize>) -> Self {
        let max = max.or_else(|| max_open_files().map(|files| files - files / 8)).filter(|&max| max > 0);
        let slots = max.map(|max| Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS))));
        Self { slots, max: max.unwrap_or_default(), has_warned: AtomicBool::new(false) }
    }

    /// Waits for a free slot, and accepts a connection. Cancelling it loses no connection.
    pub(crate) async fn accept(
        &self,
        listener: &ServerListener,
    ) -> ((ServerSocket, SocketAddr), Option<ConnectionSlot>) {
        let slot = self.acquire().await;
        (listener.accept().await, slot)
    }

    /// Waits for a free slot. Returns `None` if there is no limit.
    async fn acquire(&self) -> Option<ConnectionSlot> {
        let slots = self.slots.as_ref()?;
        if slots.available_permits() == 0 && !self.has_warned.swap(true, Relaxed) {
            log::warn!(
                "reached the limit of {} connections: new connections wait until others close; raise LODGER_MAX_CONNECTIONS, or the \
                 limit of open files",
                self.max
            );
        }
        // The semaphore is never closed.
        let permit = Arc::clone(slots).acquire_owned().await.ok()?;
        Some(ConnectionSlot { _permit: permit })
    }
}

/// The number of files that the process may open: the soft limit of `RLIMIT_NOFILE`. Only Linux has a file with it.
fn max_open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    parse_max_open_files(&limits)
}

/// Reads a line such as `Max open files            1024                 524288               files`.
fn parse_max_open_files(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_soft_limit_of_open_files() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units\n\
                      Max processes             95937                95937                processes\n\
                      Max open files            1024                 524288               files\n";
        assert_eq!(parse_max_open_files(limits), Some(1024));
        let unlimited = "Max open files            unlimited            unlimited            files\n";
        assert_eq!(parse_max_open_files(unlimited), None);
        assert_eq!(parse_max_open_files(""), None);
    }

    #[test]
    fn leaves_an_eighth_of_the_open_files_to_the_app() {
        assert_eq!(ConnectionSlots::new(None).max, max_open_files().map_or(0, |files| files - files / 8));
        assert_eq!((ConnectionSlots::new(Some(5)).max, ConnectionSlots::new(Some(0)).max), (5, 0));
        assert!(ConnectionSlots::new(Some(0)).slots.is_none());
    }
}
