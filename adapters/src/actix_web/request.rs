//! Requests on their way into actix, whose types are those of `http` 0.2.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_http::{HttpMessage as _, Message, Payload, RequestHead, error::PayloadError};
use actix_web::http::{
    Method, Uri, Version,
    header::{HeaderName, HeaderValue},
    uri::PathAndQuery,
};
use bytes::Bytes;
use futures_core::Stream;
use http_body::Body as _;

use crate::{
    Body, ClientAddr, Request,
    told::{Told, tell},
};

/// The request as actix has it; `None` if it cannot have one such, which its own server would refuse as well.
pub(super) fn of(request: Request) -> Option<actix_http::Request> {
    let (parts, body) = request.into_parts();
    // Heads are used again, and only their headers are cleared then: all else is set here.
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
        // Neither gives away the bytes that it holds.
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
        head.headers.append(name, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    let mut request = actix_http::Request::from(head);
    *request.payload() = payload(body);
    tell(&parts.extensions, &request);
    Some(request)
}

fn payload(body: Body) -> Payload {
    match body.as_bytes() {
        Some(bytes) if bytes.is_empty() => Payload::None,
        Some(bytes) => Payload::from(bytes.clone()),
        None => Payload::Stream { payload: Box::pin(Frames(body)) },
    }
}

/// A body's data, frame by frame.
struct Frames(Body);

impl Stream for Frames {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return Poll::Ready(match ready!(Pin::new(&mut self.0).poll_frame(cx)) {
                None => None,
                Some(Err(error)) => Some(Err(PayloadError::Io(std::io::Error::other(error)))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => Some(Ok(data)),
                    // Trailers, which actix has no place for.
                    Err(_) => continue,
                },
            });
        }
    }
}

impl Told for &actix_http::Request {
    /// Puts it where `ReqData` looks for it.
    fn with<T: Clone + Send + Sync + 'static>(self, value: T) -> Self {
        self.extensions_mut().insert(value);
        self
    }
}
