//! A runtime that hosts handlers of another library: any `Service` over the event and its context.
//!
//! The function [`serve`] is the whole runtime. The handler below has layers of tower around it, which limit its time and log
//! its calls. To run the example with an event from a file:
//!
//! ```text
//! cargo build -p lodger-runtime-api --example host_service
//! echo '{"number":7}' > event.json
//! cargo run -p cargo-lodger -- invoke event.json -- target/debug/examples/host_service
//! ```

#![allow(clippy::print_stderr, reason = "Lambda collects standard error as the log")]

use std::{error::Error as StdError, iter, time::Duration};

use lodger_runtime_api::{Client, Context, Error, Invocation};
use serde_json::{Value, json};
use tower::{BoxError, Service, ServiceBuilder, ServiceExt as _, service_fn};

/// The request of a service. Other libraries have a type like this one.
struct LambdaEvent<T> {
    payload: T,
    context: Context,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let service = ServiceBuilder::new()
        .timeout(Duration::from_secs(20))
        .map_request(|event: LambdaEvent<Value>| {
            eprintln!("{} has {:?} left", event.context.request_id(), event.context.remaining_time());
            event
        })
        .service(service_fn(double));
    serve(Client::from_env()?, service).await
}

/// The handler.
async fn double(event: LambdaEvent<Value>) -> Result<Value, BoxError> {
    let number = event.payload.get("number").and_then(Value::as_i64).ok_or("the event has no number")?;
    Ok(json!({ "number": number.checked_mul(2).ok_or("the number is too large")? }))
}

/// Receives invocations and passes them to `service`, until Lambda cannot go on with the process.
async fn serve<S>(mut client: Client, mut service: S) -> Result<(), Error>
where
    S: Service<LambdaEvent<Value>, Response = Value, Error = BoxError>,
{
    loop {
        let invocation = client.next().await?;
        let result = call(&mut service, &invocation).await;
        let sent = match result {
            Ok(response) => invocation.respond(response.to_string()).await,
            Err(error) => {
                let sources: Vec<_> = sources(&*error).collect();
                invocation.fail_with_trace("HandlerError", &error.to_string(), &sources).await
            }
        };
        match sent {
            Err(error) if error.is_fatal() => return Err(error),
            // Lambda did not accept the response, for example because it is too large. The next invocation may succeed.
            Err(error) => eprintln!("{error}"),
            Ok(()) => {}
        }
    }
}

async fn call<S>(service: &mut S, invocation: &Invocation<'_>) -> Result<Value, BoxError>
where
    S: Service<LambdaEvent<Value>, Response = Value, Error = BoxError>,
{
    let payload = serde_json::from_slice(invocation.event())?;
    let event = LambdaEvent { payload, context: invocation.context().clone() };
    service.ready().await?.call(event).await
}

/// The messages of the causes of an error.
fn sources(error: &dyn StdError) -> impl Iterator<Item = String> {
    iter::successors(error.source(), |&error| error.source()).map(ToString::to_string)
}

#[cfg(test)]
mod tests;
