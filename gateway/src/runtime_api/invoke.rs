//! Invocations with an event.

use std::{io, time::Duration};

use tokio::sync::oneshot;

use super::{
    RuntimeApi,
    state::{DEFAULT_TIMEOUT, Delivery, FunctionReply, QueuedInvocation, State},
};
use crate::{
    EventDelivery, FunctionResult, Invocation, StreamEnd,
    event_name::{event_name, reply_status},
    front::MAX_REPLY,
    log::OpenEntry,
    streamed::{Streaming, TooLarge},
};

impl RuntimeApi {
    /// Invokes the function and waits for its reply.
    ///
    /// The function has 30 seconds to poll, and then the [timeout](Invocation::timeout) of the invocation to reply. The result of
    /// a streamed reply is the whole stream, including the prelude, as with the Invoke API of AWS.
    ///
    /// # Errors
    /// The function did not poll or reply in time, or its reply is incomplete. If it has reported an init or restore error and
    /// has not polled since, the call fails at once with that error.
    pub async fn invoke(&self, invocation: impl Into<Invocation>) -> io::Result<FunctionResult> {
        let invocation = invocation.into();
        let event = invocation.event.clone();
        let mut entry = self.log.begin(|| event_name(&event));
        let result = match self.reply(invocation, &mut entry).await {
            Ok(FunctionReply::Buffered { body, .. }) => Ok(Ok(body)),
            Ok(FunctionReply::Error(error)) => Ok(Err(error)),
            Ok(FunctionReply::Streamed(reply)) => collect(reply).await,
            Err(error) => Err(error),
        };
        match &result {
            Ok(Ok(reply)) => entry.succeed_with(|| reply_status(reply)),
            Ok(Err(error)) => entry.fail(error),
            Err(error) => entry.fail(error),
        }
        result
    }

    /// Invokes the function and waits for the start of its reply.
    pub(super) async fn reply(&self, invocation: Invocation, entry: &mut OpenEntry) -> io::Result<FunctionReply> {
        let ((reply, replied), (delivery, delivered)) = (oneshot::channel(), oneshot::channel());
        let observed = invocation.observed.clone();
        let queue_timeout = invocation.timeout.or(self.state.lock().timeout).unwrap_or_default().max(DEFAULT_TIMEOUT);
        observed.notify(|observer| observer.event(&invocation.event));
        self.state.lock().queue.push_back(QueuedInvocation { invocation, reply, delivery });
        // Notifies all polls: one of them alone might be busy with another invocation.
        self.state.queued.notify_waiters();
        // A frozen environment has to thaw.
        self.state.changed.notify_waiters();
        let Delivery { id, timeout, deadline, cold_start } = tokio::select! {
            biased;
            error = self.startup_error() => return Err(error),
            delivered = delivered => delivered.map_err(|_| io::Error::other("the Runtime API dropped the invocation"))?,
            () = tokio::time::sleep(queue_timeout) => return Err(self.not_delivered(queue_timeout)),
        };
        entry.start(deadline - timeout, cold_start);
        observed.notify(|observer| {
            observer.delivered(&EventDelivery { request_id: id.clone(), timeout, cold_start });
        });
        tokio::select! {
            biased;
            error = self.startup_error() => Err(error),
            reply = replied => reply.map(|reply| reply.observed(observed)).map_err(|_| incomplete()),
            () = tokio::time::sleep_until(deadline) => {
                self.state.time_out(&id);
                Err(timed_out(timeout))
            }
        }
    }

    /// Returns the error for an invocation that the function has not received in time.
    fn not_delivered(&self, queue_timeout: Duration) -> io::Error {
        let state = self.state.lock();
        let busy: Vec<_> = state.extensions.busy().collect();
        if busy.is_empty() {
            return timed_out(queue_timeout);
        }
        let message = format!(
            "cannot invoke the function: the extension {} has not requested its next event for {} s",
            busy.join(", "),
            queue_timeout.as_secs()
        );
        io::Error::new(io::ErrorKind::TimedOut, message)
    }

    /// Waits until no invocation is possible: the function has reported an init or restore error and has not polled since, an
    /// extension has failed, or the environment has shut down.
    async fn startup_error(&self) -> io::Error {
        let find = |state: &State| {
            if state.is_shutting_down {
                return Some(io::Error::other("the execution environment has shut down"));
            }
            if let Some(error) = &state.extensions.error {
                return Some(io::Error::other(error.clone()));
            }
            let error = state.restore_error.as_ref().or(state.init_error.as_ref());
            let error = error.filter(|_| state.has_failed_to_start)?;
            Some(io::Error::other(format!("the function cannot start: {error}")))
        };
        self.state.wait_for(find).await
    }
}

/// Collects a streamed reply, like the Invoke API of AWS.
pub(super) async fn collect(reply: Streaming) -> io::Result<FunctionResult> {
    match reply.collect(MAX_REPLY).await {
        Ok((reply, StreamEnd::Complete)) => Ok(Ok(reply)),
        Ok((_, StreamEnd::Failed(error))) => Ok(Err(error)),
        Ok((_, StreamEnd::Truncated)) | Err(TooLarge) => Err(incomplete()),
    }
}

fn incomplete() -> io::Error {
    io::Error::other("the reply of the function is too large or incomplete")
}

fn timed_out(after: Duration) -> io::Error {
    let message = format!("the function did not reply within {} s", after.as_secs_f64());
    io::Error::new(io::ErrorKind::TimedOut, message)
}
