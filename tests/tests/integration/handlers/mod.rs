//! Handlers of events: beside an app, and alone.

mod batches;
mod errors;
mod functions;
mod local;
mod results;
mod selection;

use lodger_gateway::{FunctionResult, RuntimeApi};
use serde_json::{Value, json};

/// An event of SQS, with messages of these texts.
fn sqs(queue: &str, bodies: &[&str]) -> Value {
    let arn = format!("arn:aws:sqs:eu-west-1:123456789012:{queue}");
    let record = |(id, body): (usize, &&str)| {
        json!({"messageId": id.to_string(), "body": body, "eventSource": "aws:sqs", "eventSourceARN": arn, "attributes": {},
            "messageAttributes": {}, "awsRegion": "eu-west-1"})
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

/// An event of EventBridge.
fn event_bridge(source: &str, detail_type: &str, detail: &Value) -> Value {
    json!({"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "source": source, "detail-type": detail_type,
        "account": "123456789012", "time": "2026-11-29T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": detail})
}

/// Invokes the function with an event, and returns the result.
async fn invoke(api: &RuntimeApi, event: &Value) -> FunctionResult {
    api.invoke(event.to_string()).await.unwrap()
}

/// Invokes the function with an event, and returns the JSON of the result.
async fn result_of(api: &RuntimeApi, event: &Value) -> Value {
    let result = invoke(api, event).await;
    let Ok(json) = result else { panic!("{result:?}") };
    serde_json::from_slice(&json).unwrap()
}

/// An error that a function reported.
#[derive(Debug)]
struct Report {
    /// The header of the report.
    header: String,
    error_type: String,
    message: String,
    stack_trace: Vec<String>,
}

/// Invokes the function with an event, and returns its error.
async fn error_of(api: &RuntimeApi, event: &Value) -> Report {
    let result = invoke(api, event).await;
    let Err(error) = result else { panic!("{result:?}") };
    let body: Value = serde_json::from_slice(&error.body).unwrap();
    let text = |key: &str| body[key].as_str().unwrap().to_owned();
    let stack_trace = body["stackTrace"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned());
    Report {
        header: error.error_type,
        error_type: text("errorType"),
        message: text("errorMessage"),
        stack_trace: stack_trace.collect(),
    }
}
