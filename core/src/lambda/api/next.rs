//! The wait for the next invocation.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use crate::{
    Error,
    lambda::{
        Context,
        api::{Api, CANNOT_GO_ON, FIRST_PAUSE, LONGEST_PAUSE},
        connection::{Connection, Trouble},
        runtime::stop::StopSignal,
    },
    log,
};

/// How long the Runtime API may be out of reach before the process gives up, and lets Lambda start a new one.
const BUDGET: Duration = Duration::from_secs(60);

/// What a poll was answered with.
struct Polled {
    status: u16,
    /// If it can be answered.
    invocation: Option<Invocation>,
}

/// One event to be answered.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) context: Context,
    pub(crate) event: Bytes,
}

impl Api {
    /// Waits for the next invocation, however long that takes; `None` if `end` comes first. What goes wrong meanwhile is
    /// tried again. Once an invocation has begun to arrive, `end` waits for it.
    ///
    /// # Errors
    /// The Runtime API says that this process cannot go on, or has been out of reach for a minute, of all slots.
    pub(crate) async fn next(&mut self, end: &mut StopSignal) -> Result<Option<Invocation>, Error> {
        let mut pause = FIRST_PAUSE;
        let mut give_up = None;
        let mut trouble = None;
        self.has_waited = false;
        loop {
            let why = match self.poll(end).await {
                Ok(None) => return Ok(None),
                Ok(Some(Polled { status: 200, invocation: Some(invocation) })) => return Ok(Some(invocation)),
                Ok(Some(Polled { status: 200, invocation: None })) => {
                    "an invocation came without an id to answer it by".to_owned()
                }
                Ok(Some(Polled { status: 500, .. })) => return Err(Error::new(CANNOT_GO_ON)),
                Ok(Some(Polled { status, .. })) => format!("the answer to a poll was {status} instead of 200"),
                Err(trouble) => trouble.into_error().to_string(),
            };
            if std::mem::take(&mut self.has_waited) {
                // It was reached, and had nothing to say for a while: whatever came before is over.
                pause = FIRST_PAUSE;
                give_up = None;
                trouble = None;
            }
            trouble.get_or_insert_with(|| self.slots.trouble());
            let give_up = *give_up.get_or_insert_with(|| Instant::now() + BUDGET);
            if Instant::now() >= give_up && self.slots.are_all_in_trouble() {
                return Err(Error::new(format!(
                    "no invocation from the Lambda Runtime API at {} for {BUDGET:?}: {why}",
                    self.address.authority()
                )));
            }
            log::warn!("polling the Lambda Runtime API at {} again in {pause:?}: {why}", self.address.authority());
            if end.or(sleep(pause)).await.is_none() {
                return Ok(None);
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn poll(&mut self, end: &mut StopSignal) -> Result<Option<Polled>, Trouble> {
        let kept = self.kept();
        let was_kept = kept.is_some();
        match self.poll_on(kept, end).await {
            // Closed while the process was frozen, most likely, which is no reason to wait.
            Err(Trouble::Ended(_)) if was_kept || self.has_waited => self.poll_on(None, end).await,
            polled => polled,
        }
    }

    async fn poll_on(&mut self, kept: Option<Connection>, end: &mut StopSignal) -> Result<Option<Polled>, Trouble> {
        let mut connection = self.address.connection(kept).await?;
        let asked = async {
            connection.send(self.next.as_bytes(), None, &mut self.patience).await?;
            connection.wait().await
        };
        let began = Instant::now();
        let asked = end.or(asked).await;
        self.has_waited |= began.elapsed() > LONGEST_PAUSE;
        match asked {
            None => return Ok(None),
            Some(asked) => asked?,
        }
        let mut context = Context::default();
        let header = |head: &Bytes, name: &str, value: &[u8]| context.read_header(head, name, value);
        let (head, event) = connection.answer(&mut self.patience, header).await?;
        self.keep(connection, &head);
        let invocation = context.can_be_answered().then_some(Invocation { context, event });
        Ok(Some(Polled { status: head.status, invocation }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slot_gives_up_when_all_have_come_to_nothing() {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let mut one = Api::new(&nobody, 2).unwrap();
        let mut other = one.sibling();
        let never = || StopSignal::new(crate::Shutdown::default());
        // As long as the other has not failed it may be answering.
        assert!(tokio::time::timeout(BUDGET * 5, one.next(&mut never())).await.is_err());
        let (mut end, mut end_of_other) = (never(), never());
        let both = async {
            tokio::select! {
                gave_up = one.next(&mut end) => gave_up,
                gave_up = other.next(&mut end_of_other) => gave_up,
            }
        };
        let gave_up = tokio::time::timeout(BUDGET * 2, both).await.expect("none gives up");
        assert!(gave_up.unwrap_err().to_string().starts_with("no invocation from the Lambda Runtime API"));
    }
}
