//! Gates: requests and work that wait until the test lets them go on.

use std::{collections::HashSet, sync::LazyLock};

use tokio::{sync::watch, time::timeout};

use crate::wait::SOON;

/// The names of all waiting requests and work of this process, and the names of open gates.
#[derive(Default)]
struct Gates {
    held: Vec<String>,
    open: HashSet<String>,
}

static GATES: LazyLock<watch::Sender<Gates>> = LazyLock::new(watch::Sender::default);

/// A request or work that waits at a gate, until this is dropped.
struct Waiting(String);

impl Waiting {
    fn new(name: String) -> Self {
        GATES.send_modify(|gates| gates.held.push(name.clone()));
        Self(name)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        GATES.send_modify(|gates| {
            if let Some(at) = gates.held.iter().position(|held| *held == self.0) {
                gates.held.swap_remove(at);
            }
        });
    }
}

/// Waits until the gate `name` is [open](let_go).
///
/// If the name begins with `said`, the process prints a line. If it ends with `until-sigterm`, this waits for SIGTERM instead,
/// and for 600 ms after it.
pub async fn hold(name: String) {
    let sigterm = name.ends_with("until-sigterm").then(sigterm);
    let waiting = Waiting::new(name);
    if waiting.0.starts_with("said") {
        eprintln!("probe: {} is held", waiting.0);
    }
    if let Some(sigterm) = sigterm {
        return sigterm.await;
    }
    GATES.subscribe().wait_for(|gates| gates.open.contains(&waiting.0)).await.unwrap();
}

#[cfg(unix)]
fn sigterm() -> impl Future<Output = ()> {
    let mut signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).unwrap();
    async move {
        signal.recv().await;
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    }
}

#[cfg(not(unix))]
fn sigterm() -> impl Future<Output = ()> {
    std::future::pending()
}

/// Opens the gate `name` of this process, for all that wait there and all that will.
pub fn let_go(name: &str) {
    GATES.send_modify(|gates| {
        gates.open.insert(name.to_owned());
    });
}

/// The gates of this process at which a request or work waits, with repetitions.
pub fn held_now() -> Vec<String> {
    GATES.borrow().held.clone()
}

/// Waits until a request or work of this process waits at the gate `name`.
pub async fn is_held(name: &str) {
    let mut gates = GATES.subscribe();
    let held = gates.wait_for(|gates| gates.held.iter().any(|held| held == name));
    timeout(SOON, held).await.unwrap_or_else(|_| panic!("nothing waits at the gate {name}")).unwrap();
}
