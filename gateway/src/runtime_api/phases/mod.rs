//! The phases of the execution environment: initialization and invocations, and their records of telemetry.
//!
//! Source: [Execution environment](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).

mod init;
mod invocation;
mod transitions;

use std::time::Duration;

use tokio::time::Instant;

use self::invocation::InvokePhase;
pub(super) use self::invocation::Outcome;

/// The phases so far.
#[derive(Debug, Default)]
pub(crate) struct Phases {
    init_started: Option<Instant>,
    is_runtime_initialized: bool,
    is_initialized: bool,
    /// The duration of the initialization. `None` after the first report.
    init_duration: Option<Duration>,
    invocations: Vec<InvokePhase>,
}
