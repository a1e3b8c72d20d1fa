//! The process of a running `cargo lodger dev`.

#![allow(clippy::indexing_slicing, reason = "a missing member of a JSON value is null")]

use std::{net::SocketAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use super::Outcome;
use crate::{Error, Result, terminal::Terminal};

/// The time in which a running command has to respond.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A running `cargo lodger dev`.
pub(super) struct Running {
    address: SocketAddr,
}

/// Finds a running command for a package at an address. The command has to run the wanted binary, if one is wanted.
pub(super) async fn find(address: SocketAddr, package: &str, binary: Option<&str>) -> Option<Running> {
    let running = Running { address };
    let state = timeout(TIMEOUT, running.get("/api/state")).await.ok()?.ok()?;
    let functions = state["functions"].as_array()?;
    let has_binary = binary.is_none_or(|binary| functions.iter().any(|function| function == binary));
    (state["project"] == package && has_binary).then_some(running)
}

impl Running {
    /// Invokes the function, and waits for the end of the invocation.
    pub(super) async fn invoke(
        &self,
        function: Option<&str>,
        event: Vec<u8>,
        limit: Duration,
        terminal: &Terminal,
    ) -> Result<Outcome> {
        let event = String::from_utf8(event).map_err(|error| format!("the event is not UTF-8: {error}"))?;
        let begun = self.post("/api/replay", &json!({"event": {"data": event}, "function": function})).await?;
        if let Some(error) = begun["error"].as_str() {
            return Err(error.into());
        }
        let path = format!("/api/invocations/{}", begun["id"]);
        let end = Instant::now() + limit + TIMEOUT;
        let detail = loop {
            let detail = self.get(&path).await?;
            if detail["state"] == "done" {
                break detail;
            }
            if Instant::now() > end {
                return Err(format!("the invocation has not ended within {} s", limit.as_secs_f64()).into());
            }
            sleep(Duration::from_millis(5)).await;
        };
        for line in detail["logs"].as_array().into_iter().flatten() {
            terminal.write(line["text"].as_str().unwrap_or_default());
        }
        let reply = match detail["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(body(&detail["reply"]["body"])?),
        };
        let duration = Duration::from_secs_f64(detail["duration_ms"].as_f64().unwrap_or_default() / 1000.0);
        Ok(Outcome { reply, duration })
    }

    async fn get(&self, path: &str) -> Result<Value> {
        self.send(Request::get(path).body(Full::default())?).await
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = Request::post(path).header("x-lodger-inspector", "1").header("content-type", "application/json");
        self.send(request.body(body.to_string().into())?).await
    }

    async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Value> {
        let host = format!("inspect.localhost:{}", self.address.port());
        request.headers_mut().insert("host", host.parse()?);
        let socket = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        let response = sender.send_request(request).await?;
        Ok(serde_json::from_slice(&response.into_body().collect().await?.to_bytes())?)
    }
}

/// The bytes of a body of the inspector.
fn body(body: &Value) -> Result<Vec<u8>> {
    let data = body["data"].as_str().unwrap_or_default();
    if body["is_truncated"] == true {
        return Err(Error::from("the reply is larger than 1 MB; use --start"));
    }
    Ok(if body["encoding"] == "base64" { STANDARD.decode(data)? } else { data.as_bytes().to_vec() })
}
