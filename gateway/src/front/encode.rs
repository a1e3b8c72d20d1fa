//! From a request to an event.

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};

use crate::{event::input::EventInput, front::spec::FrontSpec, front_settings::FrontSettings};

/// The maximum size of an event, which is the limit of Lambda. API Gateway accepts requests of up to 10 MB.
const MAX_EVENT: usize = 6 * 1024 * 1024;

/// Makes the event of a request.
///
/// # Errors
/// The response of the front if it does not invoke the function.
pub(super) fn encode_event(
    spec: &FrontSpec,
    settings: &FrontSettings,
    request: &Request<Bytes>,
) -> Result<Bytes, Box<Response<Bytes>>> {
    let reject = |status| Box::new(spec.error_response(status));
    if spec.rejects_upgrades && request.headers().contains_key(header::UPGRADE) {
        return Err(reject(StatusCode::BAD_REQUEST));
    }
    if spec.limits.request_body.is_some_and(|limit| request.body().len() > limit) {
        return Err(reject(StatusCode::PAYLOAD_TOO_LARGE));
    }
    let input = EventInput::new(request, settings, &spec.headers, spec.body);
    let event = (spec.event)(input).ok_or_else(|| reject(StatusCode::BAD_REQUEST))?.to_string();
    if event.len() > MAX_EVENT {
        return Err(reject(StatusCode::PAYLOAD_TOO_LARGE));
    }
    Ok(event.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Front, testing::event};

    fn rejection(front: &Front, request: http::request::Builder, body: Vec<u8>) -> Option<u16> {
        front.event(&request.body(body.into()).unwrap()).err().map(|response| response.status().as_u16())
    }

    #[test]
    fn rejects_a_request_that_is_too_large() {
        for front in Front::all() {
            let is_alb = front.name().starts_with("alb");
            let text = |size: usize| {
                let request = Request::post("/").header("content-type", "text/plain");
                rejection(&front.clone().binary_media_types([""; 0]), request, vec![b'x'; size])
            };
            assert_eq!(text(1024 * 1024), None, "{front}");
            assert_eq!(text(1024 * 1024 + 1), is_alb.then_some(413), "{front}");
            assert_eq!(text(6 * 1024 * 1024), Some(413), "{front}");
            // The limit applies to the base64 text.
            let front = front.binary_media_types(["*/*"]);
            assert_eq!(rejection(&front, Request::post("/"), vec![0; 5 * 1024 * 1024]), Some(413), "{front}");
        }
    }

    #[test]
    fn responds_to_a_large_request_in_the_words_of_the_front() {
        let body = |front: Front| {
            let request = Request::post("/").body(vec![0; 7 << 20].into()).unwrap();
            String::from_utf8(front.event(&request).unwrap_err().into_body().into()).unwrap()
        };
        assert_eq!(body(Front::rest_api()), r#"{"message":"Request Too Long"}"#);
        assert_eq!(body(Front::http_api()), r#"{"message":"Request Entity Too Large"}"#);
        assert!(body(Front::alb()).contains("<title>413 Request Entity Too Large</title>"));
    }

    #[test]
    fn rejects_an_upgrade_only_at_an_alb() {
        for front in Front::all() {
            let request = Request::get("/").header("connection", "upgrade").header("upgrade", "websocket");
            let expected = front.name().starts_with("alb").then_some(400);
            assert_eq!(rejection(&front, request, vec![]), expected, "{front}");
        }
    }

    #[test]
    fn drops_hop_by_hop_headers() {
        for front in Front::all() {
            let names =
                ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "expect", "proxy-connection"];
            let request = names.iter().fold(Request::get("/").header("x-a", "1"), |r, name| r.header(*name, "x"));
            let event = event(&front, request, b"");
            let maps = [&event["headers"], &event["multiValueHeaders"]];
            assert!(maps.iter().any(|headers| headers.get("x-a").is_some()), "{event}");
            for name in names {
                assert!(maps.iter().all(|headers| headers.get(name).is_none()), "{front}: {name}");
            }
        }
    }
}
