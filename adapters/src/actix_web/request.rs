//! Requests in the types of actix, which uses `http` 0.2.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_http::{Message, Payload, RequestHead, error::PayloadError};
use actix_web::http::{
    Method, Uri, Version,
    header::{HeaderName, HeaderValue},
    uri::PathAndQuery,
};
use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;

use crate::{Body, ClientAddr, Request, adapter::copy_extensions};

/// Converts a request. Returns `None` if actix cannot represent the request; actix's own server would reject it too.
pub(super) fn from_host(request: Request) -> Option<actix_http::Request> {
    let (parts, body) = request.into_parts();
    // Actix recycles heads and clears only their headers, so that every other field is set here.
    let mut head = Message::<RequestHead>::new();
    head.method = Method::from_bytes(parts.method.as_str().as_bytes()).ok()?;
    let target: PathAndQuery = parts.uri.path_and_query()?.as_str().parse().ok()?;
    head.uri = Uri::from(target);
    head.version = match parts.version {
        http::Version::HTTP_10 => Version::HTTP_10,
        http::Version::HTTP_2 => Version::HTTP_2,
        http::Version::HTTP_3 => Version::HTTP_3,
        _ => Version::HTTP_11,
    };
    head.peer_addr = parts.extensions.get::<ClientAddr>().map(|client| client.0);
    for (name, value) in &parts.headers {
        // Copied, because no type of `http` gives up its bytes.
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        head.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let mut request = actix_http::Request::from(head);
    *request.payload() = payload(body);
    // `ReqData` reads from here.
    copy_extensions(&parts.extensions, &request);
    Some(request)
}

fn payload(body: Body) -> Payload {
    match body.as_bytes() {
        Some(bytes) if bytes.is_empty() => Payload::None,
        Some(bytes) => Payload::from(bytes.clone()),
        None => Payload::Stream { payload: Box::pin(DataStream(body)) },
    }
}

/// The data frames of a body.
struct DataStream(Body);

impl Stream for DataStream {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return Poll::Ready(match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
                None => None,
                Some(Err(error)) => Some(Err(PayloadError::Io(std::io::Error::other(error)))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => Some(Ok(data)),
                    // Actix does not support trailers.
                    Err(_) => continue,
                },
            });
        }
    }
}
