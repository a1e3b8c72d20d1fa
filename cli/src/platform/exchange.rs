//! A request through a front of Lambda.

use std::{net::IpAddr, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header::CONTENT_LENGTH};
use http_body_util::{
    BodyExt as _, Collected,
    channel::{Channel, Sender},
};
use lodger_gateway::{Front, StreamEnd, StreamedResponse};

use super::body::{BoxBody, BoxError, full};
use crate::{
    authorizer::RequestAuthorizer,
    complaints::complaints,
    function::{Lease, Pool},
    history::Record,
};

/// Passes a request through a front to a function, and returns the response of the front.
pub async fn exchange(
    front: &Front,
    client: IpAddr,
    request: Request<Bytes>,
    authorizer: Option<&RequestAuthorizer>,
    pool: &Arc<Pool>,
    record: Arc<Record>,
) -> Response<BoxBody> {
    let is_head = request.method() == http::Method::HEAD;
    let mut front = front.clone().client(client);
    let (mut parts, body) = request.into_parts();
    match front.uri_below_stage(&parts.uri) {
        Ok(uri) => parts.uri = uri,
        Err(response) => return whole(*response, &record, None),
    }
    let request = Request::from_parts(parts, body);
    if let Some(response) = front.preflight_response(&request) {
        return whole(response, &record, None);
    }
    if let Some(authorizer) = authorizer.filter(|_| front.has_authorizer()) {
        match authorizer.authorize(request.headers()) {
            Ok(result) => front = front.authorizer(result),
            Err(rejection) => return whole(front.unauthorized(), &record, Some(rejection.to_string())),
        }
    }
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
    let (sender, body) = Channel::new(1);
    tokio::spawn(pass_on(response, lease, record, sender));
    if is_streamed {
        return respond(status, headers, body.boxed_unsync());
    }
    // A whole response has a length, as on AWS.
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    respond(status, headers, full(body))
}

/// Passes the body on to the client, and then waits for the work after the response.
///
/// AWS reads the whole reply too if the client has left.
async fn pass_on(
    mut response: StreamedResponse,
    lease: Lease,
    record: Arc<Record>,
    mut sender: Sender<Bytes, BoxError>,
) {
    while let Some(chunk) = response.chunk().await {
        record.add_response_body(&chunk.bytes, chunk.at);
        let _ = sender.send_data(chunk.bytes).await;
    }
    let (end, error) = match response.end().await {
        StreamEnd::Complete => ("complete", None),
        StreamEnd::Failed(error) => ("failed", Some(error.to_string())),
        StreamEnd::Truncated => ("truncated", Some("the function did not send the whole reply".to_owned())),
    };
    match &error {
        Some(error) => sender.abort(error.clone().into()),
        None => drop(sender),
    }
    record.complain_about(complaints);
    record.finish(end, error);
    lease.finish(&record).await;
}

/// Makes the response for an invocation without a reply. Unlike the response of a front, it has the error message.
fn failed(error: &str, record: &Arc<Record>) -> Response<BoxBody> {
    let mut response = Response::new(Bytes::from(format!("{error}\n")));
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    whole(response, record, Some(error.to_owned()))
}

/// Makes the response of the front or the platform in place of the function.
pub fn whole(response: Response<Bytes>, record: &Arc<Record>, error: Option<String>) -> Response<BoxBody> {
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
