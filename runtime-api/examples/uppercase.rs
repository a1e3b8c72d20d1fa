//! A complete Lambda runtime: responds to a JSON string with the same string in upper case.
//!
//! To run the example with an event from a file:
//!
//! ```text
//! cargo build -p lodger-runtime-api --example uppercase
//! echo '"hello"' > event.json
//! cargo run -p cargo-lodger -- invoke event.json -- target/debug/examples/uppercase
//! ```

#![allow(clippy::print_stderr, reason = "Lambda collects standard error as the log")]

use lodger_runtime_api::{Client, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut client = Client::from_env()?;
    loop {
        let invocation = client.next().await?;
        let sent = match serde_json::from_slice::<String>(invocation.event()) {
            Ok(text) => invocation.respond(serde_json::json!(text.to_uppercase()).to_string()).await,
            Err(error) => invocation.fail("Function.InvalidEvent", &error.to_string()).await,
        };
        match sent {
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => eprintln!("{error}"),
            Ok(()) => {}
        }
    }
}
