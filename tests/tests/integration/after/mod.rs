//! Work after the response: start, time limit and failures.

mod lambda;
mod managed_instances;
mod server;
#[cfg(unix)]
mod vercel;

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Router,
    body::Body,
    routing::{MethodRouter, get},
};
use futures_util::{StreamExt as _, stream};
use lodger::{AfterResponse, Error};
use lodger_tests::event_log::EventLog;
use tokio::{
    sync::{Semaphore, oneshot, watch},
    time::sleep,
};

/// Logs its drop, which is when its future completes or is cancelled.
struct LogOnDrop(EventLog, &'static str);

impl Drop for LogOnDrop {
    fn drop(&mut self) {
        self.0.push(self.1);
    }
}

/// A gate at which work waits until the test opens it.
#[derive(Clone)]
struct Gate(Arc<Semaphore>);

impl Gate {
    fn closed() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Opens the gate for all work, now and later.
    fn open(&self) {
        self.0.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

/// An app with a route for each kind of work.
fn app(log: EventLog, gate: &Gate) -> Router {
    let router = Router::new()
        .route("/several", several(log.clone(), gate.clone()))
        .route("/forever", forever(log.clone()))
        .route("/streamed", streamed(log.clone()))
        .route("/waits", waits(log.clone()))
        .route("/late", late(log.clone(), gate.clone()));
    router.fallback(async move || log.push("next"))
}

/// Runs work that panics, work of that work, and three pieces of work. Each of the three waits for the next one.
fn several(log: EventLog, gate: Gate) -> MethodRouter {
    get(async move |Extension(after): Extension<AfterResponse>| {
        let turn = Arc::new(watch::Sender::new(2_usize));
        for number in 0..3 {
            let (log, turn, gate) = (log.clone(), Arc::clone(&turn), gate.clone());
            after.run(async move {
                gate.pass().await;
                turn.subscribe().wait_for(|turn| *turn == number).await.unwrap();
                log.push(format!("work {number}"));
                turn.send_replace(number.wrapping_sub(1));
            });
        }
        let (nested, log) = (after.clone(), log.clone());
        after.run(async move {
            nested.run(async move { log.push("work of work") });
            panic!("asked to panic after the response");
        });
        "handed over"
    })
}

/// Runs work that does not end.
fn forever(log: EventLog) -> MethodRouter {
    get(async move |Extension(after): Extension<AfterResponse>| {
        let log = log.clone();
        after.run(async move {
            let _cancelled = LogOnDrop(log.clone(), "cancelled");
            log.push("begun");
            std::future::pending::<()>().await;
        });
        "handed over"
    })
}

/// Runs work while the response streams.
fn streamed(log: EventLog) -> MethodRouter {
    get(async move |Extension(after): Extension<AfterResponse>| {
        let log = log.clone();
        Body::from_stream(stream::iter(0..3).then(move |number| {
            let (log, log_of_work, after) = (log.clone(), log.clone(), after.clone());
            async move {
                if number == 0 {
                    after.run(async move { log_of_work.push("work") });
                }
                // Leaves time for work that does not wait for the end of the stream.
                sleep(Duration::from_millis(50)).await;
                log.push(format!("frame {number}"));
                Ok::<_, Error>("frame ")
            }
        }))
    })
}

/// Runs work that waits for its own work.
fn waits(log: EventLog) -> MethodRouter {
    get(async move |Extension(after): Extension<AfterResponse>| {
        let (log, nested) = (log.clone(), after.clone());
        after.run(async move {
            let (sender, receiver) = oneshot::channel();
            nested.run(async move { sender.send("done").unwrap() });
            log.push(receiver.await.unwrap());
        });
        "handed over"
    })
}

/// Runs work that the app adds after the response.
fn late(log: EventLog, gate: Gate) -> MethodRouter {
    get(async move |Extension(after): Extension<AfterResponse>| {
        let (log, gate) = (log.clone(), gate.clone());
        tokio::spawn(async move {
            gate.pass().await;
            after.run(async move { log.push("late work") });
        });
        "answered"
    })
}
