//! The decision to freeze the environment.

use super::{freeze::Freeze, state::State};

impl State {
    /// Whether the processes may stop: the initialization and all invocations are over, so that the function and the extensions
    /// wait for the next one.
    fn is_idle(&self) -> bool {
        self.slots.is_none()
            && self.waiting_polls > 0
            && self.open.is_empty()
            && !self.has_queued_invocation()
            && self.are_phases_over()
            && self.is_ready()
    }

    fn has_queued_invocation(&self) -> bool {
        self.queue.iter().any(|queued| !queued.reply.is_closed())
    }

    /// Begins a freeze, if the environment is idle. Returns whether it has begun.
    pub(crate) fn begin_freeze(&mut self) -> bool {
        let begins = self.is_idle() && !self.stays_thawed;
        if begins {
            self.freeze.send_replace(Freeze::Freezing);
        }
        begins
    }

    /// Whether the processes have to run again.
    pub(crate) fn has_to_thaw(&self) -> bool {
        self.stays_thawed || self.is_shutting_down || self.has_queued_invocation()
    }
}
