//! The app as a function that a hyper service calls.

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use lodger::{ClientAddr, Error};

use super::{
    EVENTS, HostExtensions, PanicsWhenRead, ProbeRequest, endless, endless_body, feed, headers, held, respond_to, slow,
};

type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// Responds to a request.
pub async fn app<B>(request: Request<B>) -> Result<Response<Body>, Error>
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Debug> + Send,
{
    let (parts, body) = request.into_parts();
    match parts.uri.path().split('/').collect::<Vec<_>>()[..] {
        ["", "slow", milliseconds] => return Ok(Response::new(stream(slow(milliseconds.parse().unwrap())))),
        ["", "held", name] => return Ok(Response::new(stream(held(name.to_owned())))),
        ["", "feed", count, milliseconds, ref end @ ..] if end.is_empty() || end == ["fails"] => {
            let events = feed(count.parse().unwrap(), milliseconds.parse().unwrap(), !end.is_empty());
            let mut response = Response::new(stream(events));
            response.headers_mut().insert("content-type", HeaderValue::from_static(EVENTS));
            return Ok(response);
        }
        ["", "endless", name] => endless(name.to_owned()).await,
        ["", "endless", name, "body"] => return Ok(Response::new(stream(endless_body(name.to_owned())))),
        ["", "panic"] => panic!("asked to panic"),
        ["", "panic", "body"] => return Ok(Response::new(stream(PanicsWhenRead))),
        _ => {}
    }
    let response = respond_to(ProbeRequest {
        method: parts.method.to_string(),
        uri: parts.uri.to_string(),
        version: Some(format!("{:?}", parts.version)),
        headers: headers(&parts.headers),
        body: body.collect().await.unwrap().to_bytes(),
        client: parts.extensions.get().map(|&ClientAddr(client)| client.ip().to_string()),
        extensions: HostExtensions {
            context: parts.extensions.get().cloned(),
            prefix: parts.extensions.get().cloned(),
            after: parts.extensions.get().cloned(),
        },
    });
    Ok(response.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync()))
}

fn stream(stream: impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static) -> Body {
    StreamBody::new(stream.map_ok(Frame::data)).boxed_unsync()
}
