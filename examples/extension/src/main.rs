//! An extension that sends the log lines and the reports of a function to a file or to a collector.
//!
//! The variables of the function select the destination. Exactly one is required:
//!
//! | variable | destination |
//! |---|---|
//! | `LOG_SHIPPER_FILE` | a file, to which the extension appends lines |
//! | `LOG_SHIPPER_URL` | an `http` URL, to which the extension posts batches |
//!
//! Each line is a JSON object with the members `function`, `time`, `type` and `record`.
//!
//! To deploy the extension, put its binary into the folder `extensions` of a layer. Lambda starts it from `/opt/extensions`:
//!
//! ```text
//! cargo lambda build --release --extension -p example-extension
//! cargo lambda deploy --extension example-extension
//! ```
//!
//! `examples/function.rs` is a function that logs a line for each invocation. `tests/binary.rs` runs both in AWS's emulator.

mod shipper;
mod sink;

use std::{env, error::Error};

use lodger_extension::Extension;

use crate::{shipper::Shipper, sink::Sink};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    match Sink::from_settings(variable("LOG_SHIPPER_FILE"), variable("LOG_SHIPPER_URL")).await {
        Ok(sink) => {
            let function = variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
            Extension::new().on_telemetry(Shipper::new(function, sink)).run().await?;
            Ok(())
        }
        Err(error) => {
            // Lambda shows the report. Without it, Lambda would only see that the process has exited.
            let registered = Extension::new().register().await?;
            registered.fail_initialization("Extension.InvalidSetting", &error.to_string()).await?;
            Err(error.into())
        }
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
