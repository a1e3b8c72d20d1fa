//! Processes the records of a batch concurrently, in one task.

use std::{
    future::{pending, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use lodger_core::{BoxError, CatchPanic};
use tokio::{
    task::coop::consume_budget,
    time::{Instant, sleep_until},
};

use super::{
    event::Item,
    failure::{Failure, log_failure, log_not_begun},
    schedule::{Queue, Schedule},
};
use crate::lambda::BatchSource;

/// The limits of a batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct BatchLimits {
    /// The number of records in flight.
    pub(super) concurrency: usize,
    /// When records in flight are cancelled and no others begin.
    pub(super) stop: Option<Instant>,
}

/// Processes `items` with the futures of `begin`. Returns the failed ones, in the order of the event.
pub(super) async fn run<F>(
    source: BatchSource,
    items: Vec<Item>,
    limits: BatchLimits,
    begin: impl Fn(Item) -> F,
) -> Vec<Item>
where
    F: Future<Output = Result<(), BoxError>>,
{
    let (mut schedule, mut in_flight, mut failed) = (Schedule::new(items), InFlight(Vec::new()), Vec::new());
    let mut stop = pin!(async {
        match limits.stop {
            Some(stop) => sleep_until(stop).await,
            None => pending().await,
        }
    });
    let mut fail = |item: Item, rest: Queue, failure: Failure| {
        log_failure(source, &item.id, &failure, rest.len());
        failed.push(item);
        failed.extend(rest);
    };
    loop {
        while in_flight.0.len() < limits.concurrency && !limits.have_passed() {
            let Some((item, rest)) = schedule.begin() else { break };
            match CatchPanic::new(|| begin(item.clone())) {
                Ok(future) => in_flight.0.push(Task::new(item, rest, future)),
                Err(panicked) => fail(item, rest, Failure::Panic(panicked)),
            }
        }
        if in_flight.0.is_empty() {
            break;
        }
        let ended = poll_fn(|cx| match in_flight.poll(cx) {
            Poll::Pending => stop.as_mut().poll(cx).map(|()| None),
            ended => ended.map(Some),
        });
        let Some(ended) = ended.await else { break };
        for Task { item, rest, result, .. } in ended {
            match result {
                Ok(()) => schedule.resume(rest),
                Err(failure) => fail(item, rest, failure),
            }
        }
        // Lets other tasks run if no record ever waits.
        consume_budget().await;
    }
    for Task { item, rest, future, .. } in in_flight.0 {
        drop(future);
        fail(item, rest, Failure::Deadline);
    }
    let not_begun = failed.len();
    failed.extend(schedule.into_rest());
    log_not_begun(source, failed.len() - not_begun);
    failed.sort_by_key(|item| item.index);
    failed
}

impl BatchLimits {
    fn have_passed(&self) -> bool {
        self.stop.is_some_and(|stop| Instant::now() >= stop)
    }
}

/// The records that have begun.
struct InFlight<F>(Vec<Task<F>>);

impl<F: Future<Output = Result<(), BoxError>>> InFlight<F> {
    /// Waits for at least one record, and takes all that have ended.
    ///
    /// Polls every record: with the usual number in flight, this costs less than a waker for each.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Vec<Task<F>>> {
        let ended: Vec<_> = self.0.extract_if(.., |task| task.poll(cx)).collect();
        if ended.is_empty() { Poll::Pending } else { Poll::Ready(ended) }
    }
}

struct Task<F> {
    item: Item,
    /// The records that wait for the success of this one.
    rest: Queue,
    future: Pin<Box<CatchPanic<F>>>,
    /// The result. `Failure::Deadline` until the future completes.
    result: Result<(), Failure>,
}

impl<F: Future<Output = Result<(), BoxError>>> Task<F> {
    fn new(item: Item, rest: Queue, future: CatchPanic<F>) -> Self {
        Self { item, rest, future: Box::pin(future), result: Err(Failure::Deadline) }
    }

    /// Returns whether the future has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        let Poll::Ready(result) = self.future.as_mut().poll(cx) else { return false };
        self.result = result.map_err(Failure::Panic).and_then(|result| result.map_err(Failure::Error));
        true
    }
}
