//! The inspector: a page that shows each invocation, and its API.

mod access;
mod api;
mod compare;
mod live;
mod page;
mod replay;

use std::{net::IpAddr, sync::Arc};

use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use serde_json::json;

pub use self::compare::Comparisons;
use crate::dev::{BoxBody, Dev, full};

/// The maximum size of a request to the API.
const MAX_BODY: usize = 16 << 20;

/// An error of the API: its status and its text.
type ApiError = (StatusCode, String);

/// Responds to a request for the page or its API.
pub async fn respond(dev: &Arc<Dev>, client: IpAddr, request: Request<Incoming>) -> Response<BoxBody> {
    if let Err(error) = access::check(client, &request) {
        return access::with_headers(error_response(error));
    }
    let path = request.uri().path().to_owned();
    let response = match path.strip_prefix("/api/") {
        None => page::respond(request.method(), &path).unwrap_or_else(error_response),
        Some(path) => respond_to_api(dev, path, request).await.unwrap_or_else(error_response),
    };
    access::with_headers(response)
}

async fn respond_to_api(dev: &Arc<Dev>, path: &str, request: Request<Incoming>) -> Result<Response<BoxBody>, ApiError> {
    let method = request.method().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let segments: Vec<&str> = path.split('/').collect();
    match (&method, &*segments) {
        (&Method::GET, ["state"]) => Ok(json_response(&api::state(dev))),
        (&Method::GET, ["live"]) => Ok(live::respond(dev)),
        (&Method::GET, ["invocations"]) => Ok(json_response(&api::list(dev, &query))),
        (&Method::DELETE, ["invocations"]) => {
            dev.history.clear();
            let mut response = Response::new(full(""));
            *response.status_mut() = StatusCode::NO_CONTENT;
            Ok(response)
        }
        (&Method::GET, ["invocations", id]) => Ok(json_response(&api::record(dev, id)?.detail())),
        (&Method::GET, ["invocations", id, "curl"]) => api::curl(dev, id).map(|value| json_response(&value)),
        (&Method::POST, ["replay"]) => {
            let body = read_json(request).await?;
            replay::replay(dev, body).await.map(|id| json_response(&json!({"id": id})))
        }
        (&Method::POST, ["compare"]) => {
            let body = read_json(request).await?;
            compare::begin(dev, body).await.map(|number| json_response(&json!({"number": number})))
        }
        (&Method::GET, ["compare", number]) => compare::get(dev, number).map(|value| json_response(&value)),
        _ => Err((StatusCode::NOT_FOUND, format!("cannot find {method} /api/{path}"))),
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
