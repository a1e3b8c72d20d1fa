//! Requests that end in an unusual way: by a middleware, by a client that disconnects, by an upgrade.

use std::{fmt, time::Duration};

use actix_web::{App, HttpResponse, body::BoxBody, dev, middleware, web};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http_body_util::BodyExt;
use lodger_tests::{probe, wait::SOON};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};

use super::{default_settings, end_counts, fetch_head, has_ended, start, start_apps};

/// An error whose response waits in its body, under the name `forbidden`.
#[derive(Debug)]
struct Forbidden;

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("forbidden")
    }
}

impl actix_web::ResponseError for Forbidden {
    fn error_response(&self) -> HttpResponse {
        let body = futures_util::stream::once(async {
            probe::hold("forbidden".to_owned()).await;
            Ok::<_, actix_web::Error>(Bytes::from_static(b"forbidden"))
        });
        HttpResponse::Forbidden().streaming(Box::pin(body))
    }
}

#[tokio::test]
async fn reports_the_end_after_the_body_of_an_actix_error() {
    let reject = async |_: dev::ServiceRequest, _: middleware::Next<BoxBody>| {
        Err::<dev::ServiceResponse<BoxBody>, _>(Forbidden.into())
    };
    let app = move || App::new().wrap(middleware::from_fn(reject)).default_service(web::to(HttpResponse::Ok));
    let function = start(move |lodger| lodger.run(app)).await;
    let (id, response) = fetch_head(&function, "/").await;
    let response = response.unwrap();
    assert_eq!(response.status(), 403);
    probe::is_held("forbidden").await;
    assert!(!has_ended(&function, id));
    probe::let_go("forbidden");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "forbidden");
    assert_eq!(end_counts(&function, &[id]).await, [1]);
}

#[tokio::test]
async fn reports_the_end_when_the_client_disconnects() {
    let ticking = || {
        // actix-web notices a closed connection when it writes the next part of the body.
        App::new().default_service(web::to(async || {
            let ticks = futures_util::stream::unfold((), async |()| {
                sleep(Duration::from_millis(50)).await;
                Some((Ok::<_, actix_web::Error>(Bytes::from_static(b"tick")), ()))
            });
            HttpResponse::Ok().streaming(Box::pin(ticks))
        }))
    };
    for (framework, function) in [
        ("axum", start(|lodger| lodger.run(probe::app())).await),
        ("actix-web", start(move |lodger| lodger.run(ticking)).await),
    ] {
        let (id, response) = fetch_head(&function, "/endless/client-disconnects/body").await;
        let mut body = response.unwrap().into_body();
        body.frame().await.unwrap().unwrap();
        assert!(!has_ended(&function, id), "{framework}");
        drop(body);
        assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
    }
}

#[tokio::test]
async fn reports_the_end_of_an_upgrade_when_the_websocket_opens() {
    for (framework, function) in start_apps(default_settings).await {
        if !["axum", "actix-web"].contains(&framework) {
            continue;
        }
        let socket = TcpStream::connect(function.platform.address().await.unwrap()).await.unwrap();
        let mut request = http::Request::get("ws://example.com/ws");
        let id = function.platform.add_headers(request.headers_mut().unwrap());
        for (name, value) in [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request = request.header(name, value);
        }
        let (mut socket, _) = tokio_tungstenite::client_async(request.body(()).unwrap(), socket).await.unwrap();
        assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
        for word in ["hello", "again"] {
            socket.send(word.into()).await.unwrap();
            let message = timeout(SOON, socket.next()).await.unwrap().unwrap().unwrap();
            assert_eq!(message.into_text().unwrap(), word, "{framework}");
        }
        drop(socket);
        assert_eq!(end_counts(&function, &[id]).await, [1], "{framework}");
    }
}
