//! The inspector: a page that shows each invocation, and its API.

mod access;
mod api;
mod compare;
mod curl;
mod error;
mod export;
mod live;
mod page;
mod replay;
mod save;

use std::{net::IpAddr, sync::Arc};

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde_json::json;

use self::{compare::Comparisons, error::ApiError};
use crate::platform::{BoxBody, Platform, full};

/// The maximum size of a request to the API.
const MAX_BODY: usize = 16 << 20;

/// The inspector of a platform.
#[derive(Debug)]
pub struct Inspector {
    platform: Arc<Platform>,
    comparisons: Comparisons,
}

impl Inspector {
    pub fn new(platform: Arc<Platform>) -> Self {
        Self { platform, comparisons: Comparisons::default() }
    }

    /// Responds to a request for the page or its API.
    pub async fn respond(&self, client: IpAddr, request: Request<Incoming>) -> Response<BoxBody> {
        if let Err(error) = access::check(client, &request) {
            return access::with_headers(error_response(error));
        }
        let path = request.uri().path().to_owned();
        let response = match path.strip_prefix("/api/") {
            None => page::respond(request.method(), &path).unwrap_or_else(error_response),
            Some(path) => self.respond_to_api(path, request).await.unwrap_or_else(error_response),
        };
        access::with_headers(response)
    }

    async fn respond_to_api(&self, path: &str, request: Request<Incoming>) -> Result<Response<BoxBody>, ApiError> {
        let platform = &self.platform;
        let method = request.method().clone();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let value = match (&method, &*path.split('/').collect::<Vec<_>>()) {
            (&Method::GET, ["live"]) => return Ok(live::respond(platform)),
            (&Method::GET, ["invocations", id]) => return Ok(json_response(&api::record(platform, id)?.detail())),
            (&Method::GET, ["export"]) => {
                let value = export::export(platform, query == "secrets=1");
                return Ok(export::as_file(json_response(&value)));
            }
            (&Method::DELETE, ["invocations"]) => {
                platform.history.clear();
                let mut response = Response::new(full(""));
                *response.status_mut() = StatusCode::NO_CONTENT;
                return Ok(response);
            }
            (&Method::GET, ["state"]) => api::state(platform),
            (&Method::GET, ["invocations"]) => api::list(platform, &query),
            (&Method::GET, ["invocations", id, "curl"]) => curl::curl(platform, id)?,
            (&Method::POST, ["invocations", id, "save"]) => save::save(platform, id, &read_json(request).await?)?,
            (&Method::POST, ["replay"]) => json!({"id": replay::replay(platform, read_json(request).await?).await?}),
            (&Method::POST, ["compare"]) => {
                let ids = compare::send_to_all(platform, read_json(request).await?).await?;
                json!({"number": self.comparisons.add(ids)})
            }
            (&Method::GET, ["compare", number]) => self.comparisons.get(platform, number)?,
            _ => return Err((StatusCode::NOT_FOUND, format!("cannot find {method} /api/{path}"))),
        };
        Ok(json_response(&value))
    }
}

/// Reads the JSON of a request.
async fn read_json<T: serde::de::DeserializeOwned>(request: Request<Incoming>) -> Result<T, ApiError> {
    let body = Limited::new(request.into_body(), MAX_BODY).collect().await;
    let body = body.map_err(|error| (StatusCode::BAD_REQUEST, format!("cannot read the body: {error}")))?;
    serde_json::from_slice(&body.to_bytes())
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("cannot read the body: {error}")))
}

fn json_response(value: &impl Serialize) -> Response<BoxBody> {
    let (status, body) = match serde_json::to_vec(value) {
        Ok(body) => (StatusCode::OK, body),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string().into_bytes()),
    };
    let mut response = Response::new(full(body));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

fn error_response((status, error): ApiError) -> Response<BoxBody> {
    let mut response = json_response(&json!({"error": error}));
    *response.status_mut() = status;
    response
}
