//! The app of the targets in each framework.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use arbitrary::Arbitrary;
use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use lodger::{Error, Lodger, lambda::SyntheticRequest};
use warp::{Filter as _, Reply as _};

use crate::app::{SeenRequest, respond};

/// A framework, chosen by the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Arbitrary)]
pub enum Framework {
    Hyper,
    Tower,
    Axum,
    ActixWeb,
    Warp,
}

impl Framework {
    /// Runs the app. The future of actix-web is not `Send`.
    pub async fn run(self, lodger: Lodger) -> Result<(), Error> {
        match self {
            Self::ActixWeb => {
                lodger
                    .run(|| {
                        actix_web::App::new()
                            .app_data(web::PayloadConfig::new(64 << 20))
                            .default_service(web::to(serve_actix))
                    })
                    .await
            }
            other => other.run_send(lodger).await,
        }
    }

    /// Runs the app of any framework except actix-web.
    pub async fn run_send(self, lodger: Lodger) -> Result<(), Error> {
        match self {
            Self::Hyper => lodger.run(hyper::service::service_fn(serve)).await,
            Self::Tower => lodger.run(tower::service_fn(serve)).await,
            Self::Axum => lodger.run(Router::new().fallback(async |request| serve(request).await.unwrap())).await,
            Self::Warp => lodger.run(warp_app()).await,
            Self::ActixWeb => unreachable!("the app needs a thread of its own"),
        }
    }
}

/// Serves a request of `http`.
pub async fn serve<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Error>
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let (head, body) = request.into_parts();
    // A body that the client cuts off is an error of the request, as in most apps.
    let Ok(body) = body.collect().await else {
        let mut response = Response::default();
        *response.status_mut() = http::StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    let response = respond(SeenRequest {
        method: head.method.to_string(),
        uri: head.uri,
        headers: head.headers,
        body: body.to_bytes(),
        is_synthetic: Some(head.extensions.get::<SyntheticRequest>().is_some()),
    });
    Ok(response.map(Full::new))
}

async fn serve_actix(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    // The types of actix-web are those of an older version of `http`.
    let mut headers = http::HeaderMap::new();
    for (name, value) in request.headers() {
        let name = http::HeaderName::from_bytes(name.as_str().as_bytes()).expect("a name is valid in both versions");
        headers
            .append(name, http::HeaderValue::from_bytes(value.as_bytes()).expect("a value is valid in both versions"));
    }
    // Not `parse::<Uri>`, which would take a path such as `//a` for a host.
    let uri = request.uri();
    assert_eq!((uri.scheme(), uri.authority()), (None, None), "the URI has a host: {uri:?}");
    let uri = uri.to_string().parse::<http::uri::PathAndQuery>().expect("a target is valid in both versions");
    let (head, body) = respond(SeenRequest {
        method: request.method().to_string(),
        uri: uri.into(),
        headers,
        body,
        is_synthetic: None,
    })
    .into_parts();
    let status = actix_web::http::StatusCode::from_u16(head.status.as_u16());
    let mut response = HttpResponseBuilder::new(status.expect("a status is valid in both versions"));
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

fn warp_app() -> impl warp::Filter<Extract = (warp::reply::Response,), Error = warp::Rejection> + Clone {
    let query = warp::query::raw().map(Some).or(warp::any().map(|| None)).unify();
    let request = warp::method().and(warp::path::full()).and(query).and(warp::header::headers_cloned());
    request.and(warp::body::bytes()).map(
        |method: http::Method, path: warp::path::FullPath, query: Option<String>, headers, body| {
            let query = query.map(|query| format!("?{query}")).unwrap_or_default();
            let target = format!("{}{query}", path.as_str()).parse::<http::uri::PathAndQuery>();
            let response = respond(SeenRequest {
                method: method.to_string(),
                uri: target.expect("warp has parsed it").into(),
                headers,
                body,
                is_synthetic: None,
            });
            response.into_response()
        },
    )
}
