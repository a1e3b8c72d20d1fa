//! Events without a request: from the inspector, and of the connections of a WebSocket API.

use std::{io, sync::Arc};

use bytes::Bytes;
use lodger_gateway::{FunctionResult, Invocation, WebSocketApi, WebSocketServer};
use serde_json::Value;

use super::{front::WEBSOCKET_API, functions::Functions, version::Version};
use crate::{
    complaints::complaints,
    history::{History, NewRecord, Record},
};

/// Invokes a version of the function with an event, and waits for its reply.
///
/// # Errors
/// The process cannot be started, has ended, or does not reply in time.
pub async fn invoke(version: &Version, event: Bytes, record: Arc<Record>) -> io::Result<FunctionResult> {
    let lease = match version.pool.acquire().await {
        Ok(lease) => lease,
        Err(error) => {
            record.finish("complete", Some(error.to_string()));
            return Err(error);
        }
    };
    lease.begin(&record);
    let invocation = Invocation::new(event).observer(Arc::clone(&record) as _);
    let result = tokio::select! {
        biased;
        result = lease.api.invoke(invocation) => result,
        exit = lease.exited() => Err(io::Error::other(format!("Runtime.ExitError: {exit}"))),
    };
    let error = match &result {
        Ok(Ok(_)) => None,
        Ok(Err(error)) => Some(error.to_string()),
        Err(error) => Some(error.to_string()),
    };
    record.complain_about(complaints);
    record.finish("complete", error);
    // The work after the reply.
    tokio::spawn(async move { lease.finish(&record).await });
    result
}

/// Makes a WebSocket API whose events go to the current version of the default function.
pub fn websocket_server(api: WebSocketApi, functions: Arc<Functions>, history: Arc<History>) -> WebSocketServer {
    WebSocketServer::new(api, move |event| {
        let (functions, history) = (Arc::clone(&functions), Arc::clone(&history));
        async move {
            let version = functions.current(None).await;
            let version = version.ok_or_else(|| io::Error::other("the function has no version that runs"))?;
            let name = format!("{WEBSOCKET_API} {}", route_key(&event));
            let record = history.begin(NewRecord::event(version.name(), name, version.number));
            invoke(&version, event, record).await
        }
    })
}

/// The route of an event, such as `$connect`.
fn route_key(event: &[u8]) -> String {
    let event: Value = serde_json::from_slice(event).unwrap_or_default();
    let key = event.pointer("/requestContext/routeKey").and_then(Value::as_str);
    key.unwrap_or_default().to_owned()
}
