//! A request through a front.

use std::{net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Incoming;

use super::{
    Platform,
    body::BoxBody,
    exchange::{exchange, whole},
    front::Kind,
    proxy::proxy,
    select::Selection,
};
use crate::history::{NewRecord, Record};

/// API Gateway's limit for a request body, which is the largest of all fronts.
const MAX_BODY: usize = 10 << 20;

impl Platform {
    /// Sends the request of a client through the front with a name. Only the local hosts receive the body as it arrives.
    pub async fn send_streaming(
        &self,
        client: IpAddr,
        name: &str,
        kind: Kind,
        request: Request<Incoming>,
    ) -> Response<BoxBody> {
        let head = without_body(&request);
        let selection = self.select(kind, &head).await;
        if let Selection::Version(version, Kind::Local(host)) = &selection {
            let record = self.history.begin(NewRecord::http(name, selection.function(), &head));
            return proxy(version.local_server(*host), client, request, record).await;
        }
        let (parts, body) = request.into_parts();
        let body = match Limited::new(body, MAX_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => {
                let (status, error) = if error.is::<LengthLimitError>() {
                    (StatusCode::PAYLOAD_TOO_LARGE, "the body of the request is larger than 10 MB".to_owned())
                } else {
                    (StatusCode::BAD_REQUEST, format!("cannot read the body of the request: {error}"))
                };
                let record = self.history.begin(NewRecord::http(name, selection.function(), &head));
                let mut response = Response::new(format!("{error}\n").into());
                *response.status_mut() = status;
                return whole(response, &record, Some(error));
            }
        };
        let request = Request::from_parts(parts, body);
        let record = self.history.begin(NewRecord::http(name, selection.function(), &request));
        self.send(selection, client, request, record).await
    }

    /// Sends a whole request to the selected function.
    pub async fn send(
        &self,
        selection: Selection,
        client: IpAddr,
        request: Request<Bytes>,
        record: Arc<Record>,
    ) -> Response<BoxBody> {
        match selection {
            Selection::Version(version, Kind::Lambda(front)) => {
                exchange(&front, client, request, self.authorizer.as_ref(), &version.pool, record).await
            }
            Selection::Version(version, Kind::Local(host)) => {
                proxy(version.local_server(host), client, request.map(Full::new), record).await
            }
            Selection::Response(response, error) => whole(*response, &record, error),
        }
    }
}

/// The head of a request, whose body arrives later.
fn without_body(request: &Request<Incoming>) -> Request<Bytes> {
    let mut head = Request::new(Bytes::new());
    (*head.method_mut(), *head.uri_mut()) = (request.method().clone(), request.uri().clone());
    *head.headers_mut() = request.headers().clone();
    head
}
