//! Replies to Vercel.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::{assemble, reply::Reply};
use crate::event::MAX_VERCEL_BODY;

pub(super) fn response(reply: &[u8]) -> Option<Response<Bytes>> {
    let reply = Reply::strict(reply)?;
    // Vercel would not look at these, and what they say would be lost.
    if reply.has("multiValueHeaders") || reply.is_base64()? {
        return None;
    }
    let body = match reply.get("encoding").map(Value::as_str) {
        None | Some(Some("" | "utf8" | "utf-8")) => reply.text()?.to_owned().into(),
        Some(Some("base64")) => STANDARD.decode(reply.text()?).ok()?.into(),
        Some(_) => return None,
    };
    let response = assemble(reply.status()?, reply.single_or_multi("headers")?, body);
    Some(response).filter(|response| response.body().len() <= MAX_VERCEL_BODY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{front::Front, response::of};
    use serde_json::json;

    #[test]
    fn strings_and_arrays_are_headers_and_base64_is_said_in_its_way() {
        let reply = json!({"statusCode": 201, "headers": {"x": "1", "set-cookie": ["a=1", "b=2"]}, "body": "eA==", "encoding": "base64"});
        let response = of(&Front::vercel(), reply.to_string().as_bytes());
        assert_eq!(response.headers().get_all("set-cookie").iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["x"], &response.body()[..]),
            (201, &"1".parse().unwrap(), &b"x"[..])
        );
        for bad in [
            json!({"statusCode": 200, "body": "eA==", "isBase64Encoded": true}),
            json!({"statusCode": 200, "body": "!", "encoding": "base64"}),
            json!({"statusCode": 200, "body": "x", "encoding": "hex"}),
            json!({"statusCode": 200, "body": "x".repeat(MAX_VERCEL_BODY + 1)}),
            json!({"body": "x"}),
        ] {
            assert_eq!(of(&Front::vercel(), bad.to_string().as_bytes()).status(), 500, "{bad:.100}");
        }
    }
}
