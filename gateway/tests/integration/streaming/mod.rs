//! Streamed replies.

mod body;
mod errors;
mod fronts;
mod protocol;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use lodger_gateway::{Front, RuntimeApi, StreamedResponse};

use crate::support::{RawFunction, soon};

const TRAILER: &str = "trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n";
pub(super) const PRELUDE: &[u8] =
    b"{\"statusCode\":201,\"headers\":{\"x-a\":\"1\"},\"cookies\":[\"a=1\",\"b=2\"]}\0\0\0\0\0\0\0\0";
pub(super) const HTTP: &str = "content-type: application/vnd.awslambda.http-integration-response\r\n";

pub(super) fn streaming_fronts() -> [Front; 2] {
    [Front::function_url().streaming(), Front::rest_api().streaming()]
}

pub(super) fn request() -> Request<Bytes> {
    Request::get("/").body(Bytes::new()).unwrap()
}

pub(super) fn error_trailers(error_type: &str, body: &str) -> String {
    let body = STANDARD.encode(body);
    format!("Lambda-Runtime-Function-Error-Type: {error_type}\r\nLambda-Runtime-Function-Error-Body: {body}\r\n")
}

/// Sends a request through `front`, and begins a streamed reply with these headers and chunks.
///
/// Returns the response, the function that sends the rest, and the request id.
pub(super) async fn begin(
    api: &RuntimeApi,
    front: &Front,
    headers: &str,
    chunks: &[&[u8]],
) -> (StreamedResponse, RawFunction, String) {
    let mut function = RawFunction::connect(api).await;
    let request = request();
    let replying = async {
        let id = function.poll().await;
        function.begin_stream(&id, headers).await;
        for chunk in chunks {
            function.send_chunk(chunk).await;
        }
        id
    };
    let (response, id) = soon(async { tokio::join!(api.stream(front, &request), replying) }).await;
    (response, function, id)
}
