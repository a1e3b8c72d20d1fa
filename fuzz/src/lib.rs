//! The parts that fuzz targets share: inputs, apps that record their requests, and hosts in the process of the target.

pub mod app;

pub mod frameworks;
pub mod function;
pub mod http_message;
pub mod model;
pub mod mutation;
pub mod probe;
pub mod sockets;

// The model of the changes that each front makes to requests and responses. These files and not the crate `lodger-tests`, whose
// dependencies would double the time of a build.
#[allow(dead_code)]
#[path = "../../tests/src/client.rs"]
pub mod client;
#[path = "../../tests/src/losses/mod.rs"]
pub mod losses;
#[allow(dead_code)]
#[path = "../../tests/src/wait.rs"]
mod wait;

use std::sync::Once;

use tokio::runtime::{Builder, Runtime};

/// Creates the runtime of a target. It has one thread, so that an input takes the same path through the code each time.
pub fn new_runtime() -> Runtime {
    format_log_lines();
    Builder::new_current_thread().enable_all().build().expect("a runtime needs no privileges")
}

/// Formats all log lines, and drops them: the target covers their code, and its output stays short.
fn format_log_lines() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_writer(std::io::sink)
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .init();
    });
}
