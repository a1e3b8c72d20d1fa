//! The extension of the tests.

#![allow(clippy::print_stdout, reason = "a test reads the lines")]

use lodger_extension::{Extension, InvokeEvent, ShutdownEvent};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lodger_extension::Error> {
    Extension::new()
        .on_invoke(async |event: InvokeEvent| println!("extension: invocation {}", event.request_id))
        .on_shutdown(async |event: ShutdownEvent| println!("extension: {}", event.reason))
        .run()
        .await
}
