//! From a request to the event of a front.

mod alb;
pub(crate) mod body;
mod fields;
mod http_api;
mod lattice;
pub(crate) mod path;
mod query;
mod rest_api;
mod vercel;
pub(crate) mod websocket_api;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use serde_json::Value;

use crate::{front::Front, kind::Kind, response::refusal};

/// What Lambda takes as an event; less than the 10 MB that API Gateway takes as a request.
const MAX_EVENT: usize = 6 * 1024 * 1024;
/// What an ALB takes as a body.
const MAX_ALB_BODY: usize = 1024 * 1024;
/// What Vercel takes as a body, in either direction.
pub(crate) const MAX_VERCEL_BODY: usize = 4_718_592;

pub(crate) fn of(front: &Front, request: &Request<Bytes>) -> Result<Bytes, Box<Response<Bytes>>> {
    let refuse = |status| Box::new(refusal(front, status));
    let is_alb = matches!(front.kind, Kind::Alb | Kind::AlbMultiValue);
    if is_alb && request.headers().contains_key(header::UPGRADE) {
        return Err(refuse(StatusCode::BAD_REQUEST));
    }
    if is_alb && request.body().len() > MAX_ALB_BODY
        || front.kind == Kind::Vercel && request.body().len() > MAX_VERCEL_BODY
    {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let event = match front.kind {
        Kind::FunctionUrl | Kind::HttpApi => http_api::event(front, request),
        Kind::HttpApiV1 | Kind::RestApi => rest_api::event(front, request),
        Kind::Alb | Kind::AlbMultiValue => Some(alb::event(front, request)),
        Kind::LatticeV1 => Some(lattice::event_v1(front, request)),
        Kind::LatticeV2 => Some(lattice::event_v2(front, request)),
        Kind::Vercel => Some(vercel::event(front, request)),
    };
    // Nothing but a path that cannot be decoded stops an event from being made.
    let event = event.ok_or_else(|| refuse(StatusCode::BAD_REQUEST))?.to_string();
    if event.len() > MAX_EVENT {
        return Err(refuse(StatusCode::PAYLOAD_TOO_LARGE));
    }
    Ok(event.into())
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

pub(crate) fn user_agent(request: &Request<Bytes>) -> Option<String> {
    request.headers().get(header::USER_AGENT).map(text)
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

fn first_label(domain: &str) -> &str {
    domain.split('.').next().unwrap_or_default()
}

/// Adds a member to an object.
fn insert(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The event of a request, which must be made; of one of Vercel's what is in it.
    pub(super) fn event(front: &Front, request: http::request::Builder, body: &'static [u8]) -> Value {
        let event = of(front, &request.body(Bytes::from_static(body)).unwrap()).unwrap();
        let event: Value = serde_json::from_slice(&event).unwrap();
        match event["Action"].as_str() {
            Some("Invoke") => serde_json::from_str(event["body"].as_str().unwrap()).unwrap(),
            _ => event,
        }
    }

    fn refused(front: &Front, request: http::request::Builder, body: Vec<u8>) -> u16 {
        of(front, &request.body(body.into()).unwrap()).map_or_else(|refusal| refusal.status().as_u16(), |_| 0)
    }

    #[test]
    fn what_is_too_large_is_refused() {
        for front in Front::all() {
            let is_alb = front.name().starts_with("alb");
            let text = |size: usize| {
                let request = Request::post("/").header("content-type", "text/plain");
                refused(&front.clone().binary_media_types([""; 0]), request, vec![b'x'; size])
            };
            assert_eq!(text(1024 * 1024), 0, "{front}");
            assert_eq!(text(1024 * 1024 + 1), if is_alb { 413 } else { 0 }, "{front}");
            assert_eq!(text(6 * 1024 * 1024), 413, "{front}");
            // Base64 counts.
            let front = front.binary_media_types(["*/*"]);
            assert_eq!(refused(&front, Request::post("/"), vec![0; 5 * 1024 * 1024]), 413, "{front}");
        }
    }

    #[test]
    fn each_says_in_its_way_that_it_is_too_large() {
        let answer = |front: Front| {
            let request = Request::post("/").body(vec![0; 7 << 20].into()).unwrap();
            String::from_utf8(of(&front, &request).unwrap_err().into_body().into()).unwrap()
        };
        assert_eq!(answer(Front::rest_api()), r#"{"message":"Request Too Long"}"#);
        assert_eq!(answer(Front::http_api()), r#"{"message":"Request Entity Too Large"}"#);
        assert!(answer(Front::alb()).contains("<title>413 Request Entity Too Large</title>"));
    }

    #[test]
    fn an_upgrade_is_refused_by_an_alb_and_ignored_by_others() {
        for front in Front::all() {
            let request = Request::get("/").header("connection", "upgrade").header("upgrade", "websocket");
            let expected = if front.name().starts_with("alb") { 400 } else { 0 };
            assert_eq!(refused(&front, request, vec![]), expected, "{front}");
        }
    }

    #[test]
    fn what_is_of_one_connection_stays_behind() {
        for front in Front::all() {
            let names =
                ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "expect", "proxy-connection"];
            let request = names.iter().fold(Request::get("/").header("x-a", "1"), |r, name| r.header(*name, "x"));
            let event = event(&front, request, b"");
            let of_either = [&event["headers"], &event["multiValueHeaders"]];
            assert!(of_either.iter().any(|headers| headers.get("x-a").is_some()), "{event}");
            for name in names {
                assert!(of_either.iter().all(|headers| headers.get(name).is_none()), "{front}: {name}");
            }
        }
    }
}
