//! One app in every framework: reports its request as JSON, echoes a body while the body arrives, panics, accepts a WebSocket.

use std::{convert::Infallible, net::SocketAddr};

use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, web};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, WebSocketUpgrade},
    routing::any,
};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::Response;
use lodger::{Body as LodgerBody, ClientAddr, Error, PathPrefix, Request, vercel::Context};
use lodger_tests::probe;
use serde_json::json;

/// Returns a report of a request: its URI, its headers by name, and the extensions of Lodger.
fn report(uri: String, mut headers: Vec<(String, String)>, extensions: [Option<String>; 3]) -> String {
    headers.sort();
    let [client, context, prefix] = extensions;
    json!({"uri": uri, "headers": headers, "client": client, "context": context, "prefix": prefix}).to_string()
}

fn report_parts(request: &http::request::Parts) -> String {
    let extensions = &request.extensions;
    report(
        request.uri.to_string(),
        probe::headers(&request.headers),
        [
            extensions.get::<ClientAddr>().map(|client| client.0.to_string()),
            extensions.get::<Context>().map(|context| format!("{context:?}")),
            extensions.get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned()),
        ],
    )
}

/// The app as an axum `Router`.
pub(super) fn router() -> Router {
    let report = async |ConnectInfo(client): ConnectInfo<SocketAddr>, request: axum::extract::Request| {
        let (parts, _) = request.into_parts();
        assert_eq!(parts.extensions.get(), Some(&ClientAddr(client)));
        report_parts(&parts)
    };
    let upgrade = async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    };
    Router::new()
        .route(
            "/echo",
            any(async |request: axum::extract::Request| Body::from_stream(request.into_body().into_data_stream())),
        )
        .route("/panic", any(async || -> &'static str { panic!("asked to panic") }))
        .route("/ws", any(upgrade))
        .fallback(report)
}

/// The app as a function for the services of tower and hyper.
pub(super) async fn service(request: Request) -> Result<Response<LodgerBody>, Error> {
    let (parts, body) = request.into_parts();
    Ok(Response::new(match parts.uri.path() {
        "/echo" => body,
        "/panic" => panic!("asked to panic"),
        _ => report_parts(&parts).into(),
    }))
}

/// The app as an actix-web `App`.
pub(super) fn actix() -> App<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse<impl actix_web::body::MessageBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    let report = async |request: HttpRequest| {
        let extensions = request.extensions();
        assert_eq!(extensions.get::<ClientAddr>().map(|client| client.0), request.peer_addr());
        report(
            request.uri().to_string(),
            request.headers().iter().map(|(name, value)| (name.to_string(), probe::latin1(value.as_bytes()))).collect(),
            [
                request.peer_addr().map(|client| client.to_string()),
                extensions.get::<Context>().map(|context| format!("{context:?}")),
                extensions.get::<PathPrefix>().map(|prefix| prefix.as_str().to_owned()),
            ],
        )
    };
    let upgrade = async |request: HttpRequest, stream: web::Payload| {
        let (response, mut session, mut messages) = actix_ws::handle(&request, stream)?;
        actix_web::rt::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                if let actix_ws::Message::Text(text) = message {
                    session.text(text).await.unwrap();
                }
            }
        });
        Ok::<_, actix_web::Error>(response)
    };
    App::new()
        .route("/echo", web::to(async |body: web::Payload| HttpResponse::Ok().streaming(body)))
        .route("/panic", web::to(async || -> HttpResponse { panic!("asked to panic") }))
        .route("/ws", web::get().to(upgrade))
        .default_service(web::to(report))
}

/// The app as a warp `Filter`.
pub(super) fn filter() -> impl warp::Filter<Extract = (impl warp::Reply,), Error = Infallible> + Clone {
    use warp::Filter;
    let echo = warp::path!("echo").and(warp::body::stream()).map(|body| {
        fn bytes(mut part: impl warp::Buf) -> Bytes {
            let length = part.remaining();
            part.copy_to_bytes(length)
        }
        warp::reply::stream(futures_util::TryStreamExt::map_ok(body, bytes))
    });
    let panic = warp::path!("panic").map(|| -> &'static str { panic!("asked to panic") });
    let upgrade = warp::path!("ws").and(warp::ws()).map(|ws: warp::ws::Ws| {
        ws.on_upgrade(async |mut socket| {
            while let Some(Ok(message)) = socket.next().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        })
    });
    let report = warp::path::full()
        .and(warp::query::raw().map(|query| format!("?{query}")).or(warp::any().map(String::new)).unify())
        .and(warp::header::headers_cloned())
        .and(warp::addr::remote())
        .and(warp::ext::optional())
        .and(warp::ext::optional())
        .and(warp::ext::optional())
        .map(
            |path: warp::path::FullPath,
             query: String,
             headers,
             remote: Option<SocketAddr>,
             client: Option<ClientAddr>,
             context: Option<Context>,
             prefix: Option<PathPrefix>| {
                // Not available on Vercel, as documented: the extension has the address.
                assert_eq!(remote, None);
                let extensions = [
                    client.map(|client| client.0.to_string()),
                    context.map(|context| format!("{context:?}")),
                    prefix.map(|prefix| prefix.as_str().to_owned()),
                ];
                report(format!("{}{query}", path.as_str()), probe::headers(&headers), extensions)
            },
        );
    echo.or(panic).or(upgrade).or(report)
}
