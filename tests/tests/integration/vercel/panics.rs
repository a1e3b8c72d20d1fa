//! Panics of the app: in the handler, in the body of the response, and when the body is dropped.

use std::{
    pin::Pin,
    task::{self, Poll},
};

use actix_web::{App, HttpRequest, HttpResponse, web};
use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Collected};
use hyper::body::Frame;
use lodger::{Error, Request};
use lodger_gateway::VercelMessage;
use lodger_tests::{client::ClientRequest, probe, wait::wait_until};

use super::{default_settings, end_counts, fetch_head, start, start_apps};

#[tokio::test]
async fn responds_with_500_to_a_panic_and_goes_on() {
    for (framework, function) in start_apps(default_settings).await {
        let (id, response) = function.fetch(&ClientRequest::get("/panic")).await;
        assert_eq!(
            (response.status().as_u16(), &response.body()[..]),
            (500, &b"internal server error"[..]),
            "{framework}"
        );
        let (next, response) = function.fetch(&ClientRequest::get("/")).await;
        let ends = end_counts(&function, &[id, next]).await;
        assert_eq!((response.status().as_u16(), ends), (200, vec![1, 1]), "{framework}");
    }
}

#[tokio::test]
async fn cuts_off_the_response_at_a_panic_in_the_body() {
    let function = start(|lodger| lodger.run(probe::app())).await;
    let (id, response) = fetch_head(&function, "/panic/body").await;
    if let Ok(response) = response {
        assert!(response.into_body().collect().await.is_err());
    }
    assert_eq!(end_counts(&function, &[id]).await, [1]);
}

/// A body that panics when it is dropped, and for the path `/read` when it is read.
struct PanickingBody {
    panics_when_read: bool,
    word: Option<&'static str>,
}

impl PanickingBody {
    fn new(path: &str) -> Self {
        Self { panics_when_read: path == "/read", word: Some("hello") }
    }

    fn read(&mut self) -> Option<Bytes> {
        assert!(!self.panics_when_read, "asked to panic when it is read");
        self.word.take().map(Bytes::from)
    }
}

impl Drop for PanickingBody {
    fn drop(&mut self) {
        panic!("asked to panic when it is dropped");
    }
}

impl hyper::body::Body for PanickingBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Poll::Ready(self.read().map(|word| Ok(Frame::data(word))))
    }
}

impl actix_web::body::MessageBody for PanickingBody {
    type Error = Error;

    fn size(&self) -> actix_web::body::BodySize {
        actix_web::body::BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut task::Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        Poll::Ready(self.read().map(Ok))
    }
}

#[tokio::test]
async fn logs_panics_of_a_body_with_the_id_of_the_request() {
    let service = async |request: Request| Ok::<_, Error>(Response::new(PanickingBody::new(request.uri().path())));
    let actix = || {
        App::new().default_service(web::to(async |request: HttpRequest| {
            HttpResponse::Ok().message_body(PanickingBody::new(request.path())).unwrap()
        }))
    };
    for (framework, function) in [
        ("hyper", start(move |lodger| lodger.run(hyper::service::service_fn(service))).await),
        ("actix-web", start(move |lodger| lodger.run(actix)).await),
    ] {
        for (target, expected) in [
            ("/read", &["asked to panic when it is dropped", "asked to panic when it is read"][..]),
            ("/dropped", &["asked to panic when it is dropped"]),
        ] {
            let (id, response) = fetch_head(&function, target).await;
            let body = match response {
                Ok(response) => response.into_body().collect().await.ok(),
                Err(_) => None,
            };
            // The client already has the whole response when the body panics in its `drop`.
            let whole = (target == "/dropped").then(|| Bytes::from("hello"));
            assert_eq!(body.map(Collected::to_bytes), whole, "{framework}");
            assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
            let panics = || {
                let lines = function.platform.messages().into_iter().filter_map(|message| match message {
                    VercelMessage::Log { request_id, message, .. } if request_id == id => Some(message),
                    _ => None,
                });
                let panics = lines.filter_map(|line| {
                    Some(line.split_once("the app panicked in the body of its response: ")?.1.to_owned())
                });
                panics.collect::<Vec<_>>()
            };
            wait_until(&format!("{framework} has logged the panics"), || panics().len() >= expected.len()).await;
            let mut panics = panics();
            panics.sort();
            assert_eq!(panics, expected, "{framework}");
        }
    }
}
