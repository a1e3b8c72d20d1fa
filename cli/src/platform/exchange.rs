//! A request through a front of Lambda.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Request, Response, StatusCode, header::CONTENT_LENGTH};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame};
use lodger_gateway::{Front, StreamEnd, StreamedResponse};
use tokio::sync::mpsc;

use super::body::{BoxBody, BoxError, full};
use crate::{
    function::{Lease, Pool},
    history::Record,
};

/// Passes a request through a front to a function, and returns the response of the front.
pub async fn exchange(
    front: &Front,
    client: IpAddr,
    request: Request<Bytes>,
    pool: &Arc<Pool>,
    record: Arc<Record>,
) -> Response<BoxBody> {
    let is_head = request.method() == http::Method::HEAD;
    let front = front.clone().client(client);
    let (mut parts, body) = request.into_parts();
    match front.uri_below_stage(&parts.uri) {
        Ok(uri) => parts.uri = uri,
        Err(response) => return whole(*response, &record, None),
    }
    let request = Request::from_parts(parts, body);
    let lease = match pool.acquire().await {
        Ok(lease) => lease,
        Err(error) => return failed(&error.to_string(), &record),
    };
    lease.begin(&record);
    let observer = Arc::clone(&record);
    let response = tokio::select! {
        biased;
        response = lease.api.stream_observed(&front, &request, observer) => response,
        exit = lease.exited() => {
            let response = failed(&format!("Runtime.ExitError: {exit}"), &record);
            lease.finish(&record).await;
            return response;
        }
    };
    let (status, mut headers) = (response.status(), response.headers().clone());
    if !is_head {
        // hyper sets the length of the body. Only the response to a HEAD keeps the length of the reply.
        headers.remove(CONTENT_LENGTH);
    }
    record.begin_response(status.as_u16(), &headers);
    let is_streamed = record.read(|detail| detail.reply.as_ref().is_some_and(|reply| reply.is_streamed));
    let (sender, mut receiver) = mpsc::channel(1);
    tokio::spawn(pass_on(response, lease, record, sender));
    if is_streamed {
        return respond(status, headers, ChannelBody(receiver).boxed_unsync());
    }
    // A whole response has a length, as on AWS.
    let mut body = BytesMut::new();
    while let Some(Ok(chunk)) = receiver.recv().await {
        body.extend_from_slice(&chunk);
    }
    respond(status, headers, full(body.freeze()))
}

/// Passes the body on to the client, and then waits for the work after the response.
///
/// AWS reads the whole reply too if the client has left.
async fn pass_on(
    mut response: StreamedResponse,
    lease: Lease,
    record: Arc<Record>,
    sender: mpsc::Sender<Result<Bytes, BoxError>>,
) {
    while let Some(chunk) = response.chunk().await {
        record.add_response_body(&chunk.bytes, chunk.at);
        let _ = sender.send(Ok(chunk.bytes)).await;
    }
    let (end, error) = match response.end().await {
        StreamEnd::Complete => ("complete", None),
        StreamEnd::Failed(error) => ("failed", Some(error.to_string())),
        StreamEnd::Truncated => ("truncated", Some("the function did not send the whole reply".to_owned())),
    };
    if let Some(error) = &error {
        let _ = sender.send(Err(error.clone().into())).await;
    }
    drop(sender);
    record.finish(end, error);
    lease.finish(&record).await;
}

/// Makes the response for an invocation without a reply. Unlike the response of a front, it has the error message.
fn failed(error: &str, record: &Arc<Record>) -> Response<BoxBody> {
    let mut response = Response::new(Bytes::from(format!("{error}\n")));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    whole(response, record, Some(error.to_owned()))
}

fn whole(response: Response<Bytes>, record: &Arc<Record>, error: Option<String>) -> Response<BoxBody> {
    let (parts, body) = response.into_parts();
    record.begin_response(parts.status.as_u16(), &parts.headers);
    record.add_response_body(&body, Instant::now());
    record.finish("complete", error);
    respond(parts.status, parts.headers, full(body))
}

fn respond(status: StatusCode, headers: HeaderMap, body: BoxBody) -> Response<BoxBody> {
    let mut response = Response::new(body);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    response
}

/// A body whose chunks come from a task.
struct ChannelBody(mpsc::Receiver<Result<Bytes, BoxError>>);

impl Body for ChannelBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|chunk| chunk.map(Frame::data)))
    }
}
