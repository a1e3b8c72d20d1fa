//! The events of Vercel.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{fields::Fields, insert};
use crate::front::Front;

pub(super) fn event(front: &Front, request: &Request<Bytes>) -> Value {
    let headers = Fields::of_headers(front, request);
    let mut inner = json!({
        "method": request.method().as_str(),
        "host": headers.get("host").and_then(<[String]>::first),
        "path": request.uri().path_and_query().map_or("/", |path| path.as_str()),
        "headers": headers.single_or_arrays(),
    });
    if !request.body().is_empty() {
        insert(&mut inner, "encoding", "base64");
        insert(&mut inner, "body", STANDARD.encode(request.body()));
    }
    json!({"Action": "Invoke", "body": inner.to_string()})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::tests::event;

    #[test]
    fn the_request_is_json_in_json() {
        let request =
            Request::post("/a%20b?k=1&k").header("X-A", "1").header("x-a", "2").header("x-forwarded-for", "6.6.6.6");
        let inner = event(&Front::vercel().client([198, 51, 100, 4].into()), request, b"\x00");
        assert_eq!(
            (&inner["method"], &inner["path"], &inner["host"]),
            (&"POST".into(), &"/a%20b?k=1&k".into(), &"test-abcdefghi.vercel.app".into())
        );
        assert_eq!((&inner["headers"]["x-a"], &inner["headers"]["host"]), (&json!(["1", "2"]), &inner["host"]));
        for name in ["x-forwarded-for", "x-real-ip", "x-vercel-forwarded-for"] {
            assert_eq!(inner["headers"][name], "198.51.100.4", "{name}");
        }
        assert_eq!((&inner["body"], &inner["encoding"]), (&"AA==".into(), &"base64".into()));
        let empty = event(&Front::vercel(), Request::get("/"), b"");
        assert_eq!((empty.get("body"), empty.get("encoding")), (None, None));
    }
}
