//! A tower service under Lodger.

use std::convert::Infallible;

use bench_apps::{HELLO, OCTETS};
use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full};
use tower::service_fn;

async fn respond(request: Request<lodger::Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let response = Response::builder();
    let response = match (parts.method.as_str(), parts.uri.path()) {
        ("GET", "/hello") => response.header(CONTENT_TYPE, "text/plain").body(Full::from(HELLO)),
        ("POST", path @ ("/text" | "/bytes")) => {
            let kind = if path == "/text" { "text/plain" } else { OCTETS };
            let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            response.header(CONTENT_TYPE, kind).body(Full::from(body))
        }
        ("GET", path) if path.starts_with("/bytes/") => {
            let count = path.trim_start_matches("/bytes/").parse().unwrap_or_default();
            response.header(CONTENT_TYPE, OCTETS).body(Full::from(bench_apps::bytes(count)))
        }
        _ => response.status(StatusCode::NOT_FOUND).body(Full::default()),
    };
    Ok(response.unwrap_or_default())
}

#[tokio::main]
async fn main() -> Result<(), lodger::Error> {
    lodger::run(service_fn(respond)).await
}
