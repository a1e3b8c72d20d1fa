//! A function that logs a line for each invocation, to try the extension with.

#![allow(clippy::print_stdout, reason = "Lambda collects standard output as the log")]

use lodger_runtime_api::{Client, Error};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let mut client = Client::from_env()?;
    loop {
        let invocation = client.next().await?;
        println!("received {} bytes", invocation.event().len());
        invocation.respond("null").await?;
    }
}
