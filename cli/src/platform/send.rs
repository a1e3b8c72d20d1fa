//! A request through a front.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use super::{
    body::{BoxBody, text},
    exchange::exchange,
    front::Kind,
    proxy::proxy,
    version::Version,
};
use crate::history::{History, NewRecord, Record};

/// API Gateway's limit for a request body, which is the largest of all fronts.
const MAX_BODY: usize = 10 << 20;

/// Sends the request of a client through the front with a name. Only the local hosts receive the body as it arrives.
pub async fn send_streaming(
    version: &Version,
    history: &Arc<History>,
    client: IpAddr,
    name: &str,
    kind: Kind,
    request: Request<Incoming>,
) -> Response<BoxBody> {
    match kind {
        Kind::Lambda(_) => {
            let (parts, body) = request.into_parts();
            let body = match Limited::new(body, MAX_BODY).collect().await {
                Ok(body) => body.to_bytes(),
                Err(_) => return text(StatusCode::PAYLOAD_TOO_LARGE, "the body of the request is larger than 10 MB\n"),
            };
            let request = Request::from_parts(parts, body);
            let record = history.begin(NewRecord::http(name, version.name(), &request, version.number));
            send(version, client, kind, request, record).await
        }
        Kind::Local(host) => {
            let record = history.begin(new_record(name, version, &request));
            proxy(version.local_server(host).await, client, request, record).await
        }
    }
}

/// Sends a whole request through a front.
pub async fn send(
    version: &Version,
    client: IpAddr,
    kind: Kind,
    request: Request<Bytes>,
    record: Arc<Record>,
) -> Response<BoxBody> {
    match kind {
        Kind::Lambda(front) => exchange(&front, client, request, &version.pool, record).await,
        Kind::Local(host) => proxy(version.local_server(host).await, client, request.map(Full::new), record).await,
    }
}

/// The record of a request whose body arrives later.
fn new_record(name: &str, version: &Version, request: &Request<Incoming>) -> NewRecord {
    let mut head = Request::new(Bytes::new());
    (*head.method_mut(), *head.uri_mut()) = (request.method().clone(), request.uri().clone());
    *head.headers_mut() = request.headers().clone();
    NewRecord::http(name, version.name(), &head, version.number)
}
