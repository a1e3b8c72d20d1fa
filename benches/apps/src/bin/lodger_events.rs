//! A function for messages from a queue, without a web app, under Lodger.

use bench_apps::events::{Summary, summarize};
use lodger::lambda::{Error, LambdaEvent, events::sqs::SqsEvent, service_fn};

async fn handle(event: LambdaEvent<SqsEvent>) -> Result<Summary, Error> {
    Ok(summarize(&event.payload))
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(service_fn(handle)).await
}
