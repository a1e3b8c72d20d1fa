//! What fronts answer by themselves.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::{front::Front, kind::Kind};

/// What a front answers when the function failed, or its reply cannot be made a response (rule 115).
pub(crate) fn failure(front: &Front) -> Response<Bytes> {
    match front.kind {
        Kind::HttpApi | Kind::HttpApiV1 | Kind::Vercel => refusal(front, StatusCode::INTERNAL_SERVER_ERROR),
        _ => refusal(front, StatusCode::BAD_GATEWAY),
    }
}

/// What a front answers to a request that it does not pass on, or in place of a reply.
pub(crate) fn refusal(front: &Front, status: StatusCode) -> Response<Bytes> {
    // The http crate knows the newer name of it.
    let reason = match status {
        StatusCode::PAYLOAD_TOO_LARGE => "Request Entity Too Large",
        status => status.canonical_reason().unwrap_or_default(),
    };
    let message = |message| format!(r#"{{"message":"{message}"}}"#);
    let (content_type, body) = match (front.kind, status) {
        (Kind::RestApi, StatusCode::BAD_GATEWAY | StatusCode::INTERNAL_SERVER_ERROR) => {
            ("application/json", r#"{"message": "Internal server error"}"#.to_owned())
        }
        (Kind::RestApi, StatusCode::PAYLOAD_TOO_LARGE) => ("application/json", message("Request Too Long")),
        (Kind::FunctionUrl, StatusCode::BAD_GATEWAY) => ("application/json", "Internal Server Error".to_owned()),
        (Kind::RestApi | Kind::HttpApi | Kind::HttpApiV1 | Kind::FunctionUrl, _) => {
            ("application/json", message(reason))
        }
        (Kind::Alb | Kind::AlbMultiValue, _) => ("text/html", page(status, reason)),
        (Kind::LatticeV1 | Kind::LatticeV2, _) => ("text/plain", reason.to_owned()),
        (Kind::Vercel, StatusCode::PAYLOAD_TOO_LARGE) => {
            ("text/plain; charset=utf-8", "Request Entity Too Large\n\nFUNCTION_PAYLOAD_TOO_LARGE\n".to_owned())
        }
        (Kind::Vercel, _) => {
            let text = "A server error has occurred\n\nFUNCTION_INVOCATION_FAILED\n";
            ("text/plain; charset=utf-8", text.to_owned())
        }
    };
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The response of an API to a path that is of none of its stages.
///
/// Source: [403 errors](https://repost.aws/knowledge-center/api-gateway-troubleshoot-403-forbidden) for the header.
pub(crate) fn no_stage(front: &Front) -> Response<Bytes> {
    if front.kind != Kind::RestApi {
        return refusal(front, StatusCode::NOT_FOUND);
    }
    let mut response = refusal(front, StatusCode::FORBIDDEN);
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static("ForbiddenException"));
    response
}

fn page(status: StatusCode, reason: &str) -> String {
    let title = format!("{} {reason}", status.as_u16());
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FunctionError;

    #[test]
    fn each_front_has_its_words_for_a_failed_function() {
        let failed = Err(FunctionError { error_type: "Function.Panic".into(), body: Bytes::new() });
        for (name, status, body) in [
            ("rest-api", 502, r#"{"message": "Internal server error"}"#),
            ("http-api", 500, r#"{"message":"Internal Server Error"}"#),
            ("http-api-v1", 500, r#"{"message":"Internal Server Error"}"#),
            ("function-url", 502, "Internal Server Error"),
            ("lattice-v1", 502, "Bad Gateway"),
        ] {
            let response = name.parse::<Front>().unwrap().response(&failed);
            assert_eq!((response.status().as_u16(), response.body().as_ref()), (status, body.as_bytes()), "{name}");
        }
        let response = Front::alb_multi_value().response(&failed);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (502, &"text/html".parse().unwrap())
        );
    }
}
