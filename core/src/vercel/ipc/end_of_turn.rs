//! Ends of requests that leave together. A write to the socket costs more than everything else that Lodger does for a request.

use std::{
    sync::{Arc, MutexGuard},
    thread::{self, ThreadId},
};

use tokio::{runtime::Handle, task::yield_now};

use super::{Ipc, outbox::Outbox};

/// The maximum size of the messages that wait for the end of a turn.
pub(super) const MAX_DEFERRED: usize = 8 * 1024;

impl Ipc {
    /// Writes the messages at the end of the turn of this thread's runtime: after the tasks that are ready now. At once without a
    /// runtime.
    ///
    /// Each thread writes for itself. A handler that blocks its thread delays the messages of that thread only, until another
    /// message is written.
    pub(super) fn write_at_end_of_turn(self: &Arc<Self>, mut outbox: MutexGuard<'_, Outbox>) {
        let thread = thread::current().id();
        if let Some((_, ends)) = outbox.deferring_threads.iter_mut().find(|(deferring, _)| *deferring == thread) {
            *ends += 1;
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return self.write(outbox) };
        outbox.deferring_threads.push((thread, 1));
        // A runtime that is shutting down drops the task here.
        drop(outbox);
        let write = WriteOnDrop { ipc: Arc::clone(self), thread };
        runtime.spawn(async move {
            yield_now().await;
            drop(write);
        });
    }
}

/// Writes the messages, even if the runtime drops the task.
struct WriteOnDrop {
    ipc: Arc<Ipc>,
    thread: ThreadId,
}

impl Drop for WriteOnDrop {
    fn drop(&mut self) {
        let mut outbox = self.ipc.lock();
        let index = outbox.deferring_threads.iter().position(|(thread, _)| *thread == self.thread);
        if let Some((_, ends)) = index.map(|index| outbox.deferring_threads.swap_remove(index)) {
            outbox.pace.end_turn(ends);
        }
        self.ipc.write(outbox);
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{
        io::{ErrorKind, Read as _},
        os::unix::net::UnixStream,
        pin::pin,
        sync::mpsc,
    };

    use tokio::{runtime::Builder, time::timeout};
    use tracing::Level;

    use super::*;
    use crate::vercel::ipc::tests::{TIMEOUT, connected, context, fill, id_of, read};

    /// Creates a connection of a busy process. Its other end is read without the runtime.
    async fn busy() -> (Arc<Ipc>, UnixStream) {
        let (ipc, platform) = connected().await;
        ipc.lock().pace.set_busy();
        (ipc, platform.into_std().unwrap())
    }

    /// Returns the ids in the messages that have arrived.
    fn arrived(mut platform: &UnixStream) -> Vec<u64> {
        let mut bytes = vec![0; 1 << 20];
        match platform.read(&mut bytes) {
            Ok(length) => {
                let messages = bytes[..length].split(|&byte| byte == 0).filter(|message| !message.is_empty());
                messages.map(|message| id_of(&serde_json::from_slice(message).unwrap())).collect()
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Vec::new(),
            Err(error) => panic!("{error}"),
        }
    }

    #[tokio::test]
    async fn an_idle_process_reports_the_end_of_a_request_at_once() {
        let (ipc, platform) = connected().await;
        let platform = platform.into_std().unwrap();
        for id in 0..10 {
            ipc.end_request(&context(id));
            assert_eq!(arrived(&platform), [id]);
        }
    }

    #[tokio::test]
    async fn ends_of_a_busy_process_leave_together_at_the_end_of_the_turn() {
        let (ipc, platform) = busy().await;
        (0..10).for_each(|id| ipc.end_request(&context(id)));
        assert_eq!((arrived(&platform), ipc.lock().deferring_threads.len()), (Vec::<u64>::new(), 1));
        // The first turn begins the task, and the second one ends its turn.
        while ipc.lock().deferring_threads.len() == 1 {
            assert!(arrived(&platform).is_empty());
            yield_now().await;
        }
        assert_eq!(arrived(&platform), (0..10).collect::<Vec<_>>());
        // Once more, with a task of its own.
        ipc.end_request(&context(10));
        assert_eq!((arrived(&platform), ipc.lock().deferring_threads.len()), (Vec::<u64>::new(), 1));
    }

    #[tokio::test]
    async fn a_log_line_also_sends_earlier_ends() {
        let (ipc, platform) = busy().await;
        ipc.end_request(&context(1));
        assert!(arrived(&platform).is_empty());
        ipc.send_log(Some(&context(2)), Level::INFO, "a line");
        assert_eq!(arrived(&platform), [1, 2]);
        ipc.end_request(&context(3));
        assert!(arrived(&platform).is_empty());
        timeout(TIMEOUT, ipc.flush()).await.unwrap();
        assert_eq!(arrived(&platform), [3]);
    }

    #[tokio::test]
    async fn limits_the_size_of_deferred_messages() {
        let (ipc, platform) = busy().await;
        let mut sent = 0;
        while arrived(&platform).is_empty() {
            ipc.end_request(&context(sent));
            sent += 1;
            assert!(ipc.lock().unwritten.len() <= MAX_DEFERRED);
        }
        assert!(sent > 10, "{sent}");
    }

    #[tokio::test]
    async fn a_thread_without_a_runtime_reports_at_once() {
        let (ipc, platform) = busy().await;
        thread::spawn(move || ipc.end_request(&context(1))).join().unwrap();
        assert_eq!(arrived(&platform), [1]);
    }

    #[tokio::test]
    async fn loses_no_end_when_the_runtime_shuts_down() {
        let (ipc, platform) = busy().await;
        let at_end = Arc::clone(&ipc);
        let other = thread::spawn(move || {
            let runtime = Builder::new_current_thread().build().unwrap();
            runtime.block_on(async { at_end.end_request(&context(1)) });
            assert_eq!(at_end.lock().deferring_threads.len(), 1);
        });
        other.join().unwrap();
        assert_eq!((arrived(&platform), ipc.lock().deferring_threads.len()), (vec![1], 0));
    }

    #[tokio::test]
    async fn a_blocked_thread_does_not_delay_the_ends_of_other_threads() {
        let (ipc, platform) = busy().await;
        let (release, blocked) = mpsc::channel::<()>();
        let (ended, has_ended) = mpsc::channel();
        let blocking = Arc::clone(&ipc);
        let other = thread::spawn(move || {
            Builder::new_current_thread().build().unwrap().block_on(async {
                blocking.end_request(&context(1));
                ended.send(()).unwrap();
                blocked.recv().unwrap_err();
            });
        });
        has_ended.recv().unwrap();
        assert!(arrived(&platform).is_empty());
        ipc.end_request(&context(2));
        while ipc.lock().deferring_threads.len() > 1 {
            yield_now().await;
        }
        assert_eq!(arrived(&platform), [1, 2]);
        drop(release);
        other.join().unwrap();
    }

    #[tokio::test]
    async fn a_stalled_socket_blocks_no_end_and_loses_none() {
        let (ipc, mut platform) = connected().await;
        let first = fill(&ipc);
        ipc.lock().pace.set_busy();
        for id in (first..first + 100).step_by(2) {
            ipc.end_request(&context(id));
            ipc.end_request(&context(id + 1));
            yield_now().await;
        }
        let last = first + 100;
        let mut delivered = pin!(ipc.deliver());
        let messages = tokio::select! {
            messages = read(&mut platform, usize::try_from(last).unwrap()) => messages,
            never = delivered.as_mut() => match never {},
        };
        assert_eq!(messages.iter().map(id_of).collect::<Vec<_>>(), (0..last).collect::<Vec<_>>());
        timeout(TIMEOUT, ipc.flush()).await.unwrap();
    }
}
