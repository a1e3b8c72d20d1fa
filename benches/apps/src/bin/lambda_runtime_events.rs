//! A function for messages from a queue under lambda_runtime.

use aws_lambda_events::sqs::SqsEvent;
use bench_apps::events::{Summary, summarize};
use lambda_runtime::{Error, LambdaEvent, service_fn};

async fn handle(event: LambdaEvent<SqsEvent>) -> Result<Summary, Error> {
    Ok(summarize(&event.payload))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(handle)).await
}
