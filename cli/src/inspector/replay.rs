//! Requests and events from the page.

use std::{net::Ipv4Addr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, header::HOST};
use http_body_util::BodyExt as _;
use serde::Deserialize;

use super::error::ApiError;
use crate::{
    history::{NewRecord, Record},
    platform::{Kind, Platform, Selection, invoke},
};

/// The body of a replay: a request through a front, or an event.
#[derive(Debug, Deserialize)]
pub struct Replay {
    front: Option<String>,
    request: Option<ReplayRequest>,
    event: Option<ReplayEvent>,
    function: Option<String>,
    replay_of: Option<u64>,
}

#[derive(Debug, Deserialize, Clone)]
pub struct ReplayRequest {
    method: String,
    target: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    body: Option<ReplayBody>,
}

#[derive(Debug, Deserialize, Clone)]
struct ReplayBody {
    encoding: String,
    data: String,
}

#[derive(Debug, Deserialize)]
struct ReplayEvent {
    data: String,
}

/// Begins an invocation, and returns its id.
///
/// # Errors
/// The request is not valid, or no version of the function runs.
pub async fn replay(platform: &Arc<Platform>, replay: Replay) -> Result<u64, ApiError> {
    if let Some(event) = replay.event {
        let version = platform.functions.current(replay.function.as_deref()).await;
        let version = version.ok_or_else(no_version)?;
        let new = NewRecord::event(version.name(), "event".to_owned(), version.number).replay_of(replay.replay_of);
        let record = platform.history.begin(new);
        let id = record.id();
        // The record has the result.
        tokio::spawn(async move { invoke(&version, event.data.into(), record).await });
        return Ok(id);
    }
    let name = replay.front.unwrap_or_else(|| platform.fronts.default_name().to_owned());
    let kind = platform
        .fronts
        .get(&name)
        .ok_or_else(|| (StatusCode::BAD_REQUEST, format!("cannot find the front {name:?}")))?;
    let request = replay.request.ok_or_else(|| invalid("it has neither a request nor an event"))?.into_request()?;
    let begun = BegunRequest::new(platform, &name, kind, request, replay.replay_of).await;
    let (id, platform) = (begun.id(), Arc::clone(platform));
    tokio::spawn(async move { begun.send(&platform).await });
    Ok(id)
}

/// A request of the page that is in the history, and has not been sent.
pub struct BegunRequest {
    selection: Selection,
    request: Request<Bytes>,
    record: Arc<Record>,
}

impl BegunRequest {
    /// Selects the function for a request through a front. A request without a host gets that of the front: each client sends one.
    pub async fn new(
        platform: &Platform,
        name: &str,
        kind: Kind,
        mut request: Request<Bytes>,
        replay_of: Option<u64>,
    ) -> Self {
        let host = HeaderValue::try_from(platform.host(name));
        if let (Ok(host), false) = (host, request.headers().contains_key(HOST)) {
            request.headers_mut().insert(HOST, host);
        }
        let selection = platform.select(kind, &request).await;
        let new = NewRecord::http(name, selection.function(), &request).replay_of(replay_of);
        let record = platform.history.begin(new);
        Self { selection, request, record }
    }

    /// The id of the invocation.
    pub fn id(&self) -> u64 {
        self.record.id()
    }

    /// Sends the request, and waits for the end of the response. The record has everything.
    pub async fn send(self, platform: &Platform) {
        let response = platform.send(self.selection, Ipv4Addr::LOCALHOST.into(), self.request, self.record).await;
        let _ = response.into_body().collect().await;
    }
}

impl ReplayRequest {
    /// Makes the request.
    ///
    /// # Errors
    /// A part of it is not valid in HTTP.
    pub fn into_request(self) -> Result<Request<Bytes>, ApiError> {
        let body = match self.body {
            None => Vec::new(),
            Some(body) if body.encoding == "base64" => {
                STANDARD.decode(&body.data).map_err(|error| invalid(&format!("its body is not base64: {error}")))?
            }
            Some(body) => body.data.into_bytes(),
        };
        // Other targets parse as the name of a host.
        if !self.target.starts_with('/') && self.target != "*" {
            return Err(invalid(&format!("its target {:?} does not begin with /", self.target)));
        }
        let mut request = Request::builder().method(&*self.method).uri(&*self.target);
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name).map_err(|error| invalid(&format!("the header {name:?}: {error}")))?;
            if name == http::header::CONTENT_LENGTH || name == http::header::TRANSFER_ENCODING {
                continue;
            }
            let value = HeaderValue::from_bytes(value.as_bytes());
            request = request.header(&name, value.map_err(|error| invalid(&format!("the header {name}: {error}")))?);
        }
        if !body.is_empty() {
            request = request.header(http::header::CONTENT_LENGTH, body.len());
        }
        request.body(body.into()).map_err(|error| invalid(&error.to_string()))
    }
}

fn no_version() -> ApiError {
    (StatusCode::BAD_GATEWAY, "the function has no version that runs".to_owned())
}

fn invalid(cause: &str) -> ApiError {
    (StatusCode::BAD_REQUEST, format!("the request is not valid: {cause}"))
}
