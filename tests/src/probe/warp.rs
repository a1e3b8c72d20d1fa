//! The app as a warp `Filter`.

use std::{future::ready, net::SocketAddr};

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use lodger::{AfterResponse, PathPrefix, lambda};
use warp::{Filter, Rejection, Reply, path::FullPath, reject::not_found as reject, reply::Response as WarpResponse};

use super::{
    EVENTS, HostExtensions, PanicsWhenRead, ProbeRequest, Typed, endless, endless_body, feed, headers, held,
    respond_to, slow,
};

/// Creates the app. warp responds to its rejections.
pub fn app() -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let slow = warp::path!("slow" / u64).map(|milliseconds| stream(slow(milliseconds)));
    let held = warp::path!("held" / String).map(|name| stream(held(name)));
    let succeeds = warp::path!("feed" / u32 / u64).map(|count, pause| event_stream(count, pause, false));
    let fails = warp::path!("feed" / u32 / u64 / "fails").map(|count, pause| event_stream(count, pause, true));
    let feed = succeeds.or(fails).unify();
    let endless = warp::path!("endless" / String).then(async |name| {
        endless(name).await;
        WarpResponse::default()
    });
    let endless_body = warp::path!("endless" / String / "body").map(|name| stream(endless_body(name)));
    let endless = endless.or(endless_body).unify();
    let panics = warp::path!("panic").map(|| -> WarpResponse { panic!("asked to panic") });
    let panics_in_body = warp::path!("panic" / "body").map(|| stream(PanicsWhenRead));
    let path = warp::path!("typed" / "path" / u8).map(|number: u8| number.to_string());
    let query = warp::path!("typed" / "query").and(warp::query()).map(|typed: Typed| typed.number.to_string());
    let json = warp::path!("typed" / "json")
        .and(warp::post())
        .and(warp::body::json())
        .map(|typed: Typed| typed.number.to_string());
    let typed = path.or(query).unify().or(json).unify();
    let slow = slow.or(held).unify();
    slow.or(feed).unify().or(endless).unify().or(panics).unify().or(panics_in_body).unify().or(typed).or(fallback())
}

fn stream<S>(stream: S) -> WarpResponse
where
    S: futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + Sync + 'static,
{
    warp::reply::stream(stream).into_response()
}

fn event_stream(count: u32, milliseconds: u64, fails: bool) -> WarpResponse {
    warp::reply::with_header(stream(feed(count, milliseconds, fails)), "content-type", EVENTS).into_response()
}

fn fallback() -> impl Filter<Extract = (WarpResponse,), Error = Rejection> + Clone {
    let is_not_typed =
        |path: FullPath| ready(if path.as_str().starts_with("/typed/") { Err(reject()) } else { Ok(()) });
    // Without this check the fallback would accept the rejected requests of the typed routes.
    let is_not_typed = warp::path::full().and_then(is_not_typed).untuple_one();
    is_not_typed
        .and(warp::method())
        .and(warp::path::full())
        .and(warp::query::raw().map(Some).or(warp::any().map(|| None)).unify())
        .and(warp::header::headers_cloned())
        .and(warp::body::bytes())
        .and(warp::addr::remote())
        .and(warp::ext::optional::<lambda::Context>())
        .and(warp::ext::optional::<PathPrefix>())
        .and(warp::ext::optional::<AfterResponse>())
        .map(
            |method: Method,
             path: FullPath,
             query: Option<String>,
             all: HeaderMap,
             body: Bytes,
             client: Option<SocketAddr>,
             context,
             prefix,
             after| {
                let query = query.map(|query| format!("?{query}")).unwrap_or_default();
                let response: Response<Bytes> = respond_to(ProbeRequest {
                    method: method.to_string(),
                    uri: format!("{}{query}", path.as_str()),
                    version: None,
                    headers: headers(&all),
                    body,
                    client: client.map(|client| client.ip().to_string()),
                    extensions: HostExtensions { context, prefix, after },
                });
                response.into_response()
            },
        )
}
