//! The app on warp.

use bytes::Bytes;
use warp::{Filter, Rejection, Reply, http::Response};

use crate::{HELLO, OCTETS};

/// The app.
pub fn app() -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
    let hello = warp::path!("hello").and(warp::get()).map(|| HELLO);
    let text = warp::path!("text").and(warp::post()).and(warp::body::bytes()).map(text);
    let echo = warp::path!("bytes").and(warp::post()).and(warp::body::bytes()).map(octets);
    let bytes = warp::path!("bytes" / usize).and(warp::get()).map(|count| octets(crate::bytes(count).into()));
    hello.or(text).or(echo).or(bytes)
}

fn text(body: Bytes) -> impl Reply {
    String::from_utf8(body.to_vec()).unwrap_or_default()
}

fn octets(body: Bytes) -> impl Reply {
    Response::builder().header("content-type", OCTETS).body(body)
}
